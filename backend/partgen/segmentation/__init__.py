"""The segmenter role: a mesh in, a part tree over its leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..devices import is_torch_installed
from ..errors import Action, PartgenError
from ..mesh import Mesh
from ..part_tree import PartTree
from ..progress import Progress, no_progress


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What a segmenter answers: `leaf_of_face` (F,) int32 per triangle, the tree over the leaves, and who made it.

    `method` is a method id, `weights` the weights' id or "" where the method has none; `notes` are sentences for the
    artist ("14 faces without area were given to their neighbours"). `leaf_features` (L, D) float32, rows of length one,
    where the method has any: their dot products say how alike leaves are, within one object and between objects that
    the same method has seen with the same weights.
    """

    leaf_of_face: NDArray[np.int32]
    tree: PartTree
    method: str
    weights: str = ""
    notes: tuple[str, ...] = ()
    leaf_features: NDArray[np.float32] | None = None

    def labels(self, scale: float | None = None) -> NDArray[np.int32]:
        """Part of every triangle at `scale` (default: the tree's own): (F,) int32, dense."""
        return self.tree.cut(self.tree.default_scale if scale is None else scale)[self.leaf_of_face]


class Segmenter(Protocol):
    """One implementation of the role."""

    method: str

    def segment(self, mesh: Mesh, progress: Progress = no_progress) -> Segmentation: ...


METHODS = ("auto", "superfaces", "geometric", "partfield")


def segmenter(method: str, **options: object) -> Segmenter:
    """The implementation for a method id, made with `options`; `auto` is the best that is there. Raises PartgenError for an unknown one."""
    chosen = implementation(method)
    unknown = options.keys() - signature(chosen).parameters.keys()
    if unknown:
        raise PartgenError("method.options", f"The method {method} has no option {' or '.join(sorted(unknown))}.")
    return chosen(**options)


def implementation(method: str) -> Callable[..., Segmenter]:
    """What makes the segmenter of a method id, from its options. Raises PartgenError for one that is unknown or lacks a package."""
    if method in ("auto", "superfaces"):
        from .superfaces import SuperfacesSegmenter

        return SuperfacesSegmenter
    if method == "geometric":
        from .geometric import GeometricSegmenter

        return GeometricSegmenter
    if method == "partfield":
        if not is_torch_installed():
            sentence = "PartField needs PyTorch, which is not installed here."
            raise PartgenError("method.no_torch", sentence, "Set PartGen up with the tier AI.", Action.SET_UP)
        from .partfield import PartFieldSegmenter

        return PartFieldSegmenter
    raise PartgenError("method.unknown", f"There is no segmentation method '{method}'.", f"Choose one of: {', '.join(METHODS)}.")
