"""A filling that goes through something is moved until it does not, and what is visible stays where it is."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.completion.caps import cap_faces
from partgen.completion.crossing import Surroundings
from partgen.completion.mending import Neighbourhood, mended
from partgen.completion.patches import OpenSurface, open_surface


def opened_tub() -> tuple[OpenSurface, np.ndarray, np.ndarray, trimesh.Trimesh]:
    """A tub without its lid, the points and triangles of a lid, and the tub."""
    box = trimesh.creation.box((2, 2, 1)).subdivide().subdivide().subdivide()
    tub = trimesh.Trimesh(box.vertices, box.faces[box.triangles_center[:, 2] < 0.49], process=True)
    opened = open_surface(np.asarray(tub.vertices, float), np.asarray(tub.faces, np.int64))
    return opened, *cap_faces(opened), tub


def around(opened: OpenSurface, lid: np.ndarray, count: int, others: trimesh.Trimesh) -> Neighbourhood:
    points = np.asarray(others.vertices, float)
    return Neighbourhood.of(opened, lid, count, points, Surroundings.of(points, np.asarray(others.faces, np.int64)))


@pytest.mark.parametrize("far", [0.7, 1.2])
def test_a_vertex_of_a_filling_that_sticks_through_the_part_is_brought_back(far: float) -> None:
    opened, points, lid, tub = opened_tub()
    there = around(opened, lid, len(points), tub)
    points[np.abs(points[:, :2]).sum(axis=1).argmin(), 2] -= far + 0.4
    assert len(there.crossing(points))
    assert not len(there.crossing(mended(there, points)))


def test_sheets_that_fell_through_each_other_are_drawn_apart() -> None:
    """The two lids of a ring, the upper one pressed down through the lower one in the middle."""
    tube = trimesh.creation.cylinder(1.0, 0.5, sections=64)
    ring = trimesh.Trimesh(tube.vertices, tube.faces[np.abs(tube.triangles_center[:, 2]) < 0.24], process=True)
    opened = open_surface(np.asarray(ring.vertices, float), np.asarray(ring.faces, np.int64))
    points, lids = cap_faces(opened, edge_length=0.15)
    upper = points[:, 2] > 0
    points[upper, 2] -= 0.7 * np.clip(1 - 1.5 * np.linalg.norm(points[upper, :2], axis=1), 0, None)
    there = around(opened, lids, len(points), ring)
    before = len(there.crossing(points))
    after = len(there.crossing(mended(there, points)))
    assert before > 0
    assert after == 0


def test_a_filling_that_crosses_nothing_is_left_alone() -> None:
    opened, points, lid, tub = opened_tub()
    assert mended(around(opened, lid, len(points), tub), points) is points


def test_mending_is_the_same_every_time_and_never_makes_more_crossings() -> None:
    opened, points, lid, tub = opened_tub()
    there = around(opened, lid, len(points), tub)
    points = points + np.random.default_rng(1).normal(size=points.shape) * 0.2
    first = mended(there, points)
    assert len(there.crossing(first)) < len(there.crossing(points))
    assert np.array_equal(first, mended(there, points))
