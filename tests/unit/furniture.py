"""Tables of boxes, each with a tree that a person would give it: what is to be found alike in several objects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import trimesh
from numpy.typing import NDArray
from partgen.correspondence import Surface, surface
from partgen.part_tree import PartTree

PARTS = ("top", "leg front left", "leg front right", "leg back left", "leg back right", "shelf")


class Table(NamedTuple):
    """A mesh of boxes, its surface as it is compared, and the part of every face, a row of PARTS."""

    vertices: NDArray
    faces: NDArray
    surface: Surface
    part_of_face: NDArray


def table(
    width: float = 1.2, depth: float = 0.7, height: float = 0.8, leg: float = 0.06, shelf: bool = True, turn: float = 0.0, fine: int = 1,
    with_features: bool = True, order: int = 0,
) -> Table:  # fmt: skip
    """A table that stands on z, its long side along x, turned by `turn` radians about z; each part is cut into leaves, its faces.

    `order` shuffles the parts, so that nothing follows from their numbers.
    """
    boxes = [((width, depth, 0.05), (0, 0, height))]
    boxes += [((leg, leg, height), (x * (width / 2 - leg), y * (depth / 2 - leg), height / 2)) for y in (-1, 1) for x in (-1, 1)]
    boxes += [((0.8 * width, 0.8 * depth, 0.03), (0, 0, 0.3 * height))] if shelf else []
    sequence = np.random.default_rng(order).permutation(len(boxes)) if order else np.arange(len(boxes))
    meshes, parts = [], []
    for part in sequence.tolist():
        extents, place = boxes[part]
        box = trimesh.creation.box(extents=extents)
        for _ in range(fine):
            box = box.subdivide()
        box.apply_translation(place)
        meshes.append(box)
        parts.append(np.full(len(box.faces), part))
    whole = trimesh.util.concatenate(meshes)
    whole.apply_transform(trimesh.transformations.rotation_matrix(turn, (0, 0, 1)))
    part_of_face = np.concatenate(parts)
    side = np.abs(np.concatenate([mesh.face_normals for mesh in meshes])).argmax(axis=1)
    leaf_of_face = np.unique(np.stack([part_of_face, side], axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int32)
    tree = _tree(len(boxes))
    features = _features(len(boxes)) if with_features else None
    return Table(whole.vertices, whole.faces, surface(whole.vertices, whole.faces, leaf_of_face, tree, features), part_of_face)


def _tree(parts: int) -> PartTree:
    """Three leaves to a part, parts joined, then the legs one after another to the top, and the shelf last."""
    leaves = 3 * parts
    merges, whole = [], []
    for part in range(parts):
        merges.append((3 * part, 3 * part + 1))
    for part in range(parts):
        merges.append((leaves + part, 3 * part + 2))
        whole.append(leaves + parts + part)
    node = whole[0]
    for part in whole[1:]:
        merges.append((node, part))
        node = leaves + len(merges) - 1
    return PartTree.from_merges(merges, parts)


def _features(parts: int) -> NDArray[np.float32]:
    """Leaves of tops, legs and shelves look each like their kind."""
    kinds = np.array([0, 1, 1, 1, 1, 2])[:parts]
    rows = np.eye(4, dtype=np.float32)[np.repeat(kinds, 3)] + 0.1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
