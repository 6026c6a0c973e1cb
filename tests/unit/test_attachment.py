"""Where a part is attached, and what a bevel leaves: closed, as wide as asked, and nothing moved where the part is held."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.editing.attachment import attached
from partgen.editing.bevelling import bevelled
from partgen.editing.deforming import PartSurface

UP = np.array([0.0, 0.0, 1.0])


def post() -> trimesh.Trimesh:
    """A post of 1 x 1 x 3 from z = 0, of fine triangles."""
    made = trimesh.creation.box((1, 1, 3))
    made.apply_translation((0, 0, 1.5))
    return made.subdivide().subdivide().subdivide()


def ball(at: tuple[float, float, float], subdivisions: int = 3) -> trimesh.Trimesh:
    made = trimesh.creation.icosphere(subdivisions)
    made.apply_translation(at)
    return made


def touching(part: trimesh.Trimesh, other: trimesh.Trimesh) -> np.ndarray:
    return attached(np.array(part.vertices), np.array(other.vertices), np.array(other.faces))


def test_a_part_cut_from_a_surface_is_attached_along_its_border() -> None:
    whole = ball((0, 0, 0))
    upper = whole.triangles_center[:, 2] > 0.3
    part, rest = whole.submesh([upper], append=True), whole.submesh([~upper], append=True)
    found = touching(part, rest)
    border = np.unique(part.edges_unique[np.bincount(part.faces_unique_edges.reshape(-1)) == 1])
    assert np.array_equal(np.flatnonzero(found), border)


def test_a_part_that_stands_on_another_is_attached_below() -> None:
    floor = trimesh.creation.box((9, 9, 1))
    floor.apply_translation((0, 0, -0.5))
    part = post()
    assert np.array_equal(touching(part, floor), part.vertices[:, 2] < 1e-9)


@pytest.mark.parametrize("subdivisions", [1, 4])
def test_a_part_that_sticks_in_another_is_attached_by_what_is_inside(subdivisions: int) -> None:
    part, other = post(), ball((0, 0, -0.2), subdivisions)
    found = touching(part, other)
    inside = np.linalg.norm(part.vertices - [0, 0, -0.2], axis=1)
    assert found[inside < 0.7].all()
    assert not found[inside > 1.1].any()


def test_a_part_far_from_everything_is_free() -> None:
    assert not touching(post(), ball((9, 0, 0))).any()


def test_a_coat_all_over_its_neighbour_is_free() -> None:
    inner = ball((0, 0, 0))
    coat = inner.copy()
    coat.vertices *= 1.001
    assert not touching(coat, inner).any()


# ---- bevel -----------------------------------------------------------------------------------------------------------


def bevel(mesh: trimesh.Trimesh, held: np.ndarray | None = None, **parameters: object) -> tuple[trimesh.Trimesh, np.ndarray]:
    nothing = np.zeros(len(mesh.vertices), bool)
    made = bevelled(PartSurface(np.array(mesh.vertices), np.array(mesh.faces), nothing if held is None else held, UP), parameters)
    return trimesh.Trimesh(made.points, made.faces, process=False), made.corner_source


@pytest.mark.parametrize("segments", [1, 3])
@pytest.mark.parametrize(
    "mesh",
    [trimesh.creation.box((1, 2, 3)), trimesh.creation.cylinder(0.5, 2, sections=24), trimesh.creation.annulus(0.3, 0.6, 1), post()],
    ids=["box", "cylinder", "ring", "fine post"],
)
def test_a_bevelled_part_is_closed_and_a_little_smaller(mesh: trimesh.Trimesh, segments: int) -> None:
    made, source = bevel(mesh, amount=0.2, segments=segments)
    assert made.is_watertight
    assert made.is_winding_consistent
    assert 0.7 * mesh.volume < made.volume < mesh.volume
    assert source.min() >= 0
    assert source.max() < mesh.faces.size


def test_a_bevel_is_as_wide_as_asked() -> None:
    box = trimesh.creation.box((1, 2, 3))
    made, _ = bevel(box, width={"value": 10, "unit": "cm"})
    assert made.volume == pytest.approx(6 - 4 * 0.1**2 / 2 * (1 + 2 + 3), abs=0.02)
    assert np.ptp(made.vertices, axis=0) == pytest.approx([1, 2, 3], abs=1e-4)


def test_what_is_smooth_is_not_bevelled() -> None:
    smooth = ball((0, 0, 0), 3)
    made, _ = bevel(smooth, amount=0.2)
    assert len(made.faces) == len(smooth.faces)


def test_edges_where_the_part_is_attached_stay_sharp() -> None:
    box = trimesh.creation.box((1, 1, 1))
    held = box.vertices[:, 2] < 0
    made, _ = bevel(box, held, amount=0.2)
    below = box.vertices[held]
    apart = np.linalg.norm(made.vertices[:, None] - below[None], axis=2).min(axis=0)
    assert (apart < 1e-9).all()
