"""What a completing network is shown of a part: points on its patch and on the whole object, in frames that it was trained in.

HoloPart's own code takes points as they are in the file, whatever the size of the object, and finds out which points of the
object are the part's by looking for near ones. Here the object is brought to the size of the training data first, faces
tell whose a point is, normals look outward even where the mesh does not, and a seed determines every point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import face_graph
from ..geometry.rays import RayScene
from ..geometry.sampling import surface_samples
from ..geometry.visibility import seen_from
from ..mesh import Mesh

POINTS = 20_480
"""On the patch, and as many on the whole object: as in training."""
OBJECT_HALF_SIZE = 0.95
"""Half the longest side of an object in the frame of objects. Inferred: no code of the authors normalises objects, but parts
are brought to 0.7 of this."""
PATCH_HALF_SIZE = 0.95 * 0.7
"""Half the longest side of a patch in the frame of its part: the hidden rest has room around it, in a box of half-size 1.05."""

DRAWN = 2
"""How many points are drawn for each that is shown where cameras are to see them: most surfaces are seen from somewhere."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Frame:
    """Where a cube lies that is as wide as the frame's unit says: `centre` (3,) and `scale`, in the coordinates around it."""

    centre: NDArray[np.float64]
    scale: float

    @classmethod
    def around(cls, points: NDArray[np.floating], half_size: float) -> Frame:
        """The frame in which the box of points (N, 3), not all in one place, is centred and has half the longest side `half_size`."""
        low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
        return cls((low + high) / 2, float((high - low).max()) / 2 / half_size)

    def inward(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 3) from around it, in the frame."""
        return (points - self.centre) / self.scale

    def outward(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 3) of the frame, in the coordinates around it."""
        return points * self.scale + self.centre


@dataclass(frozen=True)
class PartCloud:
    """One part: `patch` (N, 6) points with normals in the frame of the object, `whole` (M, 7) those of the object with 1 where
    they are the part's, `local` (N, 6) the patch in the frame of the part; `frame` is that frame, seen from the mesh."""

    patch: Floats
    whole: Floats
    local: Floats
    frame: Frame

    @classmethod
    def of(cls, patch: NDArray[np.float64], whole: NDArray[np.float64], is_part: NDArray[np.bool_], around: Frame) -> PartCloud:
        """From points with normals on the patch (N, 6) and on the whole (M, 6), which of the latter are the part's (M,), and the
        object's frame."""
        frame = Frame.around(patch[:, :3], PATCH_HALF_SIZE)
        marked = np.concatenate([_in_frame(around, whole), is_part[:, None].astype(np.float32)], axis=1)
        return cls(_in_frame(around, patch), marked, _in_frame(frame, patch), frame)


class ObjectClouds:
    """The clouds of the parts of one object, each the same whichever others are asked for.

    With `cameras` (K, 3) all points are such as one of these sees; without, anywhere on the surface.
    """

    def __init__(
        self, mesh: Mesh, labels: NDArray[np.integer], seed: int = 0, points: int = POINTS, cameras: NDArray[np.float64] | None = None
    ) -> None:
        self._graph = face_graph(mesh.vertices, mesh.faces)
        self._cameras = cameras
        self._scene = None if cameras is None else RayScene(self._graph.points, self._graph.corners)
        self._label_of_face = np.asarray(labels)[self._graph.input_of_face]
        self._frame = Frame.around(self._graph.points[self._graph.corners].reshape(-1, 3), OBJECT_HALF_SIZE)
        self._seed, self._points = seed, points
        self._whole, whole_face = self._samples(np.arange(self._graph.face_count), self._seed_of(-1))
        self._whole_label = self._label_of_face[whole_face]

    @property
    def labels(self) -> frozenset[int]:
        """Of the parts that have a surface."""
        return frozenset(int(label) for label in np.unique(self._label_of_face))

    def part(self, label: int) -> PartCloud:
        """The cloud of one of `labels`. Raises ValueError where no camera sees anything of it."""
        patch, _ = self._samples(np.flatnonzero(self._label_of_face == label), self._seed_of(label))
        return PartCloud.of(patch, self._whole, self._whole_label == label, self._frame)

    def share_of_whole(self, label: int) -> float:
        """The share of the points on the whole object that are the part's."""
        return float((self._whole_label == label).mean())

    def _samples(self, faces: NDArray[np.integer], seed: int) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
        """Points with normals (P, 6), uniform over what is to be seen of some faces of the graph, and the faces that they are on (P,)."""
        graph, count = self._graph, self._points
        if self._scene is None or self._cameras is None:
            points, where = surface_samples(graph.points, graph.corners[faces], count, seed)
        else:
            points, where = surface_samples(graph.points, graph.corners[faces], DRAWN * count, seed)
            seen = np.flatnonzero(seen_from(self._scene, points, graph.normals[faces[where]], self._cameras))
            if not len(seen):
                raise ValueError("no camera sees anything of the part")
            chosen = np.resize(seen, count)  # where few are seen, all of them again and again
            points, where = points[chosen], where[chosen]
        return np.concatenate([points, graph.normals[faces[where]]], axis=1), faces[where]

    def _seed_of(self, label: int) -> int:
        return seed_of_part(self._seed, label)


def seed_of_part(seed: int, label: int) -> int:
    """A seed of its own for a part, so that a part comes out the same whichever others are completed with it."""
    return int(np.random.SeedSequence([seed % 2**32, label % 2**32]).generate_state(1)[0])


def _in_frame(frame: Frame, samples: NDArray[np.float64]) -> Floats:
    return np.concatenate([frame.inward(samples[:, :3]), samples[:, 3:]], axis=1).astype(np.float32)
