"""The .glb of `partgen complete`: what was visible looks as it does in the file, what was added has a material of its own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from partgen.cli import main
from partgen.model_completing import INNER
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial


def uvs_of(points: NDArray, name: str) -> NDArray:
    """The UVs of a place by the material that it has: linear, so that they are known between vertices, too."""
    points = np.asarray(points, np.float64)
    return np.array([0.5, 0.4]) + (0.2 * points[:, :2] if name == "oak" else 0.1 * points[:, 1:])


def painted(shape: trimesh.Trimesh, name: str) -> trimesh.Trimesh:
    shape = shape.copy()
    shape.visual = TextureVisuals(uv=uvs_of(shape.vertices, name), material=PBRMaterial(name=name, baseColorFactor=[90, 60, 30, 255]))
    return shape


def ball(inward: bool = False) -> list[trimesh.Trimesh]:
    """A ball of two materials, of which neither has the vertices of the other."""
    whole = trimesh.creation.icosphere(subdivisions=2)
    if inward:
        whole.invert()
    left = whole.triangles_center[:, 0] < 0
    return [painted(whole.submesh([side], append=True), name) for side, name in ((left, "oak"), (~left, "iron"))]


def touching_boxes() -> list[trimesh.Trimesh]:
    """Two boxes with an edge in common: what is one part of both would be open for a reader that merges vertices."""
    boxes = [trimesh.creation.box((1, 1, 1)), trimesh.creation.box((1, 1, 1))]
    boxes[1].apply_translation([1, 1, 0])
    return [painted(trimesh.util.concatenate(boxes), "oak")]


def completed(folder: Path, pieces: list[trimesh.Trimesh], labels: NDArray, *options: str, suffix: str = ".glb") -> trimesh.Scene:
    """What the command writes for pieces with labels for their triangles, read back."""
    source = folder / f"thing{suffix}"
    if suffix == ".glb":
        trimesh.Scene({f"piece {number}": piece for number, piece in enumerate(pieces)}).export(source)
    else:
        pieces[0].export(source)
    np.savez(folder / "labels.npz", face_labels=labels.astype(np.int32))
    assert main(["complete", str(source), "--labels", str(folder / "labels.npz"), "-o", str(folder / "out"), *options]) == 0
    return trimesh.load_scene(folder / "out" / "thing.glb", process=False)


def upper(pieces: list[trimesh.Trimesh]) -> NDArray:
    return np.concatenate([piece.triangles_center[:, 2] > 0 for piece in pieces])


def of_node(scene: trimesh.Scene, label: int) -> dict[str, trimesh.Trimesh]:
    """The geometries of a part by the names of their materials. Of a mesh with several primitives trimesh calls the first by its name."""
    found, current = {}, ""
    for name, geometry in scene.geometry.items():
        current = name if re.fullmatch(r"part_\d{3}", name) else current
        if current == f"part_{label:03d}":
            (node,) = scene.graph.geometry_nodes[name]
            geometry.apply_transform(scene.graph[node][0])
            found[geometry.visual.material.name if isinstance(geometry.visual, TextureVisuals) else ""] = geometry
    return found


def is_closed(geometries: dict[str, trimesh.Trimesh]) -> bool:
    """Whether they are closed together and look outward where vertices in one place are merged."""
    corners = np.concatenate([geometry.triangles for geometry in geometries.values()]).reshape(-1, 3)
    places, welded = np.unique(corners, axis=0, return_inverse=True)
    whole = trimesh.Trimesh(places, welded.reshape(-1, 3), process=False)
    return bool(whole.is_watertight and whole.is_winding_consistent and whole.volume > 0)


@pytest.mark.parametrize("inward", [False, True])
@pytest.mark.parametrize("method", ["caps", "solid"])
def test_visible_faces_keep_their_uvs_and_materials_and_generated_ones_have_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, inward: bool
) -> None:
    monkeypatch.setattr("partgen.completion.influence.CELLS", 24)
    pieces = ball(inward)
    labels = upper(pieces)
    scene = completed(tmp_path, pieces, labels, "--method", method)
    for label in (0, 1):
        geometries = of_node(scene, label)
        assert set(geometries) == {"oak", "iron", INNER}
        assert is_closed(geometries)
        for name in ("oak", "iron"):
            geometry = geometries[name]
            np.testing.assert_allclose(geometry.visual.uv, uvs_of(geometry.vertices, name), atol=1e-6)
            assert geometry.visual.material.baseColorFactor.tolist() == [90, 60, 30, 255]
        assert sum(len(geometries[name].faces) for name in ("oak", "iron")) == (labels == label).sum()


def test_triangles_that_were_split_have_uvs_between_those_of_their_corners(tmp_path: Path) -> None:
    pieces = touching_boxes()
    geometries = of_node(completed(tmp_path, pieces, np.zeros(24), "--method", "caps"), 0)
    assert is_closed(geometries)
    surface = geometries["oak"]
    assert len(surface.faces) > 24
    np.testing.assert_allclose(surface.visual.uv, uvs_of(surface.vertices, "oak"), atol=1e-4)


def test_colours_and_normals_stay_on_visible_faces(tmp_path: Path) -> None:
    shape = trimesh.creation.icosphere(subdivisions=2)
    colours = np.random.default_rng(0).integers(0, 255, (len(shape.vertices), 4)).astype(np.uint8)
    colours[:, 3] = 255
    normals = shape.vertices @ np.diag([1.0, 1.0, 0.5])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    piece = trimesh.Trimesh(shape.vertices, shape.faces, vertex_normals=normals, process=False)
    piece.visual = ColorVisuals(piece, vertex_colors=colours)
    geometries = of_node(completed(tmp_path, [piece], upper([shape]), "--method", "caps"), 1)
    assert set(geometries) == {"", INNER}
    visible = geometries[""]
    distance, nearest = trimesh.proximity.ProximityQuery(shape).vertex(visible.vertices)
    assert distance.max() < 1e-6
    np.testing.assert_array_equal(visible.visual.vertex_colors, colours[nearest])
    np.testing.assert_allclose(visible.vertex_normals, normals[nearest], atol=1e-5)


def test_colours_of_faces_stay_on_them(tmp_path: Path) -> None:
    shape = trimesh.creation.box()
    colours = np.arange(48, dtype=np.uint8).reshape(12, 4)
    colours[:, 3] = 255
    shape.visual = ColorVisuals(shape, face_colors=colours)
    labels = np.arange(12) % 2
    visible = of_node(completed(tmp_path, [shape], labels, "--method", "caps", suffix=".ply"), 1)[""]
    np.testing.assert_array_equal(visible.visual.vertex_colors[visible.faces[:, 0]], colours[labels == 1])


def test_a_remeshed_part_is_plain_for_nothing_of_it_is_the_files(tmp_path: Path) -> None:
    pieces = ball()
    geometries = of_node(completed(tmp_path, pieces, upper(pieces), "--method", "caps", "--remesh"), 1)
    assert len(geometries) == 1
    assert INNER not in geometries
    assert is_closed(geometries)


def test_a_model_far_from_the_origin_is_written_where_it_is(tmp_path: Path) -> None:
    pieces = ball()
    for piece in pieces:
        piece.apply_translation([5000, 0, 0])
    geometries = of_node(completed(tmp_path, pieces, upper(pieces), "--method", "caps"), 1)
    bounds = np.array([geometry.bounds for geometry in geometries.values()])
    assert bounds[:, 0].min(axis=0)[0] == pytest.approx(4999, abs=0.01)
    assert bounds[:, 1].max(axis=0)[0] == pytest.approx(5001, abs=0.01)
