"""The closed surface of a field: where it is, however thin it is, and closed whatever the field."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from partgen.errors import Cancelled
from partgen.geometry.solids import has_disc_vertices, is_watertight, signed_volume
from partgen.latent_diffusion.extraction import HALF_SIZE, closed_surface, expected_reads, grid_levels, marched
from scipy.ndimage import gaussian_filter

Points = NDArray[np.float32]


def ball(radius: float = 0.5, centre: tuple[float, float, float] = (0.0, 0.0, 0.0), steepness: float = 50.0):
    return lambda points: (steepness * (radius - np.linalg.norm(points - np.float32(centre), axis=1))).astype(np.float32)


def box(*half: float, steepness: float = 200.0):
    return lambda points: (steepness * (np.float32(half) - np.abs(points)).min(axis=1)).astype(np.float32)


class Counted:
    """A field that counts its points."""

    def __init__(self, field) -> None:
        self.field, self.reads = field, 0

    def __call__(self, points: Points) -> Points:
        self.reads += len(points)
        return self.field(points)


@pytest.mark.parametrize("cells", [50, 128, 256])
def test_a_surface_is_neither_too_small_nor_moved(cells: int) -> None:
    surface = closed_surface(ball(0.6, (0.2, -0.1, 0.3)), cells)
    assert surface.vertices.mean(axis=0) == pytest.approx((0.2, -0.1, 0.3), abs=0.01)
    radii = np.linalg.norm(surface.vertices - (0.2, -0.1, 0.3), axis=1)
    assert radii == pytest.approx(np.full(len(radii), 0.6), abs=0.2 * 2 * HALF_SIZE / cells)
    assert signed_volume(surface.vertices, surface.faces) == pytest.approx(4 / 3 * np.pi * 0.6**3, rel=0.02)


def test_the_field_is_read_near_the_surface_alone() -> None:
    field = Counted(ball())
    closed_surface(field, 256)
    assert field.reads < 257**3 / 15
    assert field.reads < expected_reads(256)


def test_coarse_to_fine_finds_what_a_look_at_every_point_finds() -> None:
    def wavy(points: Points) -> Points:
        return (20 * (0.6 - np.linalg.norm(points, axis=1) + 0.1 * np.sin(12 * points).prod(axis=1))).astype(np.float32)

    near = closed_surface(wavy, 128)
    index = np.moveaxis(np.indices((129,) * 3), 0, -1).reshape(-1, 3)
    everywhere = marched(wavy(((index / 64 - 1) * HALF_SIZE).astype(np.float32)).reshape((129,) * 3), HALF_SIZE)
    assert signed_volume(near.vertices, near.faces) == pytest.approx(signed_volume(everywhere.vertices, everywhere.faces), rel=0.01)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_part_thinner_than_the_coarsest_grid_is_found(is_known: bool) -> None:
    thin = 0.009  # the coarsest cells are 0.033 wide, and no point of their grid lies inside
    field = Counted(lambda points: box(0.5, 0.5, thin)(points - np.float32((0, 0, 0.0164))))
    corners = np.random.default_rng(0).uniform(-0.5, 0.5, (20_000, 3)) * (1, 1, 0) + (0, 0, 0.0164 + thin)
    surface = closed_surface(field, 256, corners if is_known else None)
    assert is_watertight(surface.faces)
    assert signed_volume(surface.vertices, surface.faces) == pytest.approx(2 * thin, rel=0.1)
    if is_known:
        assert field.reads < 257**3 / 10


def test_a_field_without_an_inside_has_no_surface() -> None:
    surface = closed_surface(ball(-1.0), 32)
    assert surface.vertices.shape == surface.faces.shape == (0, 3)


def test_a_surface_that_leaves_the_box_is_closed_at_its_border() -> None:
    surface = closed_surface(ball(1.3), 64)
    assert is_watertight(surface.faces)
    assert np.abs(surface.vertices).max() <= HALF_SIZE


@pytest.mark.parametrize("seed", range(6))
def test_every_surface_is_closed_manifold_and_looks_outward(seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = gaussian_filter(random.standard_normal((33,) * 3), 0.5 + seed / 3).astype(np.float32)
    if seed % 2:
        noise = np.round(noise / noise.std()).astype(np.float32)  # zeros at points of the grid, and ambiguous cells

    def field(points: Points) -> Points:
        return noise[tuple(np.rint((points / HALF_SIZE + 1) * 16).astype(int).T)]

    surface = closed_surface(field, 32)
    assert is_watertight(surface.faces)
    assert has_disc_vertices(surface.faces)
    assert signed_volume(surface.vertices, surface.faces) > 0


def test_reading_stops_where_it_is_told_to() -> None:
    field = Counted(ball())

    def watch(fraction: float, stage: str) -> None:
        if field.reads > 50_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        closed_surface(field, 128, progress=watch)
    assert field.reads < 100_000


def test_grids_are_halved_down_to_the_coarsest() -> None:
    assert grid_levels(512) == [64, 128, 256, 512]
    assert grid_levels(130) == [65, 130]
    assert grid_levels(24) == [24]
