"""The command `partgen complete`: closed parts of a model and its labels, for files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PartgenError
from .numbers import from_one, from_zero

if TYPE_CHECKING:
    from ..completion import CompletedPart, Completion
    from ..files import Model

DESCRIPTION = """\
Closes the parts of a model: writes OUT_DIR/part_<label>.ply for every label, OUT_DIR/<name>.glb with all of them, and
OUT_DIR/parts.json with their measures and how each was made. What was visible keeps its vertices and triangles (but where a part
touches itself along an edge, two triangles are split in two); the property `generated` in the .ply says which were added.

  partgen segment chair.ply --labels-dir labels/
  partgen complete chair.ply --labels labels/chair.npz -o out/
  partgen complete chair.ply --labels labels/chair.npz -o out/ --method caps     each hole filled by itself
  partgen complete chair.ply --labels labels/chair.npz -o out/ --remesh          even surfaces, for print
  partgen complete chair.ply --labels labels/chair.npz -o out/ --method generative --proposals 3
                                                                                 three results, two of them in folders of their own
"""


_TOUCHES = "It touches itself along whole edges: a program that merges vertices in one place will find it open there."


def add_parser(commands: Any) -> None:
    """Adds `complete` to the commands of `partgen`."""
    from ..completion import METHODS

    parser = commands.add_parser(
        "complete",
        help="write the closed parts of one model",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="IN", type=Path, help="model file")
    parser.add_argument(
        "--labels", metavar="L.npz", type=Path, required=True, help="face_labels, one whole number for each triangle of the file"
    )
    parser.add_argument("-o", "--output", metavar="OUT_DIR", type=Path, required=True, help="folder to write to; made if missing")
    parser.add_argument("--method", choices=METHODS, default="auto", help="how to close parts; auto takes the best that is there")
    parser.add_argument("--model", metavar="ID", default="", help="the weights, where the method has any (see partgen models list)")
    parser.add_argument("--seed", type=from_zero, default=0, help="of networks: the same seed gives the same parts")
    parser.add_argument("--steps", type=from_one, help="of networks that generate in steps: more take longer and are finer")
    parser.add_argument(
        "--proposals", metavar="K", type=from_one, default=1, help="of networks: this many results, in folders proposal_2, ..."
    )
    parser.add_argument("--reach", type=_share, default=1.0, help="how far parts go on into their neighbours, 0 to 1")
    parser.add_argument("--remesh", action="store_true", help="even surfaces for print or simulation, instead of what was visible")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 1")
    return value


def run(options: argparse.Namespace) -> int:
    """`partgen complete`. Returns the exit code: 1 where a part could not be closed."""
    from ..completion import SEEDED, Options, completer
    from ..files import read_model
    from .labels import read_labels

    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    chosen = Options(options.reach, options.seed, options.steps, options.proposals, options.remesh)
    completion = completer(options.method, options.model).complete(model.mesh, labels, None, chosen)
    if options.proposals > 1 and completion.method not in SEEDED:
        gives_one = f"The method {completion.method} gives one result for a part, so there are no further proposals."
        completion = replace(completion, notes=(*completion.notes, gives_one))
    listed = write_completion(model, completion, options.output)
    closed = [part for part in completion.parts if part.measures.is_watertight]
    print(f"{options.output}: {len(closed)} of {len(completion.parts)} parts closed ({completion.method})")
    for note in _sentences(completion, listed):
        print(f"  {note}")
    if len(closed) < len(completion.parts):
        left = ", ".join(str(part.label) for part in completion.parts if not part.measures.is_watertight)
        print(f"partgen: These parts could not be closed: {left}.", file=sys.stderr)
    return 0 if len(closed) == len(completion.parts) else 1


def _sentences(completion: Completion, listed: Sequence[dict[str, Any]]) -> Iterable[str]:
    """What a person should know of how parts were made, beyond the method; `listed` as in parts.json."""
    from ..completion import OTHER_WAYS

    yield from completion.notes
    for part in listed:
        if part["made_by"] in OTHER_WAYS and part["made_by"] not in ("whole", "remesh"):  # why it was remeshed stands in the notes
            yield f"Part {part['label']} {OTHER_WAYS[part['made_by']]}."
        for note in part["notes"]:
            yield f"Part {part['label']}: {note}"


def write_completion(model: Model, completion: Completion, folder: Path) -> list[dict[str, Any]]:
    """Writes the parts, their .glb and parts.json, and further proposals into folders of their own. Returns what parts.json says of
    every part. Raises PartgenError."""
    from ..files import PARTS_VERSION, write_file

    target = folder / f"{model.path.stem}.glb"
    if target.resolve() == model.path.resolve():
        raise PartgenError("file.overwritten", f"The result would overwrite {model.path.name}.", "Choose another folder for it.")
    listed = [_write_part(model, part, folder) for part in completion.parts]
    others = [
        {"folder": f"proposal_{number}", "parts": [_write_part(model, part, folder / f"proposal_{number}") for part in parts]}
        for number, parts in enumerate(completion.alternatives, start=2)
    ]
    write_file(target, _glb(model, completion.parts))
    table = {
        "version": PARTS_VERSION, "source": model.path.name, "method": completion.method, "weights": completion.weights, "scale": None,
        "notes": list(completion.notes), **completion.about, "parts": listed,
        **({"further_proposals": others} if others else {}),
    }  # fmt: skip
    write_file(folder / "parts.json", json.dumps(table, indent=2, ensure_ascii=False).encode())
    return listed


def _write_part(model: Model, part: CompletedPart, folder: Path) -> dict[str, Any]:
    """Writes one part, and returns what parts.json says of it."""
    from ..completion.crossing import crossing_faces
    from ..completion.touching import is_closed_where_merged
    from ..files import write_file

    name = f"part_{part.label:03d}"
    measures, surface = part.measures, _surface(model, part)
    if len(part.faces):
        write_file(folder / f"{name}.ply", surface.export(file_type="ply"))
    notes = part.notes
    if measures.is_watertight and not is_closed_where_merged(surface.vertices, surface.faces):
        notes = (*notes, _TOUCHES)
    return {
        "label": part.label, "name": name, "faces": len(part.faces), "area": measures.area, "volume": measures.volume,
        "bounds": surface.bounds.tolist() if len(part.faces) else None,
        "file": f"{name}.ply" if len(part.faces) else None, "parent": None, "made_by": part.made_by,
        "generated": int(part.generated.sum()), "watertight": measures.is_watertight, "manifold": measures.is_manifold,
        "crossing": len(crossing_faces(part.vertices, part.faces, part.generated)), "notes": list(notes),
    }  # fmt: skip


def _surface(model: Model, part: CompletedPart) -> Any:
    """A part as it is written: closed also for a reader that merges vertices at one place."""
    import trimesh

    from ..completion.touching import apart

    vertices, faces, source = apart(part.vertices, part.faces, part.generated)
    surface = trimesh.Trimesh(vertices + model.origin if model.origin.any() else vertices, faces, process=False)
    surface.face_attributes["generated"] = part.generated[source].astype("u1")
    return surface


def _glb(model: Model, parts: Sequence[CompletedPart]) -> bytes:
    import trimesh

    scene = trimesh.Scene()
    for part in parts:
        if len(part.faces):
            name = f"part_{part.label:03d}"
            scene.add_geometry(_surface(model, part), node_name=name, geom_name=name)
    return scene.export(file_type="glb")
