"""Parts that a network draws from words: it is told what is asked and where it goes, and what it draws comes closed into the place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from manifold3d import Manifold
from partgen.cli import main
from partgen.errors import Cancelled, PartgenError
from partgen.generation import drawing, wishing
from partgen.generation.boxes import AROUND, HALF, NEAR, Box, sampled, surroundings
from partgen.generation.hints import hints
from partgen.generation.making import FAR, NewPart, Place, solid_of
from partgen.generation.placing import gap_of
from partgen.generation.seating import signed_distances, surface_points
from partgen.generation.wishing import DRAWS, SEARCHES, Wish, each_wished_part
from partgen.generation.words import READS, bundled_words
from partgen.training import shaper
from partgen.training.pairs import POINTS, QUERIES
from partgen.training.recipe import recipe
from partgen.training.worded_parts import PROMPTS, worded_parts
from scipy.spatial import cKDTree
from torch import Tensor

UP = np.array([0.0, 0.0, 1.0])


def place(part: trimesh.Trimesh, rest: trimesh.Trimesh | None) -> Place:
    others = (np.asarray(rest.vertices), np.asarray(rest.faces)) if rest is not None else (np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    return Place(np.asarray(part.vertices), np.asarray(part.faces), *others, UP)


def box(size: tuple[float, float, float], centre: tuple[float, float, float]) -> trimesh.Trimesh:
    return trimesh.creation.box(size, transform=trimesh.transformations.translation_matrix(centre))


@pytest.fixture
def leg() -> Place:
    """A thin upright leg under a table top."""
    return place(box((0.1, 0.1, 0.8), (0.4, 0.4, 0.4)), box((1.2, 1.2, 0.08), (0, 0, 0.84)))


@pytest.fixture
def hut() -> Place:
    """A flat slab for a roof on a box."""
    return place(box((2.4, 2.4, 0.3), (0, 0, 1.15)), box((2, 2, 2), (0, 0, 0)))


# ---- where it goes ---------------------------------------------------------------------------------------------------


def test_a_part_of_any_proportions_fills_its_cube(leg: Place) -> None:
    own = Box.of(leg.seat())
    inward = own.inward(leg.points)
    assert np.allclose(np.abs(inward).max(axis=0), HALF)
    assert np.allclose(own.outward(inward), leg.points)
    assert own.proportions.sum() == pytest.approx(0)
    assert own.proportions[2] == pytest.approx(2, abs=0.01)  # eight times as long as wide: three doublings, less their mean


def test_what_is_up_is_up_in_the_cube_and_the_rest_is_where_it_is(leg: Place, hut: Place) -> None:
    for one, above in ((leg, 1), (hut, -1)):
        own = Box.of(one.seat())
        up = own.inward(one.points.mean(axis=0)[None] + UP)[0] - own.inward(one.points.mean(axis=0)[None])[0]
        assert up[2] > 0.9 * np.linalg.norm(up)
        rest = own.inward(one.rest_points).mean(axis=0)
        assert np.sign(rest[2]) == above
        assert np.sign(own.sitting[3]) == above  # the attachment is at that end


def test_surroundings_are_what_stands_near_and_nothing_where_nothing_is(leg: Place) -> None:
    own = Box.of(leg.seat())
    soup = own.soup(leg.rest_points, leg.rest_faces)
    seen = surroundings(soup)
    assert seen.shape == (AROUND, 6)
    assert np.array_equal(seen, surroundings(soup))
    assert (np.abs(seen[: AROUND // 2, :3]) < NEAR * HALF).all()
    away = signed_distances(seen[:, :3].astype(np.float64), own.inward(leg.rest_points), leg.rest_faces)
    assert np.abs(away).max() < 1e-4
    assert not surroundings(np.zeros((0, 3, 3))).any()


def test_hints_tell_numbers_apart_and_names_alike() -> None:
    words = bundled_words()
    five, also_five, six = (
        hints(text, words) for text in ("a wheel with five spokes", "replace it by a wheel with 5 spokes", "a wheel with 6 spokes")
    )
    numbers = slice(len(READS), None)
    assert np.array_equal(five[numbers], also_five[numbers])
    assert not np.array_equal(five[numbers], six[numbers])
    assert five[0] @ also_five[0] > 0.8
    assert five[0] @ hints("a ball foot", words)[0] < 0.5
    assert not hints("a ball foot", words)[numbers].any()


# ---- what it learns from ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples() -> list[dict[str, np.ndarray]]:
    found = [worded_parts(seed) for seed in (2, 3, 4)]
    return [example for example in found if example is not None]


def test_an_example_is_whole_in_its_cube_and_the_same_for_the_same_seed(examples: list[dict[str, np.ndarray]]) -> None:
    again = worded_parts(2)
    assert again is not None
    assert all(np.array_equal(again[name], values) for name, values in examples[0].items())
    for example in examples:
        count = len(example["surface"])
        assert example["surface"].shape == (count, POINTS, 6)
        assert example["query"].shape == (count, QUERIES, 3)
        assert example["hints"].shape[:2] == (count, PROMPTS)
        for surface, query, inside in zip(example["surface"], example["query"], example["inside"], strict=True):
            assert np.abs(surface[:, :3]).max(axis=0) == pytest.approx(HALF, abs=0.06)
            distance, nearest = cKDTree(surface[:, :3]).query(query)
            side = ((query - surface[nearest, :3]) * surface[nearest, 3:]).sum(axis=1)
            is_clear = (distance > 0.05) & (np.abs(side) > 0.9 * distance)
            assert ((side < 0) == inside.astype(bool))[is_clear].mean() > 0.95


def batch_of(examples: list[dict[str, np.ndarray]]) -> list[dict[str, Tensor]]:
    return [{name: torch.as_tensor(values) for name, values in example.items()} for example in examples]


def test_what_is_seen_in_a_mirror_is_told_in_a_mirror(examples: list[dict[str, np.ndarray]]) -> None:
    one = batch_of([{name: values[:1] for name, values in examples[0].items()}])
    ways = set()
    for number in range(8):
        seen = shaper.chosen_parts(one, np.random.default_rng(number), POINTS)
        sign = float(torch.sign(seen["around"][0, 0, 0] * one[0]["around"][0, 0, 0]))
        ways.add(sign)
        assert torch.allclose(seen["around"][0, :, 1:3], one[0]["around"][0, :, 1:3])
        expected = one[0]["sitting"][0].clone()
        expected[list(shaper.MIRRORED)] *= sign
        assert torch.allclose(seen["sitting"][0], expected)
    assert ways == {1.0, -1.0}


def test_both_stages_learn_and_the_second_leaves_the_autoencoder_as_it_is(examples: list[dict[str, np.ndarray]]) -> None:
    torch.manual_seed(0)
    first, second = (recipe("shaper", size).build() for size in ("tiny-autoencoder", "tiny"))
    shaper.begin(second, first.state_dict())
    kept = {name: weight.clone() for name, weight in second.state_dict().items() if name.startswith("vae.")}
    assert all(torch.equal(first.state_dict()[name], weight) for name, weight in kept.items())
    with torch.no_grad():  # random weights are unsure of every latent; those of a first stage know what they saw
        second.vae.quant.bias[second.vae.config.latent_channels :] = -8
        kept["vae.quant.bias"] = second.vae.quant.bias.clone()
    batch = batch_of([{name: values[:3] for name, values in examples[0].items()}])
    for size, network, loss, share in (("tiny-autoencoder", first, "occupancy", 0.9), ("tiny", second, "velocity", 0.8)):
        optimizer = torch.optim.AdamW([weight for weight in network.parameters() if weight.requires_grad], 4e-3)
        seen = []
        for step in range(30):
            optimizer.zero_grad()
            losses = recipe("shaper", size).losses(network, batch, np.random.default_rng(step % 3))
            torch.stack(list(losses.values())).sum().backward()
            optimizer.step()
            seen.append(float(losses[loss].detach()))
        assert np.mean(seen[-3:]) < share * np.mean(seen[:3])
    assert all(torch.equal(second.state_dict()[name], weight) for name, weight in kept.items())


def test_a_second_stage_refuses_weights_of_another_size() -> None:
    with pytest.raises(PartgenError, match="autoencoder") as told:
        shaper.begin(recipe("shaper", "tiny").build(), recipe("shaper", "compact-autoencoder").build().state_dict())
    assert "autoencoder" in told.value.remedy


def test_the_compact_size_fits_into_the_package() -> None:
    assert 2 * sum(weight.numel() for weight in recipe("shaper", "compact").build().parameters()) < 16 << 20


# ---- what it draws ---------------------------------------------------------------------------------------------------


def drawn(where: Place, prompt: str, **wished: object) -> NewPart:
    return next(each_wished_part(where, replace(Wish(prompt, model=DRAWS), **wished)))


def test_what_is_drawn_is_closed_touches_the_rest_and_is_about_as_large_as_what_was_there(leg: Place, hut: Place) -> None:
    for where, prompt in ((leg, "a turned leg"), (hut, "a pointed roof")):
        new = drawn(where, prompt)
        mesh = trimesh.Trimesh(new.points, new.faces, process=False)
        assert mesh.is_watertight
        assert mesh.is_winding_consistent
        assert mesh.volume > 0
        assert gap_of(surface_points(new.points, new.faces), where.rest_points, where.rest_faces) <= FAR
        size, before = (np.linalg.norm(np.ptp(points, axis=0)) for points in (new.points, where.points))
        assert 0.5 < size / before < 2
        assert new.entry.name == prompt.split()[-1]
        assert new.notes


def test_a_seed_draws_the_same_again_and_another_one_something_else(leg: Place) -> None:
    first, again, other = (drawn(leg, "a turned leg", seed=seed, steps=6) for seed in (1, 1, 2))
    assert first.points.tobytes() == again.points.tobytes()
    assert first.points.tobytes() != other.points.tobytes()


def test_little_strength_stays_near_the_old_part(hut: Place) -> None:
    """The pyramid stays one with little strength, and becomes a ball with all of it."""
    cone = trimesh.creation.cone(1.2, 1.0, sections=4, transform=trimesh.transformations.translation_matrix((0, 0, 1.0)))
    where = place(cone, box((2, 2, 2), (0, 0, 0)))
    near, far = (drawn(where, "a domed roof", strength=strength, seed=1) for strength in (0.15, 1.0))

    def differs(new: NewPart) -> float:
        shares = [
            (one - one.min(axis=0)) / np.ptp(one, axis=0)
            for one in (surface_points(new.points, new.faces, 3000), np.asarray(cone.sample(3000, seed=0)))
        ]
        return float(cKDTree(shares[1]).query(shares[0])[0].mean())

    assert differs(near) < 0.06
    assert differs(near) < differs(far)


@pytest.mark.parametrize("strength", [0.0, -1.0, float("nan")])
def test_a_strength_that_leaves_nothing_to_draw_is_refused_with_what_to_do(leg: Place, strength: float) -> None:
    with pytest.raises(PartgenError, match=f"At strength {strength:g} nothing would change") as told:
        drawn(leg, "a turned leg", strength=strength)
    assert told.value.code == "edit.no_strength"
    assert told.value.remedy == "Raise the strength."


def test_what_is_searched_for_comes_at_any_strength(leg: Place) -> None:
    assert drawn(leg, "a turned leg", model=SEARCHES, strength=0.0).entry.name == "leg"


def test_words_that_name_nothing_are_refused_before_anything_is_drawn(leg: Place) -> None:
    with pytest.raises(PartgenError) as told:
        drawn(leg, "a piano concerto in d minor")
    assert told.value.code == "generation.unknown_part"
    assert told.value.remedy


def test_a_drawing_can_be_cancelled_between_steps(leg: Place) -> None:
    stages: list[str] = []

    def progress(fraction: float, stage: str) -> None:
        stages.append(stage)
        if "step 3" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        next(each_wished_part(leg, Wish("a turned leg", model=DRAWS), progress))
    assert "leg" in stages[-1]


def test_a_drawing_without_an_inside_is_told_and_not_shown(leg: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.Shaper, "field", lambda *_: lambda points: np.full(len(points), -9, np.float32))
    with pytest.raises(PartgenError) as told:
        drawn(leg, "a turned leg", steps=1)
    assert told.value.code == "generation.nothing_drawn"


def test_crumbs_are_left_out_and_pieces_that_count_are_kept() -> None:
    parts = trimesh.util.concatenate([box((1, 1, 1), (0, 0, 0)), box((0.5, 0.5, 0.5), (2, 0, 0)), box((0.1, 0.1, 0.1), (0, 2, 0))])
    solid = drawing.whole(solid_of(np.asarray(parts.vertices, np.float64), np.asarray(parts.faces, np.int64)))
    assert len(solid.decompose()) == 2
    assert solid.volume() == pytest.approx(1.125, rel=1e-4)


def test_of_several_drawings_the_one_that_is_a_whole_is_taken(leg: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def solid(*sizes: float) -> Manifold:
        parts = trimesh.util.concatenate([box((size, size, 0.4), (3 * number, 0, 0.6)) for number, size in enumerate(sizes)])
        return solid_of(np.asarray(parts.vertices, np.float64), np.asarray(parts.faces, np.int64))

    halves, whole, never = solid(0.1, 0.1), solid(0.2), solid(0.3)
    drawings = iter([halves, whole, never])
    seeds: list[int] = []

    def draws(sketch: drawing.Sketch, shaper: drawing.Shaper, wish: Wish, *_: object) -> Manifold:
        seeds.append(wish.seed)
        return next(drawings)

    monkeypatch.setattr(drawing.Sketch, "drawn", draws)
    new = drawn(leg, "a turned leg")
    assert np.ptp(new.points[:, 0]) == pytest.approx(0.2, abs=1e-5)
    assert len(set(seeds)) == 2


def test_a_model_that_there_is_not_is_named(leg: Place) -> None:
    with pytest.raises(PartgenError, match="completer") as told:
        next(each_wished_part(leg, Wish("a leg", model="completer")))
    assert DRAWS in told.value.remedy


def test_without_pytorch_drawing_says_what_to_do(leg: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "is_torch_installed", lambda: False)
    with pytest.raises(PartgenError) as told:
        drawn(leg, "a leg")
    assert told.value.code == "method.no_torch"


def test_the_command_draws_and_says_so(leg: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = trimesh.util.concatenate([trimesh.Trimesh(leg.points, leg.faces), trimesh.Trimesh(leg.rest_points, leg.rest_faces)])
    whole.export(tmp_path / "table.stl")
    labels = np.repeat([0, 1], [len(leg.faces), len(leg.rest_faces)]).astype(np.int32)
    np.savez(tmp_path / "labels.npz", face_labels=labels)
    arguments = ["edit", str(tmp_path / "table.stl"), "--labels", str(tmp_path / "labels.npz"), "--part", "0", "--method", "generative"]
    arguments += ["--model", "shaper", "--prompt", "a turned leg", "-o", str(tmp_path / "out.glb"), "--seed", "3", "--json"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == "shaper"
    assert answer["made"]["seed"] == 3
    assert "Experimental" in answer["notes"][0]
    assert trimesh.load(tmp_path / "out.glb").geometry


def test_the_command_draws_nothing_at_strength_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["edit", "table.stl", "--labels", "labels.npz", "--part", "0", "--method", "generative", "--model", "shaper"]
    with pytest.raises(SystemExit) as told:
        main([*arguments, "--prompt", "a turned leg", "-o", str(tmp_path / "out.glb"), "--strength", "0"])
    assert told.value.code == 2
    assert "0 is not a number above 0" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_old_parts_are_read_by_points_on_their_surface(leg: Place) -> None:
    points = sampled(Box.of(leg.seat()).soup(leg.points, leg.faces), 500, 0)
    assert points.shape == (500, 6)
    assert np.allclose(np.linalg.norm(points[:, 3:], axis=1), 1, atol=1e-5)
