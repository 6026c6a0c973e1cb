"""Edits of one part of a file: the part changes, closed as it was, with its looks; everything else stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.editing.edits import OPERATIONS, Edit
from partgen.errors import PartgenError
from partgen.files import Model, read_model
from partgen.model_editing import edited
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

PARAMETERS = {"material": {"name": "iron", "finish": "rusty"}, "replace": {"with": "ball"}}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, np.ndarray]:
    """A post (part 0, textured) on a floor (part 1) beside a ball (part 5)."""
    post = trimesh.creation.box((1, 3, 1)).subdivide().subdivide()
    post.apply_translation((0, 2, 0))
    post.visual = TextureVisuals(uv=post.vertices[:, :2] / 4, material=PBRMaterial(name="paint", baseColorFactor=[200, 30, 30, 255]))
    floor = trimesh.creation.box((6, 1, 6))
    ball = trimesh.creation.icosphere(2)
    ball.apply_translation((3, 2, 0))
    scene = trimesh.Scene({"post": post, "floor": floor, "ball": ball})
    path: Path = tmp_path_factory.mktemp("model") / "post.glb"
    path.write_bytes(scene.export(file_type="glb"))
    read = read_model(path)
    sizes = [len(piece.faces) for piece in read.pieces]
    labels = np.empty(sum(sizes), np.int32)
    for piece in read.pieces:
        labels[piece.faces] = {192: 0, 12: 1, 320: 5}[len(piece.faces)]
    return read, labels


def named(scene: trimesh.Scene, label: int) -> list[trimesh.Trimesh]:
    return [geometry for name, geometry in scene.geometry.items() if f"Part {label:02d}" in name]


def is_closed(geometry: trimesh.Trimesh) -> bool:
    plain = trimesh.Trimesh(geometry.vertices, geometry.faces, process=False)
    plain.merge_vertices(digits_vertex=6)
    return bool(plain.is_watertight)


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_every_edit_leaves_the_part_closed_and_the_others_as_they_were(model: tuple[Model, np.ndarray], op: str) -> None:
    made = edited(*model, 0, [Edit(op, PARAMETERS.get(op, {}))])
    part = named(made.scene, 0)
    assert part
    assert all(is_closed(body) for body in part)
    for label in (1, 5):
        (other,) = named(made.scene, label)
        original = model[0].mesh.vertices[model[0].mesh.faces[model[1] == label]]
        assert np.array_equal(other.triangles.astype(np.float32), original)


@pytest.mark.parametrize("op", ["bend", "bevel", "split", "mirror", "repeat", "hollow"])
def test_materials_and_uvs_survive_edits(model: tuple[Model, np.ndarray], op: str) -> None:
    for geometry in named(edited(*model, 0, [Edit(op)]).scene, 0):
        assert geometry.visual.material.name == "paint"
        assert len(geometry.visual.uv) == len(geometry.vertices)
        assert np.ptp(geometry.visual.uv, axis=0).max() > 0.05


def test_the_post_stays_on_its_floor(model: tuple[Model, np.ndarray]) -> None:
    for op in ("scale", "bend", "twist", "taper"):
        (post,) = named(edited(*model, 0, [Edit(op)]).scene, 0)
        below = post.vertices[np.abs(post.vertices[:, 1] - 0.5) < 1e-4]
        assert np.allclose(np.sort(below[:, [0, 2]], axis=0)[[0, -1]], [[-0.5, -0.5], [0.5, 0.5]], atol=1e-4), op


def test_a_new_material_is_in_the_file(model: tuple[Model, np.ndarray], tmp_path: Path) -> None:
    made = edited(*model, 5, [Edit("material", {"name": "glass", "color": "green"})])
    (tmp_path / "glass.glb").write_bytes(made.scene.export(file_type="glb"))
    read = trimesh.load_scene(tmp_path / "glass.glb")
    (ball,) = named(read, 5)
    red, green, blue, alpha = ball.visual.material.baseColorFactor
    assert green > max(red, blue)
    assert alpha < 200


def test_a_part_takes_the_shape_of_another_by_its_number(model: tuple[Model, np.ndarray]) -> None:
    (post,) = named(edited(*model, 0, [Edit("replace", {"with": "part 5"})]).scene, 0)
    assert len(post.faces) == 320
    assert np.ptp(post.vertices, axis=0) == pytest.approx([3 ** (1 / 3)] * 3, rel=0.02)


def test_edits_follow_one_another_and_half_strength_is_less(model: tuple[Model, np.ndarray]) -> None:
    edits = [Edit("scale", {"axis": "length", "factor": 4.0}), Edit("taper")]
    whole, half = (edited(*model, 0, edits, strength).bounds for strength in (1.0, 0.5))
    assert whole[:, 1].max() - 0.5 == pytest.approx(12, rel=0.01)
    assert half[:, 1].max() - 0.5 == pytest.approx(6, rel=0.01)


def test_what_cannot_be_is_said_with_what_can(model: tuple[Model, np.ndarray]) -> None:
    with pytest.raises(PartgenError, match=r"has no part 3\. Its parts are 0, 1, 5"):
        edited(*model, 3, [Edit("bend")])
    with pytest.raises(PartgenError, match="no part called 'the left wheel'"):
        edited(*model, 0, [Edit("replace", {"with": "the left wheel"})])


def test_a_part_of_few_vertices_is_said_to_need_more(model: tuple[Model, np.ndarray]) -> None:
    assert any("subdivide" in note for note in edited(*model, 1, [Edit("waves")]).notes)
