"""What the add-on asks to be reshaped comes back closed and with a picture, by tiny random networks or by the truth in their place."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from igl import point_mesh_squared_distance, signed_distance
from partgen.errors import Action, Cancelled, PartgenError
from partgen.geometry.rays import RayScene
from partgen.progress import no_progress
from partgen.protocol import Delivery, PaintResult, ReshapeRequest, ReshapeResult, Skin, Submit, read_message, write_message
from partgen.rendering.buffers import Buffers, render
from partgen.rendering.cameras import around_part, joined
from partgen.server import painting
from partgen.server.reshaping import reshape

pytest.importorskip("torch")
pytest.importorskip("diffusers")
import tiny_diffusion as tiny

UP = np.array([0.0, 0.0, 1.0])
BROWN = (0.47, 0.27, 0.12)


def turned(profile: list[list[float]]) -> trimesh.Trimesh:
    """A closed body that stands on z = 0."""
    return trimesh.creation.revolve(np.array(profile), sections=48)


VASE = turned([[0, 0], [0.5, 0], [0.5, 0.1], [0.2, 0.3], [0.6, 0.9], [0.55, 1.3], [0.25, 1.6], [0.3, 1.8], [0, 1.8]])
JUG = turned([[0, 0], [0.6, 0], [0.75, 0.4], [0.7, 0.8], [0.3, 1.3], [0.3, 1.6], [0.4, 1.75], [0.4, 1.9], [0, 2.0]])
TABLE = trimesh.creation.box((2.6, 2.6, 0.2), transform=trimesh.transformations.translation_matrix((0, 0, -0.1)))


def request(part: trimesh.Trimesh = VASE, rest: trimesh.Trimesh = TABLE, **changes: object) -> ReshapeRequest:
    """A grey part on brown surroundings: a vase on a table."""
    vertices = np.concatenate([part.vertices, rest.vertices])
    faces = np.concatenate([part.faces, rest.faces + len(part.vertices)])
    skin = np.repeat([0, 1], [len(part.faces), len(rest.faces)])
    skins = (Skin((0.5, 0.5, 0.5, 1.0)), Skin((*BROWN, 1.0)))
    own = np.arange(len(part.faces))
    asked = ReshapeRequest("Vase", "a jug", vertices, faces, own, np.empty((0, 3, 2)), np.zeros((len(faces), 3, 2)), skin, skins)
    return replace(asked, **changes)


class Truth:
    """In place of a checkpoint and a depth network: the true pictures and depths, up to scale, of another body in the place of
    the part."""

    class checkpoint:
        name, control = "truth", None

    class source:
        name = "truth"

    side = 512

    def __init__(self, asked: ReshapeRequest, body: trimesh.Trimesh, placement: object) -> None:
        from partgen.texturing.inpainting import Effort

        self.placement, self.effort = placement, Effort()
        points, faces = asked.vertices.astype(float), asked.faces.astype(np.int64)
        rest, part = faces[len(asked.polygon_of_face) :], np.unique(faces[: len(asked.polygon_of_face)])
        together = np.concatenate([points, body.vertices])
        made = np.concatenate([rest, body.faces + len(points)])
        scene, cameras = RayScene(together, made), around_part(points, points[part], UP, self.side // 2)
        self._seen: list[Buffers] = [render(scene, together, made, camera) for camera in cameras]
        self._first, self._left = len(rest), list(self._seen)

    def seconds(self, strength: float = 1.0) -> float:
        return 1.0

    def __call__(self, grid, prompt, seed=0, strength=1.0, progress=no_progress) -> np.ndarray:
        pictures = []
        for seen in self._seen:
            is_body = (seen.face >= self._first)[:, :, None]
            around = np.where(seen.mask[:, :, None], BROWN, 1.0)
            pictures.append(np.where(is_body, 0.3 + 0.5 * np.abs(seen.normal), around))
        return joined(pictures)

    def depth(self, picture: np.ndarray) -> np.ndarray:
        found = self._left.pop(0).depth
        return -0.3 * np.where(np.isfinite(found), found, found[np.isfinite(found)].max() + 3) + 2


class TrueDepth:
    """What a depth network is asked, of a `Truth`."""

    source = Truth.source

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def seconds(self) -> float:
        return 0.5

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        return self._truth.depth(picture)


@pytest.fixture
def truly(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> Callable[[ReshapeRequest, trimesh.Trimesh], ReshapeResult]:
    """Answers a request by the truth."""

    def answer(asked: ReshapeRequest, body: trimesh.Trimesh) -> ReshapeResult:
        truths: list[Truth] = []

        def inpainter(wishes: object, placement: object) -> Truth:
            truths.append(Truth(asked, body, placement))
            return truths[-1]

        monkeypatch.setattr(painting.painter, "inpainter", inpainter)
        monkeypatch.setattr(painting.painter, "depth", lambda model, placement: TrueDepth(truths[-1]))
        monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
        (made,) = reshaped(replace(asked, depth_model=str(shelf / "depth")))
        return made

    return answer


def reshaped(asked: ReshapeRequest) -> list[ReshapeResult]:
    made: list[PaintResult] = []
    reshape(asked, no_progress, made.append)
    assert all(isinstance(one, ReshapeResult) for one in made)
    return made  # type: ignore[return-value]


def test_true_views_come_back_as_the_true_shape_closed_and_wound_outwards_with_its_picture(truly) -> None:
    made = truly(request(size=256), JUG)
    surface = trimesh.Trimesh(made.vertices, made.faces, process=False)
    assert surface.is_watertight
    assert surface.volume == pytest.approx(JUG.volume, rel=0.05)
    assert np.abs(surface.bounds - JUG.bounds).max() < 0.03
    assert np.degrees(np.percentile(surface.face_adjacency_angles, 95)) < 20  # without the steps of pixels and cells
    assert made.picture.shape == (256, 256, 3)
    assert made.part_uvs.shape == (len(made.faces), 3, 2)
    assert 0 <= made.part_uvs.min() <= made.part_uvs.max() <= 1
    assert len(np.unique(made.picture.reshape(-1, 3), axis=0)) > 50
    assert (made.method, made.weights) == ("reshape", "truth, depth by truth")


def test_a_new_shape_touches_what_the_old_one_touched_over_its_whole_foot_and_does_not_enter_it(truly) -> None:
    turn = trimesh.transformations.rotation_matrix(0.5, (0, 0, 1)) @ trimesh.transformations.rotation_matrix(0.3, (0, 1, 0))
    wall, knob, larger = (slab(turn, *box) for box in (((0.4, 3, 3), 0.7), ((0.5, 0.4, 0.4), 0.25), ((0.5, 0.5, 0.3), 0.25)))
    made = truly(request(knob, wall), larger)
    size = np.ptp(knob.vertices, axis=0).max()
    corners, of_wall = (made.vertices.astype(float), made.faces.astype(np.int64)), (np.array(wall.vertices), np.array(wall.faces, np.int64))
    assert signed_distance(corners[0], *of_wall)[0].min() > -0.001 * size
    y, z = (values.reshape(-1) for values in np.meshgrid(np.linspace(-0.24, 0.24, 40), np.linspace(-0.14, 0.14, 40)))
    foot = trimesh.transform_points(np.stack([np.full(y.size, 0.5), y, z], axis=1), turn)
    gaps = np.sqrt(point_mesh_squared_distance(foot, *corners)[0]) / size
    assert np.percentile(gaps, 95) < 0.005


def slab(turn: np.ndarray, size: tuple[float, float, float], x: float) -> trimesh.Trimesh:
    """A box about a place on the x axis, turned."""
    return trimesh.creation.box(size, transform=turn @ trimesh.transformations.translation_matrix((x, 0, 0)))


# ---- networks --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny.stable_diffusion(folder / "sd")
    tiny.depth_control(folder / "control")
    tiny.depth_network(folder / "depth")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> ReshapeRequest:
    """A request that tiny random networks answer in seconds."""
    from partgen.texturing import painter, shape_from_views
    from partgen.texturing.inpainting import Effort

    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    monkeypatch.setattr(painter, "effort_on", lambda _: Effort(side=64, steps=2))
    monkeypatch.setattr(shape_from_views, "RESOLUTION", 24)
    return request(model=str(shelf / "sd"), depth_model=str(shelf / "depth"))


def test_variations_come_one_by_one_with_the_time_told_and_the_same_seed_gives_the_same_again(small: ReshapeRequest) -> None:
    told: list[tuple[float, str]] = []
    made: list[PaintResult] = []
    notes = reshape(replace(small, seed=4, variations=2), lambda fraction, stage: told.append((fraction, stage)), made.append)
    assert [one.seed for one in made] == [4, 5]
    assert not np.array_equal(made[0].picture, made[1].picture)
    assert made[0].weights == "sd, depth by depth"
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    stages = [stage for _, stage in told]
    assert any("Reshaping 2 variations on" in stage and "seconds" in stage for stage in stages)
    for stage in ("step 1 of 2", "Telling depth, view 3 of 4", "Fusing the views", "Unwrapping the new shape", "Baking the texture"):
        assert f"Variation 2 of 2: {stage}" in stages
    assert any("reduced form" in note for note in notes)
    assert not any("ControlNet" in note for note in notes)  # it would hold the old shape
    (again,) = reshaped(replace(small, seed=5))
    assert isinstance(made[1], ReshapeResult)
    assert np.array_equal(again.vertices, made[1].vertices)
    assert np.array_equal(again.picture, made[1].picture)


def test_a_controlnet_that_is_here_does_not_hold_the_old_shape_unless_it_is_named(small: ReshapeRequest, shelf: Path) -> None:
    (free,) = reshaped(small)
    (held,) = reshaped(replace(small, controlnet=str(shelf / "control")))
    assert (free.weights, held.weights) == ("sd, depth by depth", "sd with control, depth by depth")


def test_the_networks_that_are_loaded_are_not_loaded_again_for_the_next_prompt(small: ReshapeRequest) -> None:
    reshaped(small)
    before = painting.painter._ready, painting.painter._depth
    reshaped(replace(small, prompt="a lion's paw"))
    assert (painting.painter._ready, painting.painter._depth) == before
    assert None not in before


@pytest.mark.parametrize("stage", ["step 1 of 2", "Telling depth, view 2", "Fusing", "Unwrapping", "Baking"])
def test_cancelling_stops_at_every_stage_and_keeps_the_variations_that_are_there(small: ReshapeRequest, stage: str) -> None:
    made: list[PaintResult] = []

    def progress(_: float, now: str) -> None:
        if f"Variation 2 of 3: {stage}" in now:
            raise Cancelled

    with pytest.raises(Cancelled):
        reshape(replace(small, variations=3), progress, made.append)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "  "}, "edit.empty_prompt"),
        ({"strength": 0.0}, "edit.no_strength"),
        ({"polygon_of_face": []}, "mesh.no_faces"),
        ({"vertices": np.full((len(VASE.vertices) + 8, 3), np.nan)}, "mesh.not_finite"),
        ({"depth_model": "nowhere"}, "depth.no_network"),
        ({"model": "nowhere"}, "texture.no_checkpoint"),
    ],
)  # fmt: skip
def test_what_cannot_be_reshaped_is_told_before_anything_is_loaded(small: ReshapeRequest, changes: dict, code: str) -> None:
    with pytest.raises(PartgenError) as caught:
        reshaped(replace(small, **changes))
    assert caught.value.code == code
    assert caught.value.remedy


def test_without_a_depth_network_or_a_checkpoint_the_one_to_download_and_its_menu_are_named(
    small: ReshapeRequest, shelf: Path
) -> None:
    for changes, wanted in (({"depth_model": "auto"}, "depth-anything-v2-small"), ({"model": "auto"}, "sd15-inpainting")):
        with pytest.raises(PartgenError) as caught:
            reshaped(replace(small, **changes))
        assert caught.value.code == "weights.absent"
        assert "in the preferences under Models" in caught.value.remedy
        assert wanted in caught.value.remedy
        assert caught.value.action is Action.OPEN_PREFERENCES


def test_a_depth_network_that_could_hold_programs_is_refused(small: ReshapeRequest, shelf: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shelf / "depth", tmp_path / "depth")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(PartgenError) as caught:
        reshaped(replace(small, depth_model=str(folder)))
    assert caught.value.code == "depth.unsafe"


def test_request_and_result_survive_the_way_between_the_processes() -> None:
    stream = io.BytesIO()
    rng = np.random.default_rng(0)
    sent = ReshapeResult(
        3, rng.integers(0, 255, (4, 4, 3), np.uint8), rng.random((2, 3, 2), np.float32), weights="sd", notes=("One.",),
        vertices=rng.random((4, 3), np.float32), faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
    )  # fmt: skip
    asked = request(depth_model="deep", seed=3)
    write_message(stream, Submit(1, "edit 7", asked))
    write_message(stream, Delivery(1, sent))
    stream.seek(0)
    submit, delivery = read_message(stream), read_message(stream)
    assert isinstance(submit, Submit)
    assert isinstance(submit.request, ReshapeRequest)
    assert submit.request.depth_model == "deep"
    assert np.array_equal(submit.request.vertices, asked.vertices)
    assert isinstance(delivery, Delivery)
    assert isinstance(delivery.result, ReshapeResult)
    assert np.array_equal(delivery.result.vertices, sent.vertices)
    assert np.array_equal(delivery.result.part_uvs, sent.part_uvs)
    with pytest.raises(ValueError, match="have UVs"):
        replace(sent, faces=sent.faces[:1])
