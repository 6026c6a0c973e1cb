"""The command `partgen complete`: closed parts of a model and its labels, for files."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import natural, positive, share_or_nothing
from ..errors import PartgenError

if TYPE_CHECKING:
    from ..completion import CompletedPart, Completion
    from ..files import Model

DESCRIPTION = """\
Closes the parts of a model: writes OUT_DIR/part_<label>.ply for every label, OUT_DIR/<name>.glb with all of them, and
OUT_DIR/parts.json with their measures and how each was made. What was visible keeps its vertices and triangles (but where a part
touches itself along an edge, two triangles are split in two); the property `generated` in the .ply says which were added. In the
.glb it also keeps its UVs, materials, colours and normals, and what was added has the material Inner.

What an earlier run left in OUT_DIR, as its parts.json lists it, goes; other files there stay.

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
    parser.add_argument("--seed", type=natural, help="of networks: the same seed gives the same parts (default: 0)")
    parser.add_argument("--steps", type=positive, help="of networks that generate in steps: more take longer and are finer")
    parser.add_argument(
        "--proposals", metavar="K", type=positive, default=1, help="of networks: this many results, in folders proposal_2, ..."
    )
    parser.add_argument("--reach", type=share_or_nothing, help="how far parts go on into their neighbours, 0 to 1 (default: 1)")
    beyond = "parts go on into their neighbours also where their border lies in a plane"
    parser.add_argument("--no-flat-cuts", action="store_true", help=beyond)
    parser.add_argument("--remesh", action="store_true", help="even surfaces for print or simulation, instead of what was visible")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """`partgen complete`. Returns the exit code: 1 where a part could not be closed."""
    from ..completion import Options, completer
    from ..files import read_model
    from .labels import read_labels

    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    reach = 1.0 if options.reach is None else options.reach
    chosen = Options(reach, options.seed or 0, options.steps, options.proposals, options.remesh, flat_cuts=not options.no_flat_cuts)
    completion = completer(options.method, options.model).complete(model.mesh, labels, None, chosen, _Announcing())
    completion = replace(completion, notes=(*completion.notes, *_without_effect(options, completion)))
    listed = write_completion(model, completion, options.output)
    closed = [part for part in completion.parts if part.measures.is_watertight]
    print(f"{options.output}: {len(closed)} of {len(completion.parts)} parts closed ({completion.method})")
    for note in _sentences(completion, listed):
        print(f"  {note}")
    if len(closed) < len(completion.parts):
        left = ", ".join(str(part.label) for part in completion.parts if not part.measures.is_watertight)
        print(f"partgen: These parts could not be closed: {left}.", file=sys.stderr)
    return 0 if len(closed) == len(completion.parts) else 1


class _Announcing:
    """A progress that says on stderr what is being done, where that takes long: every second at most, and each stage once."""

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds, self._said, self._at = seconds, "", time.monotonic()

    def __call__(self, fraction: float, stage: str) -> None:
        now = time.monotonic()
        if stage != self._said and now - self._at >= self._seconds and fraction < 1:
            self._said, self._at = stage, now
            print(f"partgen: {fraction:4.0%} {stage}", file=sys.stderr, flush=True)


def _without_effect(options: argparse.Namespace, completion: Completion) -> Iterable[str]:
    """A sentence for every option that was given and that the method has no use for."""
    from ..completion import CUTTING, REACHING, SEEDED, STEPPED

    method = completion.method
    if method not in SEEDED:
        if options.proposals > 1:
            yield f"The method {method} gives one result for a part, so there are no further proposals."
        if options.seed is not None:
            yield f"The method {method} draws nothing by a seed, so --seed changes nothing."
    if options.steps is not None and completion.weights not in STEPPED:
        yield f"The method {method} does not generate in steps, so --steps changes nothing."
    if options.reach is not None and method not in REACHING:
        yield f"The method {method} has no reach, so --reach changes nothing."
    if options.no_flat_cuts and method not in CUTTING:
        yield f"The method {method} has no flat cuts to leave out, so --no-flat-cuts changes nothing."


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
    from ..model_completing import glb_of_parts

    target = folder / f"{model.path.stem}.glb"
    if target.resolve() == model.path.resolve():
        raise PartgenError("file.overwritten", f"The result would overwrite {model.path.name}.", "Choose another folder for it.")
    earlier = _files_of_earlier_run(folder)
    listed = [_write_part(model, part, folder) for part in completion.parts]
    others = [
        {"folder": f"proposal_{number}", "parts": [_write_part(model, part, folder / f"proposal_{number}") for part in parts]}
        for number, parts in enumerate(completion.alternatives, start=2)
    ]
    write_file(target, glb_of_parts(model, completion.parts))
    table = {
        "version": PARTS_VERSION, "source": model.path.name, "method": completion.method, "weights": completion.weights, "scale": None,
        "notes": list(completion.notes), **completion.about, "parts": listed,
        **({"further_proposals": others} if others else {}),
    }  # fmt: skip
    write_file(folder / "parts.json", json.dumps(table, indent=2, ensure_ascii=False).encode())
    # By what they are: where case does not count, Chair.glb may be the chair.glb that was just written.
    kept = [target, model.path, *_files_listed(folder, table)]
    _remove([path for path in earlier if path.exists() and not any(path.samefile(other) for other in kept)])
    return listed


def _files_of_earlier_run(folder: Path) -> list[Path]:
    """What `partgen complete` wrote into a folder before, by the parts.json that it left there; [] where that is none of its own."""
    try:
        table = json.loads((folder / "parts.json").read_bytes())
        return [*_files_listed(folder, table), folder / f"{Path(table['source']).stem}.glb"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _files_listed(folder: Path, table: dict[str, Any]) -> list[Path]:
    """The files of parts that a parts.json lists, under the names alone that this command gives."""
    rounds = [("", table["parts"]), *((further["folder"], further["parts"]) for further in table.get("further_proposals", ()))]
    made = [(name, part["file"]) for name, parts in rounds for part in parts if part["made_by"] and part["file"]]
    return [folder / name / file for name, file in made if re.fullmatch(r"(proposal_\d+)?", name) and re.fullmatch(r"part_\d+\.ply", file)]


def _remove(paths: Iterable[Path]) -> None:
    """Removes files, and the folders of proposals that are empty then. Raises PartgenError where one cannot be."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            if path.parent.name.startswith("proposal_") and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            sentence = f"{path}, which an earlier run left, could not be removed: {error.strerror}."
            raise PartgenError("file.stale", sentence, "Remove it, or choose another folder.") from error


def _write_part(model: Model, part: CompletedPart, folder: Path) -> dict[str, Any]:
    """Writes one part, and returns what parts.json says of it."""
    from ..completion.crossing import crossing_faces
    from ..completion.touching import is_closed_where_merged
    from ..files import write_file
    from ..model_completing import part_name

    name = part_name(part.label)
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
