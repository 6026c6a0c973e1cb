"""Views baked into a texture and lifted to a shape: with true views the true colours and the true shape come back."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from partgen.errors import PartgenError
from partgen.geometry.rays import RayScene
from partgen.rendering.buffers import Buffers, depth_image, normal_image, render
from partgen.rendering.cameras import Camera, apart, around, joined
from partgen.texturing.baking import bake, texels
from partgen.texturing.lifting import lifted
from partgen.texturing.unwrapping import unwrapped
from scipy.spatial import cKDTree

UP = np.array([0.0, 0.0, 1.0])


def vase() -> trimesh.Trimesh:
    """A closed vase with a foot and a belly."""
    profile = np.array([[0, 0], [0.5, 0], [0.5, 0.1], [0.2, 0.3], [0.6, 0.9], [0.55, 1.3], [0.25, 1.6], [0.3, 1.8], [0, 1.8]])
    return trimesh.creation.revolve(profile, sections=64).subdivide()


def colour(points: np.ndarray) -> np.ndarray:
    """A smooth pattern in space: (n, 3) in 0..1."""
    x, y, z = points.T
    return 0.5 + 0.5 * np.stack([np.sin(7 * x + 3 * z), np.sin(9 * y - 2 * z), np.cos(8 * z + 4 * x)], axis=1)


def views(mesh: trimesh.Trimesh, size: int) -> tuple[RayScene, list[Camera], list[Buffers]]:
    points, faces = np.array(mesh.vertices), np.array(mesh.faces)
    scene = RayScene(points, faces)
    cameras = around(points, UP, size)
    return scene, cameras, [render(scene, points, faces, camera) for camera in cameras]


def pictures_of(mesh: trimesh.Trimesh, buffers: list[Buffers]) -> list[np.ndarray]:
    """The true pictures: the pattern where the mesh is seen, black elsewhere."""
    found = []
    for seen in buffers:
        points = (seen.weights[:, :, :, None] * mesh.vertices[mesh.faces[seen.face]]).sum(axis=2)
        found.append(colour(points.reshape(-1, 3)).reshape(points.shape) * seen.mask[:, :, None])
    return found


def test_a_camera_sees_what_lies_where_it_projects_it() -> None:
    mesh = vase()
    _, cameras, buffers = views(mesh, 128)
    for camera, seen in zip(cameras, buffers, strict=True):
        rows, columns = np.nonzero(seen.mask)
        points = (seen.weights[rows, columns][:, :, None] * mesh.vertices[mesh.faces[seen.face[rows, columns]]]).sum(axis=1)
        pixel, depth = camera.project(points)
        assert np.allclose(pixel, np.stack([columns, rows], axis=1) + 0.5, atol=0.02)
        assert np.allclose(depth, seen.depth[rows, columns], atol=1e-4)
        assert (seen.normal[rows, columns] @ camera.towards >= 0).all()


def test_four_views_make_a_grid_and_come_apart_again() -> None:
    parts = [np.full((3, 3, 2), number) for number in range(4)]
    assert joined(parts).shape == (6, 6, 2)
    for before, after in zip(parts, apart(joined(parts)), strict=True):
        assert np.array_equal(before, after)


def test_true_views_bake_to_the_true_texture() -> None:
    mesh = vase()
    made = unwrapped(np.array(mesh.vertices), np.array(mesh.faces))
    scene, cameras, buffers = views(mesh, 768)
    found = texels(np.array(mesh.vertices)[made.source], made.faces, made.uv, 512)
    colours, seen = bake(found, cameras, pictures_of(mesh, buffers), [b.mask for b in buffers], scene)
    assert 0.55 < seen.mean() < 1
    error = ((colours[seen] - colour(found.position[seen])) ** 2).mean()
    assert 10 * np.log10(1 / error) > 30
    # What no view saw is filled from nearby, and no worse than by one colour.
    assert ((colours[~seen] - colour(found.position[~seen])) ** 2).mean() < colour(found.position).var()
    texture = found.image(colours)
    assert texture.shape == (512, 512, 3)
    assert np.allclose(texture[found.row, found.column], colours)


def test_what_stands_before_a_part_leaves_no_mark_on_it() -> None:
    back = trimesh.creation.box((1, 0.1, 1))
    front = trimesh.creation.box((0.3, 0.1, 0.3))
    front.apply_translation((0, -0.5, 0.15))
    both = trimesh.util.concatenate([back, front])
    points, faces = np.array(both.vertices), np.array(both.faces)
    scene = RayScene(points, faces)
    cameras = around(points, UP, 384)
    buffers = [render(scene, points, faces, camera) for camera in cameras]
    pictures = [np.where((b.face >= len(back.faces))[:, :, None], 1.0, 0.25) for b in buffers]  # the one in front is white
    made = unwrapped(np.array(back.vertices), np.array(back.faces))
    found = texels(np.array(back.vertices)[made.source], made.faces, made.uv, 128)
    masks = [b.mask & (b.face < len(back.faces)) for b in buffers]
    colours, _ = bake(found, cameras, pictures, masks, scene)
    assert colours.max() < 0.3


def test_true_depths_lift_to_the_true_shape_where_it_is_seen() -> None:
    mesh = vase()
    _, cameras, buffers = views(mesh, 384)
    low, high = mesh.bounds
    points, faces = lifted(cameras, [b.depth for b in buffers], low - 0.1, high + 0.1)
    made = trimesh.Trimesh(points, faces)
    assert made.is_watertight
    assert made.volume > 0
    seen = np.concatenate([(b.weights[b.mask][:, :, None] * mesh.vertices[mesh.faces[b.face[b.mask]]]).sum(axis=1)[::7] for b in buffers])
    size = float(np.ptp(mesh.vertices, axis=0).max())
    there = cKDTree(made.sample(60_000)).query(seen)[0].mean() / size
    assert there < 0.01
    # Back from the new surface, where a camera sees it.
    new_scene = RayScene(points, faces)
    back = [render(new_scene, points, faces, camera) for camera in cameras]
    new_seen = np.concatenate([(b.weights[b.mask][:, :, None] * points[faces[b.face[b.mask]]]).sum(axis=1)[::7] for b in back])
    assert cKDTree(mesh.sample(60_000)).query(new_seen)[0].mean() / size + there < 0.02


def test_views_that_see_nothing_are_told() -> None:
    cameras = around(np.array(vase().vertices), UP, 32)
    with pytest.raises(PartgenError, match="leave nothing"):
        lifted(cameras, [np.full((32, 32), np.inf)] * 4, np.zeros(3), np.ones(3), 16)


def test_depth_is_drawn_near_bright_and_nothing_black() -> None:
    drawn = depth_image(np.array([[1.0, 2.0], [3.0, np.inf]]))
    assert drawn[0, 0] == 1
    assert 1 > drawn[0, 1] > drawn[1, 0] > 0
    assert drawn[1, 1] == 0


def test_normals_are_drawn_red_to_the_left_green_upwards_and_blue_to_the_camera() -> None:
    _, cameras, buffers = views(trimesh.creation.icosphere(subdivisions=4), 64)
    for camera, seen in zip(cameras, buffers, strict=True):
        drawn = normal_image(seen, camera)
        rows, columns = np.nonzero(seen.mask)
        left, right = drawn[32, columns[rows == 32].min() + 1], drawn[32, columns[rows == 32].max() - 1]
        top = drawn[rows[columns == 32].min() + 1, 32]
        assert left[0] > 0.9
        assert right[0] < 0.1
        assert top[1] > 0.9
        assert drawn[32, 32] == pytest.approx([0.5, 0.5, 1.0], abs=0.1)
        assert np.array_equal(drawn[0, 0], [0.5, 0.5, 1.0])
