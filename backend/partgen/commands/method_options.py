"""The options of `partgen segment` and `partgen decompose` that belong to one method: PartField's."""

from __future__ import annotations

import argparse
from typing import Any

from ..arguments import positive
from ..errors import PartgenError

METHOD = "partfield"
ABOUT = """\
What PartField's authors do before and after their network, instead of what is done here; docs/scripting.md tells which of their
options is which. --levels 1-20 writes the twenty cuts that their program writes.
"""
CONNECTIVITIES = ("contacts", "chain", "faces", "faces-knn", "components", "components-knn")
OPTIONS = {"connectivity": "--connectivity", "face_samples": "--face-samples", "points": "--points", "clean": "--clean"}
"""What the segmenter's constructor calls each."""


def add(parser: argparse.ArgumentParser) -> None:
    """Adds them to a command, in a group of their own."""
    group = parser.add_argument_group(f"options of --method {METHOD}", ABOUT)
    joining = "what joins loose pieces: contacts (ours), or the authors' 0 chain, 1 faces, 2 components, -knn with all near ones too"
    group.add_argument("--connectivity", choices=CONNECTIVITIES, help=joining)
    reading = "N random samples in every face (the authors: 1000), or vertices: at its three corners; by size of the face if not given"
    group.add_argument("--face-samples", metavar="N|vertices", type=face_samples, help=reading)
    group.add_argument("--points", metavar="N", type=positive, help="points of the surface that the network is shown (100000)")
    close = "first merge vertices that are nearer than 0.5 %% of the diagonal, and drop doubled faces"
    group.add_argument("--clean", action="store_true", default=None, help=close)


def face_samples(text: str) -> int | str:
    """An argument that is a number of samples, or "vertices"."""
    return text if text == "vertices" else positive(text)


def chosen(options: argparse.Namespace) -> dict[str, Any]:
    """What of them was given, for the method's constructor. Raises PartgenError where the method is another one."""
    given = {name: getattr(options, name) for name in OPTIONS if getattr(options, name) is not None}
    if given and options.method != METHOD:
        names = " and ".join(OPTIONS[name] for name in given)
        belong = "belongs" if len(given) == 1 else "belong"
        sentence = f"{names} {belong} to the method {METHOD}, not to {options.method}."
        raise PartgenError("method.options", sentence, f"Add --method {METHOD}, or leave out {names}.")
    return given
