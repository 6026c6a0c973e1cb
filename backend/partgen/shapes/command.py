"""``partgen shapes``: the procedural shapes, for people to look at and as files."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arguments import above_zero, natural, positive
from ..errors import PartgenError
from . import VERSION, all_families, make_shape

PICTURES = (".png", ".jpg", ".jpeg")

DESCRIPTION = """\
Makes objects that come with their parts: what PartGen's own networks are trained on. The same seed gives the same object.

  partgen shapes list                                     the families there are, with an example of each
  partgen shapes sheet shapes.png                         a picture of every family
  partgen shapes sheet cars.png --families car,truck --seeds 8 --size 256
  partgen shapes export shapes/ --count 100               100 objects as .npz files
  partgen shapes bench                                    how fast this machine makes them
"""

LIST = """\
Names every family, with what it is and the caption of one of its objects.

  partgen shapes list                    all of them
  partgen shapes list | grep -A1 chair   one of them
"""

SHEET = """\
Draws a contact sheet: each family's objects of the seeds 0, 1, ..., each part in a colour of its own.

  partgen shapes sheet shapes.png                                      every family, 3 objects each
  partgen shapes sheet cars.jpg --families car,truck --seeds 8         8 objects of two families
  partgen shapes sheet backs.png --families chair --azimuth 200        from behind
"""

EXPORT = """\
Writes DIR/<family>_<seed>.npz for objects of the seeds FIRST, FIRST + 1, ...; the seed picks the family, among --families where
they are given. Each file has

  vertices (V, 3), faces (F, 3), face_labels (F,)        every part complete and closed, one in the other
  fused_vertices, fused_faces, fused_labels              the skin: one closed surface, nothing inside
  corrupted_vertices, corrupted_faces, corrupted_labels  the skin as scans, exports and generators leave it (with --corrupt)
  part_names, part_kinds, part_captions, part_groups, part_materials, part_colours, part_visible_fraction
  part_0_vertices, part_0_faces, part_0_name, ...        each part on its own
  levels (L, parts)                                      the hierarchy, from coarse to fine
  category, caption, source, licence

  partgen shapes export shapes/ --count 100
  partgen shapes export chairs/ --count 20 --families chair,stool --corrupt --first 1000
"""

BENCH = "Makes objects for a while, of all families in turn, and tells how many a second: alone, and with corrupting their skins."


def main(arguments: Sequence[str]) -> int:
    """Runs `partgen shapes` and returns its exit code. Raises PartgenError for families that are not there."""
    options = parser().parse_args(arguments)
    return int(options.run(options))


def parser() -> argparse.ArgumentParser:
    """The command line of `partgen shapes`."""
    text = argparse.RawDescriptionHelpFormatter
    program = argparse.ArgumentParser("partgen shapes", description=DESCRIPTION, formatter_class=text)
    actions = program.add_subparsers(title="actions", metavar="ACTION", required=True)

    listing = actions.add_parser("list", help="name the families", description=LIST, formatter_class=text)
    listing.set_defaults(run=run_list)

    sheet = actions.add_parser("sheet", help="draw a contact sheet", description=SHEET, formatter_class=text)
    sheet.add_argument("output", metavar="OUT", type=Path, help=".png or .jpg file to write")
    sheet.add_argument("--seeds", metavar="N", type=positive, default=3, help="objects of each family (3)")
    sheet.add_argument("--size", metavar="PIXELS", type=positive, default=128, help="of each picture (128)")
    sheet.add_argument("--columns", metavar="N", type=positive, default=3, help="families beside each other (3)")
    sheet.add_argument("--azimuth", metavar="DEGREES", type=float, default=35.0, help="where to look from: 0 the front, 180 the back (35)")
    sheet.set_defaults(run=run_sheet)

    export = actions.add_parser("export", help="write objects as .npz files", description=EXPORT, formatter_class=text)
    export.add_argument("folder", metavar="DIR", type=Path, help="folder to write to; made if missing")
    export.add_argument("--count", metavar="N", type=positive, required=True, help="number of objects")
    export.add_argument("--first", metavar="SEED", type=natural, default=0, help="the first seed (0)")
    export.add_argument("--corrupt", action="store_true", help="also write each skin corrupted")
    export.set_defaults(run=run_export)

    bench = actions.add_parser("bench", help="measure how fast objects are made", description=BENCH, formatter_class=text)
    bench.add_argument("--seconds", type=above_zero, default=20.0, help="for how long (20)")
    bench.set_defaults(run=run_bench)

    for action in (sheet, export, bench):
        action.add_argument("--families", metavar="A,B", default="", help="these families alone, with commas between them")
    return program


def chosen_families(names: str) -> list[str]:
    """The families of an option "a,b", all where it is empty. Raises PartgenError for one that is not there."""
    known = list(all_families())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise PartgenError("shapes.unknown_family", f"There is no family {name}.", "`partgen shapes list` names them.")
    return wanted or known


def run_list(options: argparse.Namespace) -> int:
    """`partgen shapes list`."""
    families = all_families()
    for name, family in families.items():
        print(f"{name:16} {(family.__doc__ or '').strip()}\n{'':16} {make_shape(0, name).caption}")
    print(f"{len(families)} families, version {VERSION}")
    return 0


def run_sheet(options: argparse.Namespace) -> int:
    """`partgen shapes sheet`."""
    from .sheet import contact_sheet

    families = chosen_families(options.families)
    if options.output.suffix.lower() not in PICTURES:
        raise PartgenError("shapes.not_a_picture", f"{options.output} is not the name of a picture.", "Let it end in .png or .jpg.")
    contact_sheet(options.output, families, range(options.seeds), options.size, min(options.columns, len(families)), options.azimuth)
    print(f"{options.output}: {len(families)} families, {options.seeds} objects each")
    return 0


def run_export(options: argparse.Namespace) -> int:
    """`partgen shapes export`."""
    from .export import write_part_set

    families = chosen_families(options.families)
    for seed in range(options.first, options.first + options.count):
        family = families[int(np.random.default_rng(seed).integers(len(families)))]
        shape = make_shape(seed, family)
        print(f"{write_part_set(shape, options.folder, options.corrupt)}: {shape.caption}, {len(shape.parts)} parts", flush=True)
    return 0


def run_bench(options: argparse.Namespace) -> int:
    """`partgen shapes bench`."""
    from .corruption import corrupt

    families = chosen_families(options.families)
    made = corrupted = 0.0
    slowest: dict[str, float] = {}
    count = faces = parts = 0
    while made + corrupted < options.seconds:
        family, seed = families[count % len(families)], count // len(families)
        started = time.process_time()
        shape = make_shape(seed, family)
        skin = shape.skin()
        between = time.process_time()
        corrupt(skin, np.random.default_rng(seed))
        made, corrupted = made + between - started, corrupted + time.process_time() - between
        slowest[family] = max(slowest.get(family, 0.0), between - started)
        count, faces, parts = count + 1, faces + len(skin.faces), parts + len(shape.parts)
    print(f"{count} shapes with {parts / count:.1f} parts and {faces / count:.0f} faces each, processor time of all threads")
    print(f"  made with their skins    {count / made:6.1f} a second a core")
    print(f"  and corrupted            {count / (made + corrupted):6.1f} a second a core")
    print("  slowest: " + ", ".join(f"{name} {1000 * slowest[name]:.0f} ms" for name in sorted(slowest, key=slowest.__getitem__)[:-6:-1]))
    return 0
