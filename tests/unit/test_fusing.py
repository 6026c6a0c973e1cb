"""A generated solid fused with what was visible: the patch untouched, the hidden rest where it was generated, closed for certain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from partgen.completion import CompletedPart
from partgen.completion.caps import cap_faces, capped
from partgen.completion.fusing import crossings, fused
from partgen.completion.patches import Patch, patches, read_surface
from partgen.latent_diffusion.extraction import HALF_SIZE, ClosedSurface, marched, sampled_field
from partgen.mesh import Mesh

Points = NDArray[np.float32]
SPHERE = trimesh.creation.icosphere(3)
BOX = trimesh.creation.box((1, 1, 1)).subdivide().subdivide().subdivide()


def rod() -> trimesh.Trimesh:
    """Upright, round at both ends, 1.8 long and 0.6 thick."""

    def field(points: Points) -> Points:
        axis = np.stack([np.zeros(len(points)), np.zeros(len(points)), np.clip(points[:, 2], -0.6, 0.6)], axis=1)
        return (20 * (0.3 - np.linalg.norm(points - axis, axis=1))).astype(np.float32)

    surface = marched(sampled_field(field, 40), HALF_SIZE)
    return trimesh.Trimesh(surface.vertices, surface.faces, process=False)


def visible(whole: trimesh.Trimesh, is_visible: Callable[[NDArray], NDArray]) -> tuple[Mesh, Patch]:
    """What is left of a body where `is_visible` says so of the middles of its faces."""
    rest = whole.copy()
    rest.update_faces(is_visible(whole.triangles_center))
    rest.remove_unreferenced_vertices()
    mesh = Mesh.from_triangles(rest.vertices, rest.faces)
    return mesh, patches(mesh, read_surface(mesh), np.zeros(len(mesh.faces), np.int32), [0])[0]


def surface(body: trimesh.Trimesh) -> ClosedSurface:
    return ClosedSurface(np.asarray(body.vertices, np.float64), np.asarray(body.faces, np.int64))


def assert_keeps(part: CompletedPart, mesh: Mesh) -> None:
    kept = len(part.original_faces)
    assert kept == len(mesh.faces)
    assert np.array_equal(part.vertices[part.faces[:kept]], mesh.vertices[mesh.faces[part.original_faces]])
    assert part.generated.tolist() == [False] * kept + [True] * (len(part.faces) - kept)
    assert part.measures.is_manifold


@pytest.mark.parametrize(
    ("whole", "is_visible"),
    [
        (SPHERE, lambda middle: middle[:, 2] > -0.3),
        (SPHERE, lambda middle: middle[:, 2] > 0.3),
        (BOX, lambda middle: middle[:, 2] > -0.2),
        (rod(), lambda middle: middle[:, 2] > -0.5),
        (rod(), lambda middle: np.abs(middle[:, 2]) < 0.4),
    ],
    ids=["ball", "cup", "box", "rod", "rod without ends"],
)
def test_the_hidden_rest_lies_where_it_was_generated(whole: trimesh.Trimesh, is_visible: Callable) -> None:
    mesh, patch = visible(whole, is_visible)
    part = fused(mesh, patch, surface(whole), "holopart")
    assert_keeps(part, mesh)
    assert part.made_by == "holopart"
    lacking = abs(whole.volume - capped(mesh, patch).measures.volume)
    assert abs(whole.volume - part.measures.volume) < 0.25 * lacking


def test_a_part_that_was_closed_already_stays_as_it_is() -> None:
    mesh, patch = visible(SPHERE, lambda middle: middle[:, 2] > -2)
    part = fused(mesh, patch, surface(trimesh.creation.icosphere(2, radius=2)), "holopart")
    assert part.made_by == "whole"
    assert_keeps(part, mesh)


@pytest.mark.parametrize("scale", [(3.0, 3.0, 3.0), (0.1, 0.1, 2.0), (0.05, 0.05, 0.05)], ids=["huge", "spike", "speck"])
def test_whatever_was_generated_the_part_is_closed_and_keeps_its_surface(scale: tuple[float, float, float]) -> None:
    mesh, patch = visible(SPHERE, lambda middle: middle[:, 2] < 0.7)
    generated = trimesh.creation.icosphere(2)
    generated.vertices *= scale
    part = fused(mesh, patch, surface(generated), "holopart")
    assert_keeps(part, mesh)
    assert not crossings(patch, part.vertices[len(patch.points) :].astype(np.float64), part.faces[part.generated].astype(np.int64))


def test_a_filling_that_goes_through_the_patch_is_noticed() -> None:
    _, patch = visible(SPHERE, lambda middle: middle[:, 2] > 0.0)
    points, faces = cap_faces(patch, 0.1)
    assert not crossings(patch, points, faces)
    assert crossings(patch, points + np.array([0, 0, 1.5]), faces)
