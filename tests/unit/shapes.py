"""Shapes with parts that anyone would name, made of booleans of solids, with the true part of every face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh
from manifold3d import Manifold, OpType
from manifold3d import Mesh as Surface
from numpy.typing import ArrayLike, NDArray
from partgen.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shape:
    """`vertices` (V, 3), `faces` (F, 3), and `parts` (F,): the solid that each face came from."""

    vertices: Floats
    faces: Ints
    parts: Ints

    @property
    def mesh(self) -> Mesh:
        return Mesh.from_triangles(self.vertices, self.faces, "shape")

    @property
    def areas(self) -> Floats:
        return triangle_areas(self.vertices, self.faces)


def triangle_areas(vertices: ArrayLike, faces: ArrayLike) -> Floats:
    corners = np.asarray(vertices, np.float64)[np.asarray(faces)]
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def at(solid: trimesh.Trimesh, *place: float) -> trimesh.Trimesh:
    solid.apply_translation(place)
    return solid


def box(*sides: float) -> trimesh.Trimesh:
    return trimesh.creation.box(sides)


def ball(radius: float) -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=3, radius=radius)


def rod(start: ArrayLike, end: ArrayLike, radius: float) -> trimesh.Trimesh:
    return trimesh.creation.cylinder(radius, segment=np.array([start, end], float), sections=24)


def limb(start: ArrayLike, end: ArrayLike, radius: float) -> trimesh.Trimesh:
    """A capsule between two points."""
    along = np.subtract(end, start)
    length = float(np.linalg.norm(along))
    capsule = trimesh.creation.capsule(length, radius, count=(16, 16))
    capsule.apply_transform(trimesh.geometry.align_vectors([0, 0, 1], along / length))
    return at(capsule, *(np.add(start, end) / 2))


def fused(solids: Sequence[trimesh.Trimesh], edge: float) -> Shape:
    """The union of solids as one surface, with edges no longer than `edge`; a face belongs to the solid that it lies on."""
    sources = [Manifold(Surface(solid.vertices.astype(np.float32), solid.faces.astype(np.uint32))).as_original() for solid in solids]
    union = Manifold.batch_boolean(sources, OpType.Add).refine_to_length(edge).to_mesh()
    names = [source.original_id() for source in sources]
    runs = np.diff(union.run_index) // 3
    parts = np.repeat([names.index(name) for name in union.run_original_id], runs)
    return Shape(np.asarray(union.vert_properties, np.float64), np.asarray(union.tri_verts, np.int64), parts)


def apart(solids: Sequence[trimesh.Trimesh]) -> Shape:
    """Solids beside each other, not fused."""
    whole = trimesh.util.concatenate(list(solids))
    parts = np.repeat(np.arange(len(solids)), [len(solid.faces) for solid in solids])
    return Shape(np.asarray(whole.vertices), np.asarray(whole.faces, np.int64), parts)


def dumbbell() -> Shape:
    return fused([ball(1), at(ball(1), 5, 0, 0), rod([0.5, 0, 0], [4.5, 0, 0], 0.25)], 0.3)


def table() -> Shape:
    legs = [at(box(0.2, 0.2, 2), x, y, -1) for x in (-1.3, 1.3) for y in (-0.8, 0.8)]
    return fused([box(3, 2, 0.2), *legs], 0.25)


def snowman() -> Shape:
    return fused([ball(1), at(ball(0.75), 0, 0, 1.45), at(ball(0.5), 0, 0, 2.5)], 0.3)


def humanoid() -> Shape:
    torso, head = limb([0, 0, 0], [0, 0, 1], 0.35), at(ball(0.3), 0, 0, 1.75)
    arms = [limb([0.3 * side, 0, 0.95], [1.4 * side, 0, 0.6], 0.13) for side in (-1, 1)]
    legs = [limb([0.2 * side, 0, -0.2], [0.35 * side, 0, -1.7], 0.16) for side in (-1, 1)]
    return fused([torso, head, *arms, *legs], 0.2)


def two_boxes() -> Shape:
    return apart([box(1, 1, 1), at(box(1, 1, 1), 3, 0, 0)])


def grid(count: int, height: float = 0.0) -> tuple[Floats, Ints]:
    """A square sheet of `count` x `count` x 2 triangles and side 1, looking up."""
    x, y = np.meshgrid(np.linspace(0, 1, count + 1), np.linspace(0, 1, count + 1), indexing="ij")
    vertices = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, height)])
    low = (np.arange(count)[:, None] * (count + 1) + np.arange(count)).ravel()
    up = low + count + 1
    return vertices, np.concatenate([np.column_stack([low, up, up + 1]), np.column_stack([low, up + 1, low + 1])])


def agreement(labels: ArrayLike, others: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The adjusted Rand index of two labelings (F,) with `weights` (F,): 1 where they agree, about 0 by chance."""
    labels, others = np.asarray(labels), np.asarray(others)
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights, float)
    table = np.zeros((labels.max() + 1, others.max() + 1))
    np.add.at(table, (labels, others), weights / weights.sum())
    together, rows, columns = (table**2).sum(), (table.sum(axis=1) ** 2).sum(), (table.sum(axis=0) ** 2).sum()
    chance, most = rows * columns, (rows + columns) / 2
    return 1.0 if most == chance else float((together - chance) / (most - chance))
