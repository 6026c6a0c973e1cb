"""A part gets the shape that painted views of it show: where views and depth are true, so is the shape, closed, and in its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.errors import PartgenError
from partgen.files import Model, read_model, write_file
from partgen.geometry.rays import RayScene
from partgen.model_reshaping import Reshaped, reshaped_part
from partgen.model_texturing import part_views
from partgen.progress import Progress, no_progress
from partgen.rendering.buffers import Buffers, render
from partgen.rendering.cameras import joined
from partgen.texturing.depth import aligned, chosen_depth_folder, read_depth_folder
from partgen.texturing.grid import Grid
from partgen.texturing.lifting import lifted
from partgen.texturing.views import PartViews
from partgen.weights.registry import Role, entry
from scipy.spatial import cKDTree
from trimesh.visual import ColorVisuals

SIDE = 512
VASE = 0
BROWN, WHITE = (120, 70, 30), (255, 255, 255)


def turned(profile: list[list[float]]) -> trimesh.Trimesh:
    """A closed body that stands on y = 0."""
    made = trimesh.creation.revolve(np.array(profile), sections=48)
    made.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    return made


def vase() -> trimesh.Trimesh:
    return turned([[0, 0], [0.5, 0], [0.5, 0.1], [0.2, 0.3], [0.6, 0.9], [0.55, 1.3], [0.25, 1.6], [0.3, 1.8], [0, 1.8]])


def jug() -> trimesh.Trimesh:
    """What the vase is to become: wider below, and higher, with a knob."""
    return turned([[0, 0], [0.6, 0], [0.75, 0.4], [0.7, 0.8], [0.3, 1.3], [0.3, 1.6], [0.4, 1.75], [0.4, 1.9], [0, 2.0]])


def still(folder: Path, with_table: bool = True) -> tuple[Model, np.ndarray]:
    """A file with a vase, on a brown table where that is wanted."""
    table = trimesh.creation.box((2.6, 0.2, 2.6))
    table.apply_translation((0, -0.1, 0))
    table.visual = ColorVisuals(table, face_colors=np.tile(np.array([*BROWN, 255], np.uint8), (12, 1)))
    pieces = {"vase": vase(), **({"table": table} if with_table else {})}
    write_file(folder / "still.glb", trimesh.Scene(pieces).export(file_type="glb"))
    model = read_model(folder / "still.glb")
    middle = model.mesh.vertices[model.mesh.faces].mean(axis=1)
    is_table = (middle[:, 1] < -1e-4) | ((np.abs(middle[:, 1]) < 1e-4) & (np.linalg.norm(middle[:, [0, 2]], axis=1) > 0.6))
    if with_table:
        for piece in model.pieces:
            is_table[piece.faces] = piece.geometry.bounds[0, 1] < -0.1
    labels = (is_table if with_table else np.zeros(len(is_table), bool)).astype(np.int32)
    return model, labels


class Truth:
    """Answers the true picture and, in another scale, the true depth of a model whose part 0 became another body, view by view. What
    stands around it is of one colour."""

    def __init__(
        self, model: Model, labels: np.ndarray, views: PartViews, body: trimesh.Trimesh, scale: float, around: tuple[int, ...] = BROWN
    ) -> None:
        self._around = np.array(around) / 255
        rest = model.mesh.faces[labels != VASE].astype(np.int64)
        points = np.concatenate([model.mesh.vertices.astype(float), np.array(body.vertices)])
        faces = np.concatenate([rest, np.array(body.faces) + len(model.mesh.vertices)])
        scene = RayScene(points, faces)
        self.side, self._scale, self._views = len(views.grid.mask), scale, views
        self.buffers: list[Buffers] = [render(scene, points, faces, camera) for camera in views.cameras]
        self.is_body = [seen.mask & (seen.face >= len(rest)) for seen in self.buffers]
        self._left = list(self.buffers)

    def __call__(self, grid: Grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> np.ndarray:
        pictures = []
        for seen, body in zip(self.buffers, self.is_body, strict=True):
            shade = 0.3 + 0.5 * np.abs(seen.normal)
            pictures.append(np.where(body[:, :, None], shade, np.where(seen.mask[:, :, None], self._around, 1.0)))
        return joined(pictures)

    def depth(self, picture: np.ndarray) -> np.ndarray:
        """In place of a network: depth up to scale and shift, of the view that comes next."""
        found = self._left.pop(0).depth
        far = found[np.isfinite(found)].max() + 3
        return self._scale * np.where(np.isfinite(found), found, far) + 2


def surface_seen(mesh: trimesh.Trimesh, views: PartViews, others: np.ndarray, model: Model) -> np.ndarray:
    """Points (n, 3) of a body that the cameras see, with what stands around it."""
    points = np.concatenate([model.mesh.vertices.astype(float), np.array(mesh.vertices)])
    faces = np.concatenate([others, np.array(mesh.faces) + len(model.mesh.vertices)])
    scene = RayScene(points, faces)
    found = []
    for camera in views.cameras:
        seen = render(scene, points, faces, camera)
        at = seen.mask & (seen.face >= len(others))
        found.append((seen.weights[at][:, :, None] * points[faces[seen.face[at]]]).sum(axis=1)[::5])
    return np.concatenate(found)


def reshaped_truly(folder: Path, body: trimesh.Trimesh, scale: float, with_table: bool = True) -> tuple[Reshaped, float]:
    """The vase reshaped by the truth, and the Chamfer distance to it over what the views see, both ways, as a share of its size."""
    model, labels = still(folder, with_table)
    return reshaped_to(model, labels, body, scale)


def reshaped_to(
    model: Model, labels: np.ndarray, body: trimesh.Trimesh, scale: float, around: tuple[int, ...] = BROWN
) -> tuple[Reshaped, float]:
    """The same of part 0 of any model."""
    views = part_views(model, labels, VASE, SIDE)
    truth = Truth(model, labels, views, body, scale, around)
    made = reshaped_part(model, labels, VASE, truth, truth.depth, "a jug", views=views)
    others = model.mesh.faces[labels != VASE].astype(np.int64)
    size = float(np.ptp(body.vertices, axis=0).max())
    rng = np.random.default_rng(0)
    there = cKDTree(trimesh.sample.sample_surface(made.surface, 60_000, seed=rng)[0]).query(surface_seen(body, views, others, model))[0]
    back = cKDTree(trimesh.sample.sample_surface(body, 60_000, seed=rng)[0]).query(surface_seen(made.surface, views, others, model))[0]
    return made, float((there.mean() + back.mean()) / size)


@pytest.mark.parametrize("scale", [0.4, -0.3], ids=["depth", "inverse depth"])
def test_true_views_and_depths_up_to_scale_become_the_true_shape_closed_and_in_its_place(tmp_path: Path, scale: float) -> None:
    made, chamfer = reshaped_truly(tmp_path, jug(), scale)
    print(f"Chamfer {100 * chamfer:.2f} %, {len(made.surface.faces)} triangles")
    assert chamfer < 0.02
    assert made.surface.is_watertight
    assert made.surface.volume > 0
    assert abs(made.surface.bounds[0, 1]) < 0.03  # it stands on the table, not in it
    assert made.surface.bounds[1, 1] == pytest.approx(2.0, abs=0.05)


def test_the_neighbours_stay_identical_and_the_new_shape_wears_what_was_painted(tmp_path: Path) -> None:
    made, _ = reshaped_truly(tmp_path, jug(), 1.0)
    write_file(tmp_path / "jug.glb", made.scene.export(file_type="glb"))
    before = dict(trimesh.load_scene(tmp_path / "still.glb", process=False).geometry)["table"]
    after = dict(trimesh.load_scene(tmp_path / "jug.glb", process=False).geometry)
    assert np.array_equal(after["still Part 01"].triangles, before.triangles)
    material = after["still Part 00"].visual.material
    assert material.name == "a jug"
    assert len(np.unique(np.array(material.baseColorTexture).reshape(-1, 3), axis=0)) > 50


def test_a_part_that_stands_alone_is_placed_by_its_own_old_depth_and_that_is_told(tmp_path: Path) -> None:
    made, chamfer = reshaped_truly(tmp_path, vase(), -2.0, with_table=False)
    assert any("its old depth did" in note for note in made.notes)
    assert chamfer < 0.02


def test_a_leg_that_other_legs_hide_in_some_views_becomes_a_turned_one_and_nothing_is_made_up_beneath_the_top(tmp_path: Path) -> None:
    top = trimesh.creation.box((2.4, 0.15, 1.6))
    top.apply_translation((0, 1.075, 0))
    legs = {f"leg {x} {z}": standing(trimesh.creation.cylinder(0.08, 1.0, sections=32), x, z, 0.5) for x in (1, -1) for z in (0.6, -0.6)}
    write_file(tmp_path / "table.glb", trimesh.Scene({**legs, "top": top}).export(file_type="glb"))
    model = read_model(tmp_path / "table.glb")
    labels = np.ones(len(model.mesh.faces), np.int32)
    for piece in model.pieces:
        if piece.geometry.bounds[0, 0] > 0.5 and piece.geometry.bounds[0, 2] > 0.3:
            labels[piece.faces] = 0
    profile = np.array([[0, 0], [0.12, 0], [0.16, 0.15], [0.06, 0.35], [0.14, 0.7], [0.1, 1.0], [0, 1.0]])
    wanted = standing(trimesh.creation.revolve(profile, sections=48), 1, 0.6, 0.0)
    made, chamfer = reshaped_to(model, labels, wanted, -0.3, WHITE)
    print(f"Chamfer {100 * chamfer:.2f} %")
    assert chamfer < 0.02
    assert np.abs(made.surface.bounds - wanted.bounds).max() < 0.03
    assert made.surface.body_count == 1


def standing(made: trimesh.Trimesh, x: float, z: float, y: float) -> trimesh.Trimesh:
    """A body along z, along y instead and moved."""
    made.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, (1, 0, 0)))
    made.apply_translation((x, y, z))
    return made


def test_a_surface_through_the_corners_of_cells_is_closed_and_a_sheet_without_volume_is_none_of_it() -> None:
    def emptiness(at: np.ndarray) -> np.ndarray:
        """A body where x is below 0.5, up to z = 0.5, and beside it a sheet as thin as can be."""
        height = (at[:, 2] - 0.5) * 16
        return np.where(at[:, 0] < 0.5, height, np.abs(height))

    made = trimesh.Trimesh(*lifted([], [], np.zeros(3), np.ones(3), 16, emptiness), process=False)
    assert made.is_watertight
    assert made.area_faces.min() > 0
    assert made.bounds[1] == pytest.approx([0.5, 1.1, 0.5], abs=0.05)


def test_views_without_the_part_are_told(tmp_path: Path) -> None:
    model, labels = still(tmp_path)
    views = part_views(model, labels, VASE, 128)

    class White:
        side = 128

        def __call__(self, grid, prompt, seed=0, strength=1.0, progress=no_progress) -> np.ndarray:
            return np.ones(grid.colour.shape)

    with pytest.raises(PartgenError, match="show nothing of the part"):
        reshaped_part(model, labels, VASE, White(), lambda picture: picture[:, :, 0] + np.arange(64)[:, None], "nothing", views=views)


def test_an_estimate_is_scaled_and_shifted_to_what_is_known_and_outliers_do_not_count() -> None:
    true = np.random.default_rng(0).random((20, 20))
    known = true.copy()
    known[0, :5] = 9.0
    assert np.abs(aligned(-3 * true + 7, known, np.ones((20, 20), bool)) - true).max() < 0.02
    assert np.ptp(aligned(np.ones((20, 20)), known, np.ones((20, 20), bool))) == 0


# ---- networks --------------------------------------------------------------------------------------------------------

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
import tiny_diffusion as tiny  # noqa: E402


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny.stable_diffusion(folder / "sd")
    tiny.depth_network(folder / "depth")
    return folder


def command(folder: Path, *more: str) -> list[str]:
    _, labels = still(folder)
    np.savez(folder / "still.npz", face_labels=labels)
    given = ["edit", str(folder / "still.glb"), "--labels", str(folder / "still.npz"), "--part", "0", "--method", "reshape"]
    return [*given, "--prompt", "a jug", "-o", str(folder / "jug.glb"), *more]


def test_the_command_runs_end_to_end_with_tiny_random_networks(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    options = ["--model", str(shelf / "sd"), "--depth-model", str(shelf / "depth"), "--steps", "1", "--json"]
    assert main(command(tmp_path, *options)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["method"] == "reshape"
    assert answer["model"] == "sd, depth by depth"
    assert answer["watertight"] is True
    made = dict(trimesh.load_scene(tmp_path / "jug.glb", process=False).geometry)
    assert len(made) == 2
    assert len(made["still Part 00"].faces) > 100


def test_without_a_depth_network_the_command_says_what_to_add(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    assert main(command(tmp_path, "--model", str(shelf / "sd"))) == 1
    told = capsys.readouterr().err
    assert "Depth Anything V2 Small are not on this machine" in told
    assert "partgen models download depth-anything-v2-small" in told
    assert not (tmp_path / "jug.glb").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"architectures": ["BertModel"]}, "depth.kind"),
        ({"auto_map": {"AutoModel": "run.Me"}}, "depth.unsafe"),
        ({"use_timm_backbone": True}, "depth.unsafe"),
        (None, "depth.unsafe"),
    ],
)
def test_a_folder_that_tells_no_depth_or_could_hold_programs_is_refused(
    shelf: Path, tmp_path: Path, change: dict | None, code: str
) -> None:
    folder = shutil.copytree(shelf / "depth", tmp_path / "depth")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **(change or {})}))
    if change is None:
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(PartgenError) as caught:
        read_depth_folder(folder)
    assert caught.value.code == code


def test_a_depth_network_is_chosen_by_path_or_id_and_else_refused(shelf: Path, tmp_path: Path) -> None:
    assert chosen_depth_folder(str(shelf / "depth")) == shelf / "depth"
    with pytest.raises(PartgenError, match="neither a folder nor"):
        chosen_depth_folder("sd15-depth", tmp_path)
    assert entry("depth-anything-v2-small").role is Role.DEPTH
