"""What scanning, generating and exporting do to a surface: the labels follow, the shape stays."""

from __future__ import annotations

import numpy as np
import pytest
from partgen.shapes import Skin, make_shape
from partgen.shapes.corruption import (
    Corruption,
    add_crumbs,
    add_noise,
    corrupt,
    decimate,
    double_faces,
    inside_of_grid,
    punch_holes,
    remesh,
    rotate,
    separate,
    unweld,
    weld,
)
from partgen.shapes.shape import pieces
from scipy.spatial import cKDTree
from test_shapes import open_edges, volume

CORRUPTIONS: list[Corruption] = [
    corrupt, remesh, decimate, add_noise, punch_holes, double_faces, add_crumbs, separate, unweld, weld, rotate,
]  # fmt: skip


@pytest.fixture(scope="module")
def skin() -> Skin:
    return make_shape(1, "mug").skin()


@pytest.fixture(scope="module")
def chair() -> Skin:
    return make_shape(1, "chair").skin()


def generator(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("change", CORRUPTIONS)
def test_a_corruption_gives_a_labelled_surface_and_leaves_the_old_one_alone(change: Corruption, chair: Skin) -> None:
    before = [array.copy() for array in (chair.vertices, chair.faces, chair.part_of_face)]
    after = change(chair, generator())
    assert all(np.array_equal(*pair) for pair in zip(before, (chair.vertices, chair.faces, chair.part_of_face), strict=True))
    assert after.vertices.dtype == np.float32
    assert after.faces.dtype == after.part_of_face.dtype == np.int32
    assert len(after.part_of_face) == len(after.faces) > 0
    assert np.isfinite(after.vertices).all()
    assert np.array_equal(np.unique(after.faces), np.arange(len(after.vertices))), "every corner is used"
    assert set(after.part_of_face) <= set(chair.part_of_face)


@pytest.mark.parametrize("change", CORRUPTIONS)
def test_the_same_generator_corrupts_the_same_way(change: Corruption, chair: Skin) -> None:
    first, second = change(chair, generator(2)), change(chair, generator(2))
    assert np.array_equal(first.vertices, second.vertices)
    assert np.array_equal(first.faces, second.faces)
    assert np.array_equal(first.part_of_face, second.part_of_face)


@pytest.mark.parametrize("change", [remesh, decimate, add_noise, punch_holes, double_faces, separate, unweld, weld])
def test_labels_stay_with_the_surface_they_were_on(change: Corruption, skin: Skin) -> None:
    after = change(skin, generator())
    rng = generator(0)
    areas = skin.areas()
    faces = rng.choice(len(areas), 30_000, p=areas / areas.sum())
    points = np.einsum("ij,ijk->ik", rng.dirichlet((1, 1, 1), len(faces)), skin.vertices[skin.faces[faces]])
    _, nearest = cKDTree(points).query(after.vertices[after.faces].mean(1))
    right = skin.part_of_face[faces[nearest]] == after.part_of_face
    assert np.average(right, weights=after.areas()) > 0.93


def test_a_remeshed_skin_is_closed_and_as_large(skin: Skin) -> None:
    after = remesh(skin, generator(3), cells=64)
    assert open_edges(after) == 0
    assert volume(after) > 0
    assert np.ptp(after.vertices, axis=0) == pytest.approx(np.ptp(skin.vertices, axis=0), rel=0.08)


def test_remeshing_unites_shells_that_overlap() -> None:
    """Parts that are modelled one in the other come out of a scan as one surface, with nothing inside."""
    shells = make_shape(2, "hammer").shells()
    assert pieces(shells)[0] > 2
    assert pieces(remesh(shells, generator(), cells=64))[0] == 1


def test_the_inside_of_a_surface_is_as_large_as_its_volume(skin: Skin) -> None:
    pitch = float(np.ptp(skin.vertices, axis=0).max()) / 150
    low = skin.vertices.min(0) - 2 * pitch
    counts = np.ceil(np.ptp(skin.vertices, axis=0) / pitch).astype(int) + 4
    inside = inside_of_grid(skin, low, pitch, counts)
    assert inside.sum() * pitch**3 == pytest.approx(volume(skin), rel=0.05)
    assert not inside[:, :, 0].any()
    assert not inside[:, :, -1].any()


def test_decimation_leaves_the_share_it_is_asked_for(skin: Skin) -> None:
    assert len(decimate(skin, generator(), 0.5).faces) == pytest.approx(0.5 * len(skin.faces), rel=0.1)


def test_noise_stays_small_and_keeps_the_surface_closed(skin: Skin) -> None:
    after = add_noise(skin, generator(), 0.002)
    assert open_edges(after) == 0
    diagonal = np.linalg.norm(np.ptp(skin.vertices, axis=0))
    distance, _ = cKDTree(skin.vertices).query(after.vertices)
    assert 0 < distance.max() < 0.02 * diagonal


def test_holes_open_the_surface_and_leave_most_of_it(skin: Skin) -> None:
    after = punch_holes(skin, generator(), 3)
    assert open_edges(after) > 0
    assert len(skin.faces) / 2 <= len(after.faces) < len(skin.faces)


def test_doubled_faces_lie_back_to_back(skin: Skin) -> None:
    after = double_faces(skin, generator(), 1.0)
    assert len(after.faces) == 2 * len(skin.faces)
    assert after.areas().sum() == pytest.approx(2 * skin.areas().sum())
    assert np.abs(after.normals().sum(0)).max() < 1e-4 * after.areas().sum()


def test_crumbs_are_loose_closed_shells(skin: Skin) -> None:
    after = add_crumbs(skin, generator(), 7)
    assert pieces(after)[0] == pieces(skin)[0] + 7
    assert open_edges(after) == 0


def test_separated_parts_share_no_corner(skin: Skin) -> None:
    after = separate(skin, generator())
    owners = [set(after.faces[after.part_of_face == part].ravel()) for part in np.unique(after.part_of_face)]
    assert len(set.union(*owners)) == sum(map(len, owners))


def test_welding_undoes_a_soup(skin: Skin) -> None:
    soup = unweld(skin, generator())
    assert len(soup.vertices) == 3 * len(skin.faces)
    assert open_edges(weld(soup)) == open_edges(weld(skin))


def test_turning_keeps_every_length(skin: Skin) -> None:
    after = rotate(skin, generator())
    assert not np.allclose(after.vertices, skin.vertices)
    assert after.areas() == pytest.approx(skin.areas(), rel=1e-3, abs=1e-9)


def test_mixtures_differ_and_are_all_usable(chair: Skin) -> None:
    counts = set()
    for seed in range(24):
        after = corrupt(chair, generator(seed))
        assert len(after.faces) >= 40
        assert (after.areas() > 0).mean() > 0.9
        counts.add(len(after.faces))
    assert len(counts) > 12
