"""What the add-on asks to be painted comes back as textures, by tiny random checkpoints or by the truth in place of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from partgen.errors import Action, Cancelled, PartgenError
from partgen.geometry.rays import RayScene
from partgen.progress import no_progress
from partgen.protocol import Delivery, PaintRequest, PaintResult, Skin, Submit, read_message, write_message
from partgen.rendering.buffers import render
from partgen.rendering.cameras import apart, around_part, joined
from partgen.server import painting
from partgen.server.painting import paint
from partgen.texturing.baking import texels
from partgen.texturing.unwrapping import unwrapped_polygons

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
import tiny_diffusion as tiny  # noqa: E402

UP = np.array([0.0, 0.0, 1.0])


def pattern(points: np.ndarray) -> np.ndarray:
    """A smooth pattern in space: (n, 3) in 0..1."""
    x, y, z = points.T
    return 0.5 + 0.5 * np.stack([np.sin(7 * x + 3 * z), np.sin(9 * y - 2 * z), np.cos(8 * z + 4 * x)], axis=1)


def column(sides: int = 24, rows: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A round column of quads, open at both ends: vertices, triangles, and the polygon of each."""
    turn, height = np.meshgrid(np.arange(sides) / sides * 2 * np.pi, np.linspace(0, 1.5, rows + 1), indexing="ij")
    vertices = np.stack([0.4 * np.cos(turn), 0.4 * np.sin(turn), height], axis=-1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(sides), np.arange(rows), indexing="ij")
    quads = np.stack([(i + di) % sides * (rows + 1) + j + dj for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=-1).reshape(-1, 4)
    faces = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    return vertices, faces, np.repeat(np.arange(len(quads)), 2)


def request(**changes: object) -> PaintRequest:
    """A column that stands on a red floor."""
    vertices, faces, polygon = column()
    floor = np.array([[-2, -2, 0], [2, -2, 0], [2, 2, 0], [-2, 2, 0]])
    both = np.concatenate([faces, len(vertices) + np.array([[0, 1, 2], [0, 2, 3]])])
    count = len(both)
    return replace(
        PaintRequest(
            "Column", "rusty iron", np.concatenate([vertices, floor]), both, polygon, np.empty((0, 3, 2)), np.zeros((count, 3, 2)),
            np.repeat([0, 1], [len(faces), 2]),
            (Skin((0.5, 0.5, 0.5, 1.0)), Skin((1.0, 0.0, 0.0, 1.0))),
        ),
        **changes,
    )  # fmt: skip


class Truth:
    """In place of a checkpoint: the true picture of the part in the pattern's colours."""

    class checkpoint:
        name, control = "truth", Path()

    side = 512

    def __init__(self, asked: PaintRequest, placement: object) -> None:
        from partgen.texturing.inpainting import Effort

        self._asked, self.placement, self.effort = asked, placement, Effort()
        self.seen: list[object] = []

    def seconds(self, strength: float = 1.0) -> float:
        return 1.0

    def __call__(self, grid, prompt, seed=0, strength=1.0, progress=no_progress) -> np.ndarray:
        self.seen.append(grid)
        points, faces = self._asked.vertices.astype(float), self._asked.faces.astype(np.int64)
        scene, pictures = RayScene(points, faces), []
        for camera in around_part(points, points[np.unique(faces[: len(self._asked.polygon_of_face)])], UP, self.side // 2):
            found = render(scene, points, faces, camera)
            at = (found.weights[:, :, :, None] * points[faces[found.face]]).sum(axis=2)
            pictures.append(pattern(at.reshape(-1, 3)).reshape(at.shape))
        return joined(pictures)


@pytest.fixture
def truth(monkeypatch: pytest.MonkeyPatch) -> Callable[[PaintRequest], list[PaintResult]]:
    """Answers a request by the truth."""

    def answer(asked: PaintRequest) -> list[PaintResult]:
        answer.inpainter = None  # type: ignore[attr-defined]

        def inpainter(_: object, placement: object) -> Truth:
            answer.inpainter = Truth(asked, placement)  # type: ignore[attr-defined]
            return answer.inpainter  # type: ignore[attr-defined]

        monkeypatch.setattr(painting.painter, "inpainter", inpainter)
        monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
        made: list[PaintResult] = []
        paint(asked, no_progress, made.append)
        return made

    return answer


def psnr(asked: PaintRequest, made: PaintResult) -> float:
    """Of the texture against the pattern, in dB, over the upper three quarters of the column's outside, which is in view."""
    uv = made.part_uvs if len(made.part_uvs) else asked.part_uvs
    corners = asked.vertices[asked.faces[: len(uv)]].astype(float)
    found = texels(corners.reshape(-1, 3), np.arange(3 * len(uv)).reshape(-1, 3), uv.reshape(-1, 2).astype(float), len(made.picture))
    colours = made.picture[found.row, found.column] / 255
    return float(10 * np.log10(1 / ((colours - pattern(found.position)) ** 2).mean()))


def test_true_views_come_back_as_the_true_texture_of_a_part_without_uvs_which_is_unwrapped_by_polygons(truth) -> None:
    asked = request()
    (made,) = truth(asked)
    assert made.part_uvs.shape == (len(asked.polygon_of_face), 3, 2)
    assert psnr(asked, made) > 30
    assert np.array_equal(made.part_uvs[::2, 0], made.part_uvs[1::2, 0])
    assert made.weights == "truth"
    assert any("it had no UV map" in note for note in made.notes)


def test_a_uv_map_that_will_do_is_kept_and_the_size_is_the_one_that_was_asked_for(truth) -> None:
    vertices, faces, polygon = column()
    asked = request(part_uvs=unwrapped_polygons(vertices, faces, polygon), size=256)
    (made,) = truth(asked)
    assert made.part_uvs.shape == (0, 3, 2)
    assert made.picture.shape == (256, 256, 3)
    assert psnr(asked, made) > 25


def test_the_painter_sees_the_surroundings_in_their_own_colours_and_pictures(truth) -> None:
    checks = np.zeros((2, 2, 4), np.uint8)
    checks[..., 3] = 255
    checks[0, :, 1] = 255  # the upper half is green
    asked = request(skins=(Skin(picture=checks), Skin((1.0, 0.0, 0.0, 1.0))))
    uvs = np.zeros(asked.corner_uvs.shape, np.float32)
    uvs[: len(asked.polygon_of_face), :, 1] = 0.75
    truth(replace(asked, corner_uvs=uvs))
    (grid,) = truth.inpainter.seen
    assert np.allclose(grid.colour[grid.mask], (0, 1, 0))
    view = apart(grid.colour)[0]
    assert np.allclose(view[-40, len(view) // 2], (1, 0, 0))  # the floor
    assert np.allclose(view[2, 2], 1)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny.stable_diffusion(folder / "sd")
    tiny.depth_control(folder / "depth")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> PaintRequest:
    """A request that a tiny random checkpoint answers in a second."""
    from partgen.texturing import painter
    from partgen.texturing.inpainting import Effort

    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    monkeypatch.setattr(painter, "effort_on", lambda _: Effort(side=64, steps=2))
    return request(model=str(shelf / "sd"), controlnet=str(shelf / "depth"))


def test_variations_come_one_by_one_and_the_same_seed_gives_the_same_again(small: PaintRequest) -> None:
    told: list[tuple[float, str]] = []
    made: list[PaintResult] = []
    notes = paint(replace(small, seed=4, variations=2), lambda fraction, stage: told.append((fraction, stage)), made.append)
    assert [one.seed for one in made] == [4, 5]
    assert not np.array_equal(made[0].picture, made[1].picture)
    assert made[0].weights == "sd with depth"
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert any("seconds" in stage for _, stage in told)
    assert any("Variation 2 of 2: step" in stage for _, stage in told)
    assert any("reduced form" in note for note in notes)
    again: list[PaintResult] = []
    paint(replace(small, seed=5), no_progress, again.append)
    assert np.array_equal(again[0].picture, made[1].picture)


def test_a_checkpoint_that_is_loaded_is_not_loaded_again_for_the_next_prompt(small: PaintRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(small, no_progress, lambda _: None)
    before = painting.painter._ready
    paint(replace(small, prompt="worn oak", steps=3), no_progress, lambda _: None)
    assert painting.painter._ready is before
    assert before is not None
    assert before.effort.steps == 3


def test_cancelling_stops_between_two_steps_and_keeps_the_variations_that_are_there(small: PaintRequest) -> None:
    made: list[PaintResult] = []

    def progress(_: float, stage: str) -> None:
        if "Variation 2" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        paint(replace(small, variations=3), progress, made.append)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "  "}, "edit.empty_prompt"),
        ({"strength": 0.0}, "edit.no_strength"),
        ({"polygon_of_face": []}, "mesh.no_faces"),
        ({"vertices": np.full((220, 3), np.nan)}, "mesh.not_finite"),
        ({"skins": ()}, "mesh.bad_index"),
        ({"model": "nowhere"}, "texture.no_checkpoint"),
    ],
)  # fmt: skip
def test_what_cannot_be_painted_is_told_before_anything_is_loaded(changes: dict, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    with pytest.raises(PartgenError) as caught:
        paint(request(**changes), no_progress, lambda _: None)
    assert caught.value.code == code
    assert caught.value.remedy


def test_where_no_checkpoint_is_here_the_one_to_download_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")
    with pytest.raises(PartgenError) as caught:
        paint(request(), no_progress, lambda _: None)
    assert caught.value.code == "weights.absent"
    assert "sd15-inpainting" in caught.value.remedy
    assert caught.value.action is Action.OPEN_PREFERENCES


def test_request_and_result_survive_the_way_between_the_processes() -> None:
    stream = io.BytesIO()
    picture = np.random.default_rng(0).integers(0, 255, (4, 8, 4), np.uint8)
    asked = request(skins=(Skin(picture=picture), Skin((0.25, 0.5, 1.0, 0.5))), seed=3)
    write_message(stream, Submit(1, "edit 7", asked))
    write_message(stream, Delivery(1, PaintResult(3, picture[..., :3], notes=("One.",))))
    stream.seek(0)
    submit, delivery = read_message(stream), read_message(stream)
    assert isinstance(submit, Submit)
    assert isinstance(submit.request, PaintRequest)
    assert np.array_equal(submit.request.skins[0].picture, picture)
    assert tuple(submit.request.skins[1].colour) == (0.25, 0.5, 1.0, 0.5)
    assert np.array_equal(submit.request.faces, asked.faces)
    assert isinstance(delivery, Delivery)
    assert isinstance(delivery.result, PaintResult)
    assert np.array_equal(delivery.result.picture, picture[..., :3])
