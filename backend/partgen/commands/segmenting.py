"""`partgen decompose` and `partgen segment`: the parts of files."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import positive, share_or_nothing
from ..counting import counted
from ..errors import PartgenError
from ..segmentation import METHODS
from . import method_options, proposing, together, transferring
from .reporting import FILES, as_partgen_error, report

if TYPE_CHECKING:
    from ..files import Model
    from ..segmentation import Segmentation

DECOMPOSE = """\
Takes a model apart and writes OUT_DIR/<name>.glb, one named node for each part with its materials, textures, UVs and
colours, and OUT_DIR/parts.json, which lists the parts with their areas, volumes and bounds.

  partgen decompose chair.obj -o out/                as many parts as the method finds sensible
  partgen decompose chair.obj -o out/ --parts 12     twelve parts
  partgen decompose chair.obj -o out/ --scale 0.8    coarser: 0 is the finest, 1 the whole object
"""

SEGMENT = """\
Writes LABELS_DIR/<name>.npz for every file: `face_labels`, the part of each triangle in the file's order. With --levels
also `levels` (L,), the part counts in that range that the model can be cut into, and `level_labels` (L, triangles).

  partgen segment chair.ply --labels-dir labels/
  partgen segment models/*.glb --labels-dir labels/ --parts 6
  partgen segment chair.ply --labels-dir labels/ --levels 2-60
  partgen segment chair.ply --labels-dir labels/ --proposals 5    the five best answers, and chair.proposals.json
  partgen segment chair.glb stool.glb bench.glb --labels-dir labels/ --together   equal numbers are equal parts
  partgen segment chair.ply --labels-dir labels/ --method partfield --connectivity faces-knn --levels 1-20   as its authors do

With --together also together.json, which tells which part is in which file; --parts then is the number that all have together.
A file that cannot be read does not stop the others; the exit code is 1 at the end.
"""


def add_parsers(commands: argparse._SubParsersAction) -> None:
    """Adds both commands to those of `partgen`."""
    text = argparse.RawDescriptionHelpFormatter
    decompose = commands.add_parser(
        "decompose", help="write the parts of one model as a .glb", description=DECOMPOSE, epilog=FILES, formatter_class=text
    )
    decompose.add_argument("file", metavar="IN", type=Path, help="model file")
    decompose.add_argument("-o", "--output", metavar="OUT_DIR", type=Path, required=True, help="folder to write to; made if missing")
    decompose.set_defaults(run=run_decompose)

    segment = commands.add_parser(
        "segment", help="write the part number of every triangle", description=SEGMENT, epilog=FILES, formatter_class=text
    )
    segment.add_argument("files", metavar="IN", type=Path, nargs="+", help="model files")
    segment.add_argument("--labels-dir", metavar="DIR", type=Path, required=True, help="folder to write to; made if missing")
    segment.add_argument("--levels", metavar="FIRST-LAST", type=count_range, help="also write the cuts into this many parts, as in 2-60")
    segment.add_argument("--together", action="store_true", help="models of a kind: the same part has the same number in all of them")
    transferring.add_up(segment)
    proposing.add_up(segment)
    segment.set_defaults(run=run_segment)

    for command in (decompose, segment):
        command.add_argument("--method", choices=METHODS, default="auto", help="how to find parts; auto takes the best that is there")
        amount = command.add_mutually_exclusive_group()
        amount.add_argument("--scale", type=share_or_nothing, help="0 (finest) to 1 (whole object); chosen by the method if not given")
        amount.add_argument("--parts", type=positive, help="number of parts, at most what the model can be cut into")
        command.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
        method_options.add(command)


def count_range(text: str) -> tuple[int, int]:
    """An argument such as 2-60: the first and the last part count."""
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text} is not a range such as 2-60")
    return int(first), int(last)


def run_decompose(options: argparse.Namespace) -> int:
    """`partgen decompose`."""
    from ..files import write_parts

    try:
        keep_apart(options.file, options.output / f"{options.file.stem}.glb")
        model, segmentation = segmented(options.file, options.method, method_options.chosen(options))
        chosen = chosen_scale(segmentation, options)
        about = {"method": segmentation.method, "weights": segmentation.weights, "scale": chosen}
        target = write_parts(model, segmentation.labels(chosen), options.output, about)
    except Exception as error:
        report(as_partgen_error(error, options.file), options.traceback)
        return 1
    count = segmentation.tree.count(chosen)
    print(f"{target}: {counted(count, 'part')} at scale {chosen:.3f} ({segmentation.method})")
    for note in [*segmentation.notes, *fewer_than_asked(count, options)]:
        print(f"  {note}")
    return 0


def run_segment(options: argparse.Namespace) -> int:
    """`partgen segment`."""
    method_options.chosen(options)  # whatever is wrong with them is told once, not of each file
    if options.proposals is not None:
        return proposing.run(options)
    if options.together:
        return together.run(options)
    written: dict[Path, Path] = {}
    failures = 0
    for file in options.files:
        target = options.labels_dir / f"{file.stem}.npz"
        try:
            if target in written:
                problem = f"{file} was left out: {target} is already written, of {written[target]}."
                raise PartgenError("file.same_name", problem, "Use another folder for it.")
            keep_apart(file, target)
            started = time.perf_counter()
            segmentation = segment_to_labels(file, target, options)
            written[target] = file
            seconds = time.perf_counter() - started
            count = segmentation.tree.count(chosen_scale(segmentation, options))
            print(f"{target}: {counted(count, 'part')} ({segmentation.method}, {seconds:.1f} s)", flush=True)
            for note in fewer_than_asked(count, options):
                print(f"  {note}", flush=True)
        except Exception as error:
            report(as_partgen_error(error, file), options.traceback)
            failures += 1
    if failures and len(options.files) > 1:
        print(f"{failures} of {len(options.files)} files failed.", file=sys.stderr)
    return 1 if failures else 0


def segment_to_labels(file: Path, target: Path, options: argparse.Namespace) -> Segmentation:
    """Segments one file and writes its labels to `target`."""
    import numpy as np

    from ..files import write_file

    _, segmentation = segmented(file, options.method, method_options.chosen(options))
    arrays: dict[str, Any] = {"face_labels": segmentation.labels(chosen_scale(segmentation, options))}
    if options.levels:
        first, last = options.levels
        levels = np.arange(first, min(last, segmentation.tree.leaf_count) + 1, dtype=np.int32)
        cuts = np.empty((len(levels), len(segmentation.leaf_of_face)), np.int32)
        for row, count in zip(cuts, levels, strict=True):
            row[:] = segmentation.tree.cut_into(count)[segmentation.leaf_of_face]
        arrays |= {"levels": levels, "level_labels": cuts}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)  # not compressed: writing stays much faster than segmenting
    write_file(target, content.getbuffer())
    return segmentation


def segmented(file: Path, method: str, given: Mapping[str, Any]) -> tuple[Model, Segmentation]:
    """Reads and segments one file by a method made with the options `given`. Raises PartgenError for whatever is wrong with it."""
    from ..files import read_model
    from ..segmentation import segmenter

    model = read_model(file)
    return model, segmenter(method, **given).segment(model.mesh)


def keep_apart(file: Path, target: Path) -> None:
    """Raises PartgenError where writing `target` would overwrite the model itself."""
    if target.resolve() == file.resolve():
        raise PartgenError("file.overwritten", f"The result would overwrite {file.name}.", "Choose another folder for it.")


def chosen_scale(segmentation: Segmentation, options: argparse.Namespace) -> float:
    """The scale that was asked for, or the one that gives the asked number of parts, or the tree's own."""
    if options.parts is not None:
        return segmentation.tree.scale_for(options.parts)
    return segmentation.tree.default_scale if options.scale is None else options.scale


def fewer_than_asked(count: int, options: argparse.Namespace) -> list[str]:
    """A sentence where the model cannot be cut into as many parts as were asked for."""
    if options.parts is None or count >= options.parts:
        return []
    return [f"It cannot be cut into {options.parts} parts: {count} is the nearest number below."]
