"""A part gets the look that four pictures of it show: where they are true, so is its texture, and nothing else of the model changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.errors import PartgenError
from partgen.files import Model, read_model, write_file
from partgen.geometry.rays import RayScene
from partgen.model_texturing import Textured, part_views, textured
from partgen.progress import Progress, no_progress
from partgen.rendering.cameras import apart, joined
from partgen.rendering.colours import surface_colours
from partgen.texturing.baking import texels
from partgen.texturing.grid import Grid
from partgen.texturing.unwrapping import is_usable, unwrapped, unwrapped_polygons
from partgen.texturing.views import PartViews
from PIL import Image
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial

SIDE = 512
VASE, TABLE = 0, 1


def pattern(points: np.ndarray) -> np.ndarray:
    """A smooth pattern in space: (n, 3) in 0..1."""
    x, y, z = points.T
    return 0.5 + 0.5 * np.stack([np.sin(7 * x + 3 * y), np.sin(9 * z - 2 * y), np.cos(8 * y + 4 * x)], axis=1)


def vase() -> trimesh.Trimesh:
    """A closed vase that stands on y = 0, without a UV map."""
    profile = np.array([[0, 0], [0.5, 0], [0.5, 0.1], [0.2, 0.3], [0.6, 0.9], [0.55, 1.3], [0.25, 1.6], [0.3, 1.8], [0, 1.8]])
    made = trimesh.creation.revolve(profile, sections=32)
    made.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    return made


def table() -> trimesh.Trimesh:
    """A board beneath it, with a picture on it."""
    made = trimesh.creation.box((2.4, 0.2, 2.4))
    made.apply_translation((0, -0.1, 0))
    flat = unwrapped(np.array(made.vertices), np.array(made.faces))
    made = trimesh.Trimesh(made.vertices[flat.source], flat.faces, process=False)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    made.visual = TextureVisuals(uv=flat.uv, material=PBRMaterial(name="checks", baseColorTexture=picture, roughnessFactor=0.3))
    return made


def with_uv(geometry: trimesh.Trimesh, tiled: float = 1.0) -> trimesh.Trimesh:
    """The same with a UV map, which is repeated where `tiled` is not 1."""
    flat = unwrapped(np.array(geometry.vertices), np.array(geometry.faces))
    made = trimesh.Trimesh(geometry.vertices[flat.source], flat.faces, process=False)
    made.visual = TextureVisuals(uv=(flat.uv * tiled) % 1.0, material=PBRMaterial(name="clay", roughnessFactor=0.25, doubleSided=True))
    return made


def model_of(folder: Path, *geometries: trimesh.Trimesh) -> tuple[Model, np.ndarray]:
    """A file of geometries, each a part: 0, 1, ..."""
    scene = trimesh.Scene()
    for number, geometry in enumerate(geometries):
        scene.add_geometry(geometry, node_name=f"part {number}", geom_name=f"part {number}")
    write_file(folder / "still.glb", scene.export(file_type="glb"))
    model = read_model(folder / "still.glb")
    labels = np.zeros(len(model.mesh.faces), np.int32)
    middles = np.array([geometry.bounds.mean(axis=0) for geometry in geometries])
    sizes = np.array([geometry.extents for geometry in geometries])
    for piece in model.pieces:  # a reader has them in an order of its own
        off = np.abs(middles - piece.geometry.bounds.mean(axis=0)) + np.abs(sizes - piece.geometry.extents)
        labels[piece.faces] = off.sum(axis=1).argmin()
    return model, labels


def piece_of(model: Model, labels: np.ndarray, part: int) -> trimesh.Trimesh:
    return next(piece.geometry for piece in model.pieces if (labels[piece.faces] == part).all())


class Oracle:
    """Answers the true picture of the model in the pattern's colours, whatever is said."""

    def __init__(self, model: Model, views: PartViews) -> None:
        self._model, self._views, self.side = model, views, len(views.grid.mask)

    def __call__(self, grid: Grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> np.ndarray:
        corners = self._model.mesh.vertices[self._model.mesh.faces].astype(np.float64)
        pictures = []
        for seen in self._views.buffers:
            points = (seen.weights[:, :, :, None] * corners[seen.face]).sum(axis=2)
            pictures.append(pattern(points.reshape(-1, 3)).reshape(points.shape) * seen.mask[:, :, None])
        return joined(pictures)


def painted_truly(model: Model, labels: np.ndarray, part: int) -> tuple[Textured, PartViews]:
    views = part_views(model, labels, part, SIDE)
    return textured(model, labels, part, Oracle(model, views), "a wavy pattern", views=views), views


def written(made: Textured, folder: Path) -> dict[str, trimesh.Trimesh]:
    """The geometries by their names, as another program reads them."""
    write_file(folder / "painted.glb", made.scene.export(file_type="glb"))
    return dict(trimesh.load_scene(folder / "painted.glb", process=False).geometry)


def error_where_seen(geometry: trimesh.Trimesh, model: Model, views: PartViews) -> tuple[float, float]:
    """PSNR in dB of a texture against the pattern over texels that a camera sees well, and what share of all texels these are."""
    picture = np.array(geometry.visual.material.baseColorTexture.convert("RGB")) / 255
    found = texels(np.array(geometry.vertices), np.array(geometry.faces), np.array(geometry.visual.uv), len(picture))
    scene = RayScene(model.mesh.vertices.astype(np.float64), model.mesh.faces.astype(np.int64))
    seen = np.zeros(len(found.face), bool)
    for camera in views.cameras:
        facing = np.flatnonzero(np.abs(found.normal @ camera.towards) > 0.2)
        origins = found.position[facing] + 1e-3 * camera.towards
        _, hit = scene.hits(origins, np.broadcast_to(camera.towards, origins.shape))
        seen[facing[hit < 0]] = True
    error = ((picture[found.row, found.column] - pattern(found.position))[seen] ** 2).mean()
    return float(10 * np.log10(1 / error)), float(seen.mean())


def same_geometry(one: trimesh.Trimesh, other: trimesh.Trimesh) -> bool:
    arrays = [(one.vertices, other.vertices), (one.faces, other.faces), (one.vertex_normals, other.vertex_normals)]
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in arrays)


# ---- the oracle ------------------------------------------------------------------------------------------------------


def test_true_views_become_the_true_texture_of_an_unwrapped_part_and_its_neighbours_stay_identical(tmp_path: Path) -> None:
    model, labels = model_of(tmp_path, vase(), table())
    made, views = painted_truly(model, labels, VASE)
    geometries = written(made, tmp_path)
    psnr, share = error_where_seen(geometries["still Part 00"], model, views)
    print(f"{psnr:.1f} dB over {100 * share:.0f} % of the texels")
    assert psnr > 30
    assert share > 0.6
    before, after = piece_of(model, labels, VASE), geometries["still Part 00"]
    assert after.visual.material.name == "a wavy pattern"
    assert np.array_equal(before.triangles, after.triangles)
    assert is_usable(np.array(after.vertices), np.array(after.faces), np.array(after.visual.uv))
    assert any("had no UV map" in note for note in made.notes)
    before, after = piece_of(model, labels, TABLE), geometries["still Part 01"]
    assert same_geometry(before, after)
    assert np.array_equal(before.visual.uv, after.visual.uv)
    assert before.visual.material.name == after.visual.material.name
    assert np.array_equal(np.array(before.visual.material.baseColorTexture), np.array(after.visual.material.baseColorTexture))


def test_a_uv_map_that_will_do_is_kept_with_the_material_s_finish(tmp_path: Path) -> None:
    model, labels = model_of(tmp_path, with_uv(vase()), table())
    made, views = painted_truly(model, labels, VASE)
    before, after = piece_of(model, labels, VASE), written(made, tmp_path)["still Part 00"]
    assert same_geometry(before, after)
    assert np.array_equal(before.visual.uv, after.visual.uv)
    assert after.visual.material.roughnessFactor == pytest.approx(0.25)
    assert after.visual.material.doubleSided
    assert error_where_seen(after, model, views)[0] > 30
    assert not any("unwrapped" in note for note in made.notes)


def test_a_tiled_uv_map_is_replaced_so_that_no_side_shows_what_was_painted_on_another(tmp_path: Path) -> None:
    model, labels = model_of(tmp_path, with_uv(vase(), tiled=3.0))
    made, views = painted_truly(model, labels, VASE)
    assert error_where_seen(written(made, tmp_path)["still Part 00"], model, views)[0] > 30
    assert any("no place of its own" in note for note in made.notes)


def test_a_part_whose_faces_are_turned_inside_out_is_painted_too(tmp_path: Path) -> None:
    turned = vase()
    turned.invert()
    model, labels = model_of(tmp_path, turned, table())
    made, views = painted_truly(model, labels, VASE)
    assert error_where_seen(written(made, tmp_path)["still Part 00"], model, views)[0] > 30


def test_each_material_of_a_part_gets_a_texture(tmp_path: Path) -> None:
    model, _ = model_of(tmp_path, vase(), table())
    labels = np.zeros(len(model.mesh.faces), np.int32)
    made, views = painted_truly(model, labels, 0)
    geometries = written(made, tmp_path)
    assert len(geometries) == len(made.sizes) == 2
    for geometry in geometries.values():
        assert error_where_seen(geometry, model, views)[0] > 30


# ---- views -----------------------------------------------------------------------------------------------------------


def test_views_show_the_model_in_its_own_colours_on_white(tmp_path: Path) -> None:
    red, blue = vase(), trimesh.creation.box((0.5, 0.5, 0.5))
    red.visual = ColorVisuals(red, vertex_colors=np.tile(np.array([255, 0, 0, 255], np.uint8), (len(red.vertices), 1)))
    blue.apply_translation((1.5, 0.25, 0))
    blue.visual = TextureVisuals(uv=np.zeros((8, 2)), material=PBRMaterial(baseColorFactor=[0, 0, 255, 255]))
    model, labels = model_of(tmp_path, red, blue, table())
    views = part_views(model, labels, 0, 256)
    colours = np.unique(np.round(views.grid.colour.reshape(-1, 3), 3), axis=0).tolist()
    assert [1, 1, 1] in colours
    assert [0, 0, 1] in colours
    assert np.allclose(views.grid.colour[views.grid.mask], [1, 0, 0])
    for picture, seen in zip(apart(views.grid.colour), views.buffers, strict=True):
        assert (picture[~seen.mask] == 1).all()
    assert len(colours) > 50, "the table shows its picture"


def test_a_picture_is_read_between_its_pixels_and_over_its_border() -> None:
    quad = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]], process=False)
    picture = Image.fromarray(np.array([[[0, 0, 0], [200, 0, 0]], [[0, 100, 0], [200, 100, 0]]], np.uint8))
    quad.visual = TextureVisuals(uv=quad.vertices[:, :2], material=PBRMaterial(baseColorTexture=picture))
    face, weights = np.array([0, 0]), np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
    middle, corner = surface_colours(quad, face, weights, True)
    assert np.allclose(middle, [100 / 255, 50 / 255, 0])
    assert np.allclose(corner, [100 / 255, 50 / 255, 0]), "at a corner four pixels meet, those beyond it on the other side"


def test_a_small_part_is_seen_from_close_by_in_its_surroundings(tmp_path: Path) -> None:
    knob = trimesh.creation.icosphere(radius=0.05)
    knob.apply_translation((0, 0.05, 1.0))
    model, labels = model_of(tmp_path, table(), knob)
    grid = part_views(model, labels, 1, 256).grid
    assert grid.mask.mean() > 0.1
    assert (grid.depth[~grid.mask] > 0).any()


def test_what_is_painted_beside_the_part_is_dropped(tmp_path: Path) -> None:
    model, labels = model_of(tmp_path, vase(), table())
    views = part_views(model, labels, VASE, 256)
    before = views.grid.colour.copy()
    black = views.grid.with_part(np.zeros_like(before))
    assert np.array_equal(black[~views.grid.mask], before[~views.grid.mask])
    assert (black[views.grid.mask] == 0).all()


def test_a_hidden_part_and_one_that_does_not_exist_are_told(tmp_path: Path) -> None:
    case, kernel = trimesh.creation.box((1, 1, 1)), trimesh.creation.box((0.2, 0.2, 0.2))
    model, labels = model_of(tmp_path, case, kernel)
    with pytest.raises(PartgenError, match="none of the four views") as hidden:
        part_views(model, labels, 1, 128)
    assert hidden.value.code == "edit.part_hidden"
    with pytest.raises(PartgenError, match="has no part 7"):
        part_views(model, labels, 7, 128)


def test_a_uv_map_in_one_point_will_not_do() -> None:
    made = vase()
    points, faces = np.array(made.vertices), np.array(made.faces)
    flat = unwrapped(points, faces)
    assert is_usable(points[flat.source], flat.faces, flat.uv)
    assert not is_usable(points, faces, np.zeros((len(points), 2)))
    assert not is_usable(points[flat.source], flat.faces, flat.uv + 0.5)
    assert not is_usable(points[flat.source], flat.faces, 0.1 * flat.uv)
    mirrored = np.abs(flat.uv - 0.5)
    assert not is_usable(points[flat.source], flat.faces, mirrored)


def test_a_polygon_is_unwrapped_whole_so_that_each_of_its_corners_has_one_place_in_the_texture() -> None:
    points, quads = quads_of_a_ring(40, 20)
    faces = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    polygon = np.repeat(np.arange(len(quads)), 2)
    by_triangles = unwrapped(points, faces)
    uv = unwrapped_polygons(points, faces, polygon)
    first, second = uv[::2], uv[1::2]
    assert np.abs(first[:, 0] - second[:, 0]).max() < 1e-6
    assert np.abs(first[:, 2] - second[:, 1]).max() < 1e-6
    # As triangles alone some would have been torn, or this would say nothing.
    torn = by_triangles.uv[by_triangles.faces]
    assert np.abs(torn[::2, 0] - torn[1::2, 0]).max() > 1e-3
    corners = np.arange(3 * len(faces)).reshape(-1, 3)
    assert is_usable(points[faces].reshape(-1, 3), corners, uv.reshape(-1, 2))
    assert uv.min() >= 0
    assert uv.max() <= 1


def quads_of_a_ring(around: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """A bent ring of quads, none of them quite flat: points (n, 3) and quads (m, 4)."""
    u, v = np.meshgrid(np.arange(around) / around * 2 * np.pi, np.arange(across) / across * 2 * np.pi, indexing="ij")
    points = np.stack([(1 + 0.4 * np.cos(v)) * np.cos(u), (1 + 0.4 * np.cos(v)) * np.sin(u), 0.4 * np.sin(v)], axis=-1).reshape(-1, 3)
    points += 0.03 * np.sin(9 * points[:, [1, 2, 0]])
    i, j = np.meshgrid(np.arange(around), np.arange(across), indexing="ij")
    number = [(i + di) % around * across + (j + dj) % across for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))]
    return points, np.stack(number, axis=-1).reshape(-1, 4)
