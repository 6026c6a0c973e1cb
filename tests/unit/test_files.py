"""Files: every triangle comes in, in the file's order, and goes out again with its looks."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.errors import PartgenError
from partgen.files import read_model, write_parts
from PIL import Image

HOUSE = """\
mtllib none.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
v 0.5 0.5 2
usemtl wall
f 1 4 3 2
usemtl roof
f 5 6 9
usemtl wall
f 1 2 6 5
usemtl roof
f 6 7 9
f 7 8 9
f 8 5 9
usemtl wall
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""
HOUSE_POLYGONS = [0, 0, 1, 2, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8]
HOUSE_HEIGHT = [0, 4 / 3, 0.5, 4 / 3, 4 / 3, 4 / 3, 0.5, 0.5, 0.5]


def boxes(count: int = 3) -> trimesh.Trimesh:
    """Boxes in a row: twelve triangles each."""
    return trimesh.util.concatenate(
        [trimesh.creation.box((1, 1, 1), trimesh.transformations.translation_matrix((2.0 * i, 0, 0))) for i in range(count)]
    )


def test_obj_polygons_keep_the_order_of_the_file_across_materials(tmp_path: Path) -> None:
    file = tmp_path / "house.obj"
    file.write_text(HOUSE)
    model = read_model(file)
    assert model.mesh.polygon_of_face.tolist() == HOUSE_POLYGONS
    centers = model.mesh.vertices[model.mesh.faces].mean(axis=1)
    for polygon, height in enumerate(HOUSE_HEIGHT):
        of_polygon = centers[model.mesh.polygon_of_face == polygon, 2]
        assert of_polygon.mean() == pytest.approx(height, abs=1e-5)


@pytest.mark.parametrize("order", [[4, 3, 4, 5, 3], [4, 4, 4], [5, 5], [3, 3, 3]])
@pytest.mark.parametrize("kind", ["obj", "off", "ply"])
def test_polygons_of_every_size_come_in_whole_and_in_order(tmp_path: Path, kind: str, order: list[int]) -> None:
    points, polygons = [], []
    for i, size in enumerate(order):
        turn = np.arange(size) * 2 * np.pi / size
        polygons.append(np.arange(size) + len(points))
        points += np.stack([np.cos(turn), np.sin(turn), np.full(size, 3.0 * i)], axis=1).tolist()
    file = tmp_path / f"disks.{kind}"
    lines = [" ".join(map(str, p)) for p in points]
    if kind == "obj":
        text = [f"v {line}" for line in lines] + ["f " + " ".join(str(v + 1) for v in p) for p in polygons]
    elif kind == "off":
        text = ["OFF", f"{len(points)} {len(polygons)} 0", *lines] + [" ".join(map(str, [len(p), *p])) for p in polygons]
    else:
        head = ["ply", "format ascii 1.0", f"element vertex {len(points)}", *(f"property float {c}" for c in "xyz")]
        head += [f"element face {len(polygons)}", "property list uchar int vertex_indices", "end_header"]
        text = head + lines + [" ".join(map(str, [len(p), *p])) for p in polygons]
    file.write_text("\n".join(text) + "\n")
    mesh = read_model(file).mesh
    assert mesh.polygon_of_face.tolist() == np.repeat(np.arange(len(order)), np.array(order) - 2).tolist()
    heights = mesh.vertices[mesh.faces][:, :, 2]
    assert np.array_equal(heights, np.repeat(3.0 * mesh.polygon_of_face[:, None], 3, axis=1).astype(np.float32))


@pytest.mark.parametrize("kind", ["ply", "stl", "off", "obj", "glb", "3mf", "npz"])
def test_triangles_stay_as_they_are(tmp_path: Path, kind: str) -> None:
    surface = boxes()
    rng = np.random.default_rng(3)
    surface.faces = surface.faces[rng.permutation(len(surface.faces))]
    doubled, without_area = surface.faces[:2], surface.faces[:1, [0, 0, 1]]
    surface = trimesh.Trimesh(surface.vertices, np.concatenate([surface.faces, doubled, without_area]), process=False)
    file = tmp_path / f"boxes.{kind}"
    if kind == "npz":
        np.savez(file, vertices=surface.vertices, faces=surface.faces)
    else:
        surface.export(file)
    mesh = read_model(file).mesh
    assert np.allclose(mesh.vertices[mesh.faces], surface.vertices[surface.faces], atol=1e-5)


def test_nodes_are_put_where_their_transforms_say(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    aside = trimesh.transformations.translation_matrix((5, 0, 0))
    scene.add_geometry(trimesh.creation.box(), node_name="left", geom_name="box", transform=aside)
    scene.graph.update("right", geometry="box", matrix=np.diag([-1.0, 1, 1, 1]) @ aside)
    scene.export(tmp_path / "pair.glb")
    model = read_model(tmp_path / "pair.glb")
    assert len(model.mesh.faces) == 24
    assert sorted(round(float(piece.geometry.centroid[0])) for piece in model.pieces) == [-5, 5]
    for piece in model.pieces:
        assert piece.geometry.volume == pytest.approx(1)


def test_models_far_from_the_origin_keep_their_detail(tmp_path: Path) -> None:
    surface = trimesh.creation.icosphere(3, 0.001)
    shape = surface.vertices.copy()
    np.savez(tmp_path / "far.npz", vertices=shape + 100_000.0, faces=surface.faces)
    model = read_model(tmp_path / "far.npz")
    assert model.origin == pytest.approx([100_000.0] * 3)
    assert np.abs(model.mesh.vertices - shape).max() < 1e-9
    target = write_parts(model, np.zeros(len(surface.faces), np.int32), tmp_path, {})
    assert trimesh.load_scene(target).bounds.mean(axis=0) == pytest.approx([100_000.0] * 3)


def cube_with_texture() -> trimesh.Trimesh:
    surface = trimesh.creation.box()
    surface.unmerge_vertices()
    image = Image.new("RGB", (8, 8), (200, 30, 10))
    material = trimesh.visual.material.PBRMaterial(name="paint", baseColorTexture=image, roughnessFactor=0.4)
    surface.visual = trimesh.visual.TextureVisuals(uv=np.random.default_rng(0).random((len(surface.vertices), 2)), material=material)
    return surface


def test_parts_keep_textures_uvs_colours_and_normals(tmp_path: Path) -> None:
    textured = cube_with_texture()
    coloured = trimesh.creation.icosphere(2).apply_translation((3, 0, 0))
    coloured.visual.vertex_colors = np.random.default_rng(1).integers(0, 255, (len(coloured.vertices), 4), np.uint8)
    trimesh.Scene([textured, coloured]).export(tmp_path / "two.glb", include_normals=True)
    model = read_model(tmp_path / "two.glb")
    labels = np.zeros(len(model.mesh.faces), np.int32)
    labels[model.mesh.vertices[model.mesh.faces][:, :, 1].mean(axis=1) > 0] = 1  # both parts have both materials
    target = write_parts(model, labels, tmp_path / "out", {"method": "geometric"})

    parts = trimesh.load_scene(target, process=False)
    written = triangles_with_looks(list(parts.geometry.values()))
    expected = triangles_with_looks([piece.geometry for piece in model.pieces])
    assert written.keys() == expected.keys()
    for corners, looks in expected.items():
        assert written[corners] == pytest.approx(looks, abs=1e-4)
    for geometry in parts.geometry.values():
        if isinstance(geometry.visual, trimesh.visual.TextureVisuals):
            assert geometry.visual.material.name == "paint"
            assert geometry.visual.material.roughnessFactor == pytest.approx(0.4)
            assert geometry.visual.material.baseColorTexture.getpixel((4, 4)) == (200, 30, 10)


def triangles_with_looks(geometries: list[trimesh.Trimesh]) -> dict[bytes, np.ndarray]:
    """For each triangle, by the exact positions of its corners: their normals, and their UVs or colours."""
    found = {}
    for geometry in geometries:
        visual = geometry.visual
        values = visual.uv if isinstance(visual, trimesh.visual.TextureVisuals) else visual.vertex_colors
        for face in geometry.faces:
            found[geometry.vertices[face].astype(np.float32).tobytes()] = np.hstack([geometry.vertex_normals[face], values[face]])
    assert len(found) == sum(len(g.faces) for g in geometries)
    return found


def test_face_colours_survive(tmp_path: Path) -> None:
    surface = boxes(2)
    surface.visual.face_colors = np.random.default_rng(2).integers(0, 255, (24, 4), np.uint8)
    surface.export(tmp_path / "boxes.ply")
    model = read_model(tmp_path / "boxes.ply")
    target = write_parts(model, np.arange(24, dtype=np.int32) // 12, tmp_path / "out", {})
    parts = trimesh.load_scene(target, process=False).geometry
    colours = np.concatenate([parts[name].visual.vertex_colors[parts[name].faces[:, 0]] for name in ("boxes Part 01", "boxes Part 02")])
    assert np.array_equal(colours, surface.visual.face_colors)


def test_a_part_is_one_node_with_a_primitive_for_each_material(tmp_path: Path) -> None:
    file = tmp_path / "house.obj"
    file.write_text(HOUSE)
    (tmp_path / "none.mtl").write_text("newmtl wall\nKd 1 0 0\nnewmtl roof\nKd 0 0 1\n")
    model = read_model(file)
    target = write_parts(model, np.array([0] * 5 + [1] * 9, np.int32), tmp_path / "out", {"method": "geometric", "scale": 0.5})
    tree = glb_header(target)
    assert [n["name"] for n in tree["nodes"]] == ["house Part 01", "house Part 02"]
    assert [len(tree["meshes"][n["mesh"]]["primitives"]) for n in tree["nodes"]] == [2, 2]
    assert sorted(m["name"] for m in tree["materials"]) == ["roof", "wall"]
    assert sum(tree["accessors"][p["indices"]]["count"] for m in tree["meshes"] for p in m["primitives"]) == 14 * 3

    table = json.loads((tmp_path / "out" / "parts.json").read_text())
    assert (table["version"], table["source"], table["scale"]) == (1, "house.obj", 0.5)
    assert [p["faces"] for p in table["parts"]] == [5, 9]
    assert [p["name"] for p in table["parts"]] == ["house Part 01", "house Part 02"]
    assert table["parts"][0].keys() == {"label", "name", "faces", "area", "volume", "bounds", "file", "parent"}


def glb_header(path: Path) -> dict:
    content = path.read_bytes()
    (length,) = struct.unpack("<I", content[12:16])
    return json.loads(content[20 : 20 + length])


def test_volume_is_told_of_closed_parts_alone(tmp_path: Path) -> None:
    boxes(2).export(tmp_path / "boxes.stl")
    model = read_model(tmp_path / "boxes.stl")
    labels = (model.mesh.vertices[model.mesh.faces][:, :, 0].mean(axis=1) > 1).astype(np.int32)
    labels[np.flatnonzero(labels == 0)[:1]] = 2
    write_parts(model, labels, tmp_path / "out", {})
    table = json.loads((tmp_path / "out" / "parts.json").read_text())
    assert [p["volume"] for p in table["parts"]] == [None, pytest.approx(1), None]
    assert table["parts"][1]["bounds"] == [[1.5, -0.5, -0.5], [2.5, 0.5, 0.5]]
    assert table["parts"][1]["area"] == pytest.approx(6)


def broken_files(folder: Path) -> dict[str, str]:
    """Files that give no surface, by name, with the code of the error that each must give."""
    sphere = trimesh.creation.icosphere(2)
    for kind in ("ply", "stl", "off", "glb", "3mf"):
        content = sphere.export(file_type=kind)
        content = content.encode() if isinstance(content, str) else content
        (folder / f"cut.{kind}").write_bytes(content[: len(content) * 2 // 3])
    (folder / "empty.obj").write_bytes(b"")
    (folder / "folder.obj").mkdir()
    (folder / "points.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (folder / "index.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n")
    (folder / "noise.glb").write_bytes(np.random.default_rng(0).bytes(4000))
    (folder / "noise.obj").write_bytes(np.random.default_rng(0).bytes(4000))
    (folder / "noise.npz").write_bytes(np.random.default_rng(0).bytes(4000))
    (folder / "picture.jpg").write_bytes(b"not a mesh")
    (folder / "nan.obj").write_text("v 0 0 0\nv 1 0 0\nv nan nan nan\nf 1 2 3\n")
    (folder / "point.obj").write_text("v 1 1 1\nf 1 1 1\n")
    np.savez(folder / "names.npz", points=np.zeros((3, 3)))
    np.savez(folder / "quads.npz", vertices=np.zeros((4, 3)), faces=np.array([[0, 1, 2, 3]]))
    np.savez(folder / "negative.npz", vertices=np.eye(3), faces=np.array([[0, 1, -1]]))
    np.savez(folder / "pickle.npz", vertices=np.array([{}], dtype=object), faces=np.zeros((1, 3), int))
    (folder / "lost.gltf").write_text(
        json.dumps(
            {
                "asset": {"version": "2.0"},
                "buffers": [{"uri": "lost.bin", "byteLength": 36}],
                "bufferViews": [{"buffer": 0, "byteLength": 36}],
                "accessors": [{"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 3}],
                "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
                "nodes": [{"mesh": 0}],
                "scenes": [{"nodes": [0]}],
            }
        )
    )
    damaged = ["cut.ply", "cut.stl", "cut.off", "cut.glb", "cut.3mf", "index.obj", "noise.glb", "noise.obj", "noise.npz", "pickle.npz"]
    return dict.fromkeys(damaged, "file.damaged") | {
        "empty.obj": "file.empty", "folder.obj": "file.missing", "missing.obj": "file.missing", "lost.gltf": "file.incomplete",
        "picture.jpg": "file.format", "names.npz": "file.format", "quads.npz": "file.format", "points.obj": "mesh.no_faces",
        "nan.obj": "mesh.not_finite", "point.obj": "mesh.no_extent", "negative.npz": "mesh.bad_index",
    }  # fmt: skip


def test_names_in_the_letters_of_western_europe_are_read_without_further_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    path = tmp_path / "stuhl.obj"
    text = "# Möbel\nmtllib stuhl.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl Grün\nf 1 2 3\n"
    path.write_bytes(text.encode("latin-1"))
    (tmp_path / "stuhl.mtl").write_bytes("newmtl Grün\nKd 0 1 0\n".encode("latin-1"))
    model = read_model(path)
    assert len(model.mesh.faces) == 1
    assert model.pieces[0].geometry.visual.material.name == "Grün"


def test_broken_files_are_told_apart(tmp_path: Path) -> None:
    expected = broken_files(tmp_path)
    errors = {name: error_of(tmp_path / name) for name in expected}
    assert {name: error.code for name, error in errors.items()} == expected
    for name, error in errors.items():
        assert name in error.sentence
        assert error.sentence.endswith(".")
        assert "\n" not in str(error)


def error_of(file: Path) -> PartgenError:
    with pytest.raises(PartgenError) as caught:
        read_model(file)
    return caught.value
