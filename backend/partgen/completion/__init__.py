"""The completer role: a mesh and the part of every face in, closed parts out that keep what was visible.

A *patch* is the visible, open surface of one part. A *completed part* is the patch itself, its vertices untouched, with
generated faces stitched to its boundary, so that the whole is closed, manifold and looks outward.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..devices import is_torch_installed
from ..errors import Action, PartgenError
from ..mesh import Mesh
from ..progress import Progress, no_progress

if TYPE_CHECKING:
    from ..geometry.solids import Measures

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CompletedPart:
    """The closed solid of one part.

    `label` is the part's number as given. `original_faces` (n,) int32: the input's triangles that it keeps, rising; they
    are the first n of `faces`. `input_vertices` (k,) int32: the input's vertices that these use; they are the first k of
    `vertices`, bit for bit. A vertex stands there more than once where the input's surface touches itself. `turned` (n,)
    bool: which of the kept triangles are wound the other way here, because the input looked inward or disagreed with
    itself. `vertices` (V, 3) float32, `faces` (m, 3) int32, `generated` (m,) bool: false for the first n, true after.

    `made_by` says how this part was closed: a method id, or one of `OTHER_WAYS`. `notes` are sentences for the artist.
    A part with `made_by` "remesh" keeps no triangle of the input: n and k are zero.
    """

    label: int
    original_faces: Ints
    input_vertices: Ints
    turned: Bools
    vertices: Floats
    faces: Ints
    generated: Bools
    made_by: str
    notes: tuple[str, ...] = ()

    @cached_property
    def measures(self) -> Measures:
        """Volume, area and soundness of the result, measured and not assumed."""
        from ..geometry.solids import measure

        return measure(self.vertices, self.faces)


OTHER_WAYS = {
    "whole": "was closed already, nothing was added",
    "sheet": "is a sheet or a wall without an inside of its own, and was given a thickness",
    "remesh": "was remeshed, because its surface could not be stitched",
    "open": "could not be closed",
}
"""How a part was made where not by the method asked for, in words that follow the part's name."""


@dataclass(frozen=True)
class Options:
    """What can be asked of a completer; each heeds what it knows.

    `reach` 0..1 is how far parts go on into their neighbours (0: not at all); with `flat_cuts` they end where their border lies in a
    plane, whatever the reach. `seed`, `steps` and `proposals` are for networks: `proposals` results are made with the seeds `seed`,
    `seed` + 1, ... `remesh` replaces each part by one even, closed surface, for print or simulation. `proposals_ahead` are those that
    the caller will ask for afterwards: they count in what is said of the time.
    """

    reach: float = 1.0
    seed: int = 0
    steps: int | None = None
    proposals: int = 1
    remesh: bool = False
    proposals_ahead: int = 0
    flat_cuts: bool = True


DEFAULT_OPTIONS = Options()


@dataclass(frozen=True, eq=False)
class Completion:
    """What a completer answers: a part for every label that was asked for, in rising order, and who made them.

    `method` is the method id, `weights` the weights' id or "" where it has none, `notes` are sentences for the artist.
    `alternatives` are the further proposals, each as long as `parts`.
    """

    parts: tuple[CompletedPart, ...]
    method: str
    weights: str = ""
    notes: tuple[str, ...] = ()
    alternatives: tuple[tuple[CompletedPart, ...], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


Deliver = Callable[[CompletedPart], None]
"""Called with every part as soon as it is there, so that those are kept which were done before a cancel."""


def no_delivery(part: CompletedPart) -> None:
    """For callers who wait for all parts."""


def of_proposal(progress: Progress, number: int, count: int) -> Progress:
    """The progress of the proposal `number`, from 0 on, of `count`, as a share of that of all."""
    if count == 1:
        return progress
    return lambda fraction, stage: progress((number + fraction) / count, f"Proposal {number + 1} of {count}: {stage}")


class Completer(Protocol):
    """One implementation of the role: its `method` id, and the id of its `weights`, "" where it needs none."""

    method: str
    weights: str

    def complete(
        self,
        mesh: Mesh,
        labels: Ints,
        wanted: Collection[int] | None = None,
        options: Options = DEFAULT_OPTIONS,
        progress: Progress = no_progress,
        deliver: Deliver = no_delivery,
    ) -> Completion:
        """Completes the parts `wanted` (default: all) of `labels` (F,), one for each face; negative labels are no part.

        Raises PartgenError where the labels do not fit the mesh, and Cancelled where `progress` does.
        """
        ...


METHODS = ("auto", "caps", "solid", "generative", "holopart")

SEEDED = frozenset({"holopart", "generative"})
"""Those that draw their answer by a seed, and so can give several; the others give one."""


STEPPED = frozenset({"holopart", "completer"})
"""The weights of those that generate in steps; the others have no use for `Options.steps`."""

REACHING = frozenset({"solid", "generative"})
"""Those that let parts go on into their neighbours; the others have no use for `Options.reach`."""

CUTTING = frozenset({"solid"})
"""Those that heed `Options.flat_cuts`; the others close all borders straight, or have learned where parts end."""

MOST_LABEL = np.iinfo(np.int32).max


def models(method: str) -> tuple[str, ...]:
    """The ids of the weights that a method can work with, its own choice first."""
    from ..weights.registry import ENTRIES, Role

    return tuple(entry.id for entry in ENTRIES if entry.role is Role.COMPLETER and entry.method == method)


def completer(method: str, model: str = "") -> Completer:
    """The implementation for a method id; `auto` is the best that is there. `model` is the id of weights, "" for the method's choice.

    Raises PartgenError for what is unknown, and where what it needs is not there.
    """
    if method not in METHODS:
        raise PartgenError("method.unknown", f"There is no completion method '{method}'.", f"Choose one of: {', '.join(METHODS)}.")
    if model and model not in (known := models(method)):
        sentence = f"The completion method '{method}' does not work with the model '{model}'."
        remedy = f"Choose one of: {', '.join(known)}." if known else "Leave the model out: this method needs none."
        raise PartgenError("method.other_model", sentence, remedy)
    if method == "caps":
        from .caps import CapsCompleter

        return CapsCompleter()
    if method in ("auto", "solid"):
        from .solid import SolidCompleter

        return SolidCompleter()
    if method == "generative" and model != "completer":
        from .generative import generative_completer

        return generative_completer()
    if not is_torch_installed():
        name = "HoloPart" if method == "holopart" else "The model 'completer'"
        raise PartgenError(
            "method.no_torch", f"{name} needs PyTorch, which is not installed here.", "Set PartGen up with the tier AI.", Action.SET_UP
        )
    if method == "holopart":
        from .holopart import HoloPartCompleter

        return HoloPartCompleter()
    from .drawn_solids import drawn_completer

    return drawn_completer()


def check_labels(mesh: Mesh, labels: NDArray) -> Ints:
    """The labels (F,) int32 of the mesh's faces. Raises PartgenError where they are not one whole number a face."""
    labels = np.asarray(labels)
    remedy = "Make the labels again, from this very file."
    if labels.shape != (len(mesh.faces),):
        count = len(labels) if labels.ndim == 1 else f"an array {labels.shape}"
        sentence = f"{mesh.name} has {len(mesh.faces)} triangles, but there are {count} labels."
        raise PartgenError("labels.mismatch", sentence, remedy)
    if labels.dtype.kind not in "iu":
        raise PartgenError("labels.not_numbers", f"The labels of {mesh.name} are not whole numbers.", remedy)
    if len(labels) and not (labels >= 0).any():
        raise PartgenError("labels.none", f"No triangle of {mesh.name} has a label from 0 on.", remedy)
    if len(labels) and (labels.max() > MOST_LABEL or labels.min() < -MOST_LABEL):
        beyond = int(labels.max()) if labels.max() > MOST_LABEL else int(labels.min())
        sentence = f"{mesh.name} has the label {beyond}, and labels go to {MOST_LABEL}."
        raise PartgenError("labels.too_large", sentence, "Number its parts from 0 on.")
    return labels.astype(np.int32)
