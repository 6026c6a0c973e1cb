"""The command `partgen transfer`: the labels of one model carried to another of its kind, for files."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PartgenError
from ..segmentation import METHODS

if TYPE_CHECKING:
    from ..correspondence import Surface
    from ..files import Model
    from ..segmentation import Segmentation

DESCRIPTION = """\
Carries labels from one model to another of its kind: writes OUT.npz with `face_labels`, a label of SOURCE for each triangle of TARGET
in the file's order, and `source_face`, the triangle of SOURCE that each answers to. Other arrays in L.npz with a row for each triangle
of SOURCE (colors, weights) are carried too, each row as it is.

  partgen transfer chair.glb stool.glb --labels chair.npz -o stool.npz
  partgen transfer scan.ply template.ply --labels scan.npz -o out.npz --up any    one of them may lie on its side

Both are taken apart first, and their parts compared by place, size and looks; which way they face is found out.
"""
UPS = ("auto", "x", "y", "z", "any")


def add_parser(commands: Any) -> None:
    """Adds `transfer` to the commands of `partgen`."""
    parser = commands.add_parser(
        "transfer",
        help="carry the labels of one model to another of its kind",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="model file that has labels")
    parser.add_argument("target", metavar="TARGET", type=Path, help="model file that is to have them")
    parser.add_argument(
        "--labels", metavar="L.npz", type=Path, required=True, help="face_labels, one whole number for each triangle of SOURCE"
    )
    parser.add_argument("-o", "--output", metavar="OUT.npz", type=Path, required=True, help="file to write")
    parser.add_argument("--method", choices=METHODS, default="auto", help="how to find parts; auto takes the best that is there")
    add_up(parser)
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run)


def add_up(parser: argparse.ArgumentParser) -> None:
    """The option that says how models stand."""
    parser.add_argument(
        "--up",
        choices=UPS,
        default="auto",
        help="axis that points up where models are compared: y in glb, gltf and obj and else z if not given; any tries all",
    )


def up_as_asked(choice: str, path: Path) -> int | None:
    """The axis that points up in a file, 0 to 2; None where any may."""
    from ..files import up_axis

    if choice == "auto":
        return up_axis(path)
    return None if choice == "any" else "xyz".index(choice)


def run(options: argparse.Namespace) -> int:
    """`partgen transfer`."""
    import numpy as np

    from ..correspondence import carried_labels, carried_values, correspondence
    from ..files import read_model, write_file
    from ..segmentation import segmenter
    from .labels import read_rows

    if options.output.resolve() in (options.source.resolve(), options.target.resolve(), options.labels.resolve()):
        raise PartgenError("file.overwritten", f"The result would overwrite {options.output.name}.", "Choose another file for it.")
    source, target = read_model(options.source), read_model(options.target)
    rows = read_rows(options.labels, source)
    up, other_up = up_as_asked(options.up, options.source), up_as_asked(options.up, options.target)
    method = segmenter(options.method)
    found = [method.segment(model.mesh) for model in (source, target)]
    own, other = (surface_of(model, answer) for model, answer in zip((source, target), found, strict=True))
    if up is not None and other_up is not None and up != other_up:
        other = turned_up(other, other_up, up)
    matched = correspondence(own, other, up)
    arrays = {name: carried_values(matched, values) for name, values in rows.items() if name != "face_labels"}
    arrays |= {"face_labels": carried_labels(matched, own, other, rows["face_labels"]), "source_face": matched.source_face}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    write_file(options.output, content.getbuffer())
    kept, all_labels = np.unique(arrays["face_labels"]), np.unique(rows["face_labels"])
    print(f"{options.output}: {len(kept)} of {len(all_labels)} labels on {len(other.centers)} triangles ({found[0].method})")
    if abs(np.trace(matched.rotation) - 3) > 1e-6:
        print(f"  {options.target.name} stands another way than {options.source.name}: it was turned for the comparison.")
    return 0


def surface_of(model: Model, answer: Segmentation) -> Surface:
    """A model and what a segmenter said of it, ready to be compared."""
    from ..correspondence import surface

    return surface(model.mesh.vertices, model.mesh.faces, answer.leaf_of_face, answer.tree, answer.leaf_features)


def turned_up(some: Surface, from_axis: int, to_axis: int) -> Surface:
    """The same surface turned so that what points up along one axis does along another, as importers turn models."""
    from dataclasses import replace

    import numpy as np

    third = 3 - from_axis - to_axis
    turn = np.zeros((3, 3))
    turn[to_axis, from_axis], turn[third, third] = 1.0, 1.0
    turn[from_axis, to_axis] = -1.0
    return replace(some, centers=some.centers @ turn.T, normals=some.normals @ turn.T)
