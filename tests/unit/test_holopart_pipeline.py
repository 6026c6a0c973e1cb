"""Completing parts by diffusion: the authors' numbers from noise to surface, and what an artist is promised on top."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from partgen.completion import Completion, Options, completer
from partgen.completion.holopart import HoloPartCompleter
from partgen.completion.part_clouds import ObjectClouds
from partgen.completion.part_diffusion import FULL, REDUCED, PartDiffusion
from partgen.devices import CPU, Placement, place_for_half_precision
from partgen.durations import time_in_words
from partgen.errors import Action, Cancelled, PartgenError
from partgen.latent_diffusion.flow_matching import FlowMatching, noised, velocity
from partgen.latent_diffusion.sampling import Conditions, Effort
from partgen.mesh import Mesh
from partgen.networks.part_dit import PartDiT
from partgen.networks.part_encoder import PartEncoder
from partgen.networks.shape_vae import ShapeVAE
from published import publish_holopart
from reference import assert_like_reference, reference_cases
from test_holopart_networks import load

TINY = Effort(tokens=12, steps=3, cells=24)


@pytest.mark.parametrize("name", reference_cases("holopart"))
def test_sampling_equals_the_reference(reference_folder: Path, name: str) -> None:
    case = load(reference_folder / name)
    pipeline = PartDiffusion(case.part_encoder, case.transformer, case.vae, FlowMatching.of(case.config["scheduler"]))
    effort = Effort(case.config["num_tokens"], case.config["steps"], 64, case.config["guidance_scale"])
    sigmas = pipeline.flow.sigmas(effort.steps)
    assert_like_reference(sigmas.numpy(), case.expected["sigmas"], "sigmas")
    assert_like_reference(pipeline.flow.time(sigmas[:-1]).numpy(), case.expected["timesteps"], "timesteps")
    given = case.given
    with torch.inference_mode():
        conditions = Conditions(*case.part_encoder(given["part"], given["whole"], given["part_local"], seed=case.seed))
    latents = pipeline.denoised(given["init_latents"], conditions, effort)
    logits = pipeline.field(latents)(given["query"][0].numpy())
    assert_like_reference(latents.numpy(), case.expected["sampled_latents"], "latents")
    assert_like_reference(logits[None, :, None], case.expected["sampled_logits"], "logits")


def test_following_the_velocity_leads_from_noise_to_the_shape() -> None:
    shape, noise = torch.randn(2, 1, 5, 3).unbind()
    for flow in (FlowMatching(), FlowMatching(shift=3.0)):
        sigmas = flow.sigmas(7)
        assert sigmas[0] == 1
        assert sigmas[-1] == 0
        assert (sigmas.diff() < 0).all()
        latents = noise
        for sigma, next_sigma in pairwise(sigmas):
            torch.testing.assert_close(latents, noised(shape, noise, sigma[None]))
            latents = latents + (sigma - next_sigma) * velocity(shape, noise)
        torch.testing.assert_close(latents, shape)


# ---- a published folder ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_holopart(tmp_path_factory.mktemp("models") / "holopart")


@pytest.fixture(scope="module")
def snowman() -> tuple[Mesh, np.ndarray]:
    """Two balls, one on the other, each open where it meets the other; far from the origin and far larger than 1."""
    lower, upper = trimesh.creation.icosphere(3), trimesh.creation.icosphere(3, radius=0.6)
    lower.update_faces(lower.triangles_center[:, 2] < 0.85)
    upper.update_faces(upper.triangles_center[:, 2] > -0.45)
    upper.apply_translation([0, 0, 1.3])
    both = trimesh.util.concatenate([lower, upper])
    labels = np.repeat(np.array([0, 4], np.int32), [len(lower.faces), len(upper.faces)])
    return Mesh.from_triangles(both.vertices * 50 + (1000, 0, -300), both.faces, "Snowman"), labels


def made(folder: Path, mesh: Mesh, labels: np.ndarray, wanted: list[int] | None = None, **options: object) -> Completion:
    chosen = HoloPartCompleter(lambda: PartDiffusion.from_folder(folder), lambda placement: TINY)
    return chosen.complete(mesh, labels, wanted, Options(remesh=True, **options))


def test_every_part_is_closed_and_lies_where_it_was(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    mesh, labels = snowman
    completion = made(folder, mesh, labels)
    assert [part.label for part in completion.parts] == [0, 4]
    assert (completion.method, completion.weights) == ("holopart", "holopart")
    for part in completion.parts:
        assert part.measures.is_manifold
        assert part.measures.volume > 0
        patch = mesh.vertices[mesh.faces[labels == part.label]].reshape(-1, 3)
        middle, size = (patch.min(0) + patch.max(0)) / 2, np.ptp(patch, axis=0).max()
        assert (np.abs(part.vertices - middle) <= size / 2 * 1.05 / (0.95 * 0.7) + size / 50).all()


def test_what_was_visible_stays_and_the_rest_is_stitched_to_it(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    mesh, labels = snowman
    chosen = HoloPartCompleter(lambda: PartDiffusion.from_folder(folder), lambda placement: TINY)
    part = chosen.complete(mesh, labels, [4]).parts[0]
    kept = len(part.original_faces)
    assert part.made_by == "holopart"
    assert part.measures.is_watertight
    assert kept == (labels == 4).sum()
    assert np.array_equal(part.vertices[: len(part.input_vertices)], mesh.vertices[part.input_vertices])
    assert not part.generated[:kept].any()
    assert part.generated[kept:].all()
    assert len(part.generated) > kept


def test_the_same_seed_gives_the_same_parts_and_another_seed_others(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    first, again, other = (made(folder, *snowman, [4], seed=seed).parts[0].vertices for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_part_comes_out_the_same_whichever_others_are_completed(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    assert np.array_equal(made(folder, *snowman).parts[1].vertices, made(folder, *snowman, [4]).parts[0].vertices)


def test_further_proposals_are_those_of_the_following_seeds(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    several = made(folder, *snowman, [4], seed=5, proposals=2)
    assert np.array_equal(several.alternatives[0][0].vertices, made(folder, *snowman, [4], seed=6).parts[0].vertices)


def test_the_time_is_told_before_the_first_step_and_every_step_afterwards(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    told: list[tuple[float, str]] = []
    chosen = HoloPartCompleter(lambda: PartDiffusion.from_folder(folder), lambda placement: TINY)
    chosen.complete(*snowman, None, Options(remesh=True), lambda fraction, stage: told.append((fraction, stage)))
    stages = [stage for _, stage in told]
    estimate = next(number for number, stage in enumerate(stages) if stage.startswith("2 parts on ") and "about" in stage)
    steps = [number for number, stage in enumerate(stages) if "step" in stage]
    assert estimate < steps[0]
    told_of_steps = list(dict.fromkeys(stages[number] for number in steps))
    assert told_of_steps == [f"Part {part} of 2: step {step} of 3" for part in (1, 2) for step in (1, 2, 3)]
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_time_that_is_told_counts_the_proposals_that_are_asked_for_afterwards(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    stages: list[str] = []
    chosen = HoloPartCompleter(lambda: PartDiffusion.from_folder(folder), lambda placement: TINY)
    chosen.complete(*snowman, None, Options(remesh=True, proposals_ahead=2), lambda fraction, stage: stages.append(stage))
    assert any(stage.startswith("6 parts on ") for stage in stages)


def test_the_progress_of_the_steps_is_at_its_end_when_the_last_is_made(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    pipeline = PartDiffusion.from_folder(folder)
    conditions = pipeline.conditions(ObjectClouds(*snowman).part(0), TINY)
    told: list[float] = []
    latents = pipeline.latents(conditions, TINY, progress=lambda fraction, _: told.append(fraction))
    assert told == pytest.approx([0, 1 / 3, 2 / 3, 1])
    told.clear()
    pipeline.changed(latents, 0.5, conditions, TINY, progress=lambda fraction, _: told.append(fraction))
    assert told == pytest.approx([0, 1 / 2, 1])  # from half of the noise on there are fewer


def test_a_cancel_between_steps_keeps_the_parts_that_are_done(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    def watch(fraction: float, stage: str) -> None:
        if stage == "Part 2 of 2: step 2 of 3":
            raise Cancelled

    kept: list[int] = []
    chosen = HoloPartCompleter(lambda: PartDiffusion.from_folder(folder), lambda placement: TINY)
    with pytest.raises(Cancelled):
        chosen.complete(*snowman, None, Options(remesh=True), watch, lambda part: kept.append(part.label))
    assert kept == [0]


def test_a_reduced_form_is_told(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    assert any("reduced form" in note and "12 tokens" in note for note in made(folder, *snowman, [0]).notes)


def test_the_number_of_steps_can_be_chosen(folder: Path, snowman: tuple[Mesh, np.ndarray]) -> None:
    assert any("5 steps" in note for note in made(folder, *snowman, [0], steps=5).notes)
    with pytest.raises(PartgenError, match="1 step or more"):
        made(folder, *snowman, [0], steps=0)


def test_an_object_turned_inside_out_is_shown_as_if_it_looked_outward(folder: Path) -> None:
    ball = trimesh.creation.icosphere(3)
    labels = (ball.triangles_center[:, 2] > 0.3).astype(np.int32)
    for faces in (ball.faces, ball.faces[:, ::-1]):
        mesh = Mesh.from_triangles(ball.vertices, faces, "Ball")
        shown = ObjectClouds(mesh, labels).part(1)
        assert (shown.patch[:, :3] * shown.patch[:, 3:]).sum(axis=1).min() > 0
        assert (shown.whole[:, :3] * shown.whole[:, 3:6]).sum(axis=1).min() > 0
        assert made(folder, mesh, labels, [1]).parts[0].measures.volume > 0


def test_networks_are_shown_every_object_in_the_size_that_they_know(snowman: tuple[Mesh, np.ndarray]) -> None:
    mesh, labels = snowman
    cloud = ObjectClouds(mesh, labels).part(4)
    low, high = cloud.whole[:, :3].min(0), cloud.whole[:, :3].max(0)
    assert pytest.approx((high - low).max(), rel=0.01) == 2 * 0.95
    assert (low + high) / 2 == pytest.approx(np.zeros(3), abs=0.02)
    assert np.abs(cloud.local[:, :3]).max() == pytest.approx(0.95 * 0.7, rel=1e-5)
    shown = np.linalg.norm(cloud.frame.outward(cloud.local[:, :3]) - (1000, 0, -300 + 1.3 * 50), axis=1)
    assert shown == pytest.approx(np.full(len(shown), 30.0), rel=0.02)
    share = trimesh.Trimesh(mesh.vertices, mesh.faces[labels == 4], process=False).area / trimesh.Trimesh(mesh.vertices, mesh.faces).area
    assert cloud.whole[:, 6].mean() == pytest.approx(share, abs=0.02)


def test_a_part_without_surface_and_one_without_an_inside_stay_open(folder: Path, snowman: tuple[Mesh, np.ndarray], tmp_path: Path) -> None:
    mesh, labels = snowman
    assert made(folder, mesh, labels, [7]).parts[0].made_by == "open"
    hollow = shutil.copytree(folder, tmp_path / "hollow")
    pipeline = PartDiffusion.from_folder(hollow)
    pipeline.vae.decoder.proj_out.bias.data += 1000
    part = HoloPartCompleter(lambda: pipeline, lambda placement: TINY).complete(mesh, labels, [0]).parts[0]
    assert part.made_by == "open"
    assert "no inside" in part.notes[0]


def test_without_its_weights_the_method_offers_to_fetch_them() -> None:
    with pytest.raises(PartgenError) as caught:
        completer("holopart")
    assert caught.value.code == "weights.absent"
    assert caught.value.action is Action.OPEN_PREFERENCES


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "vae" / "config.json").unlink(),
        lambda folder: (folder / "vae" / "config.json").write_text("[]"),
        lambda folder: (folder / "transformer" / "diffusion_pytorch_model.safetensors").write_bytes(b"cut off"),
        lambda folder: (folder / "part_encoder" / "config.json").write_text(json.dumps({"dim": 32})),
        lambda folder: (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps({"use_dynamic_shifting": True})),
    ],
)
def test_damaged_weights_are_told_with_the_file(folder: Path, tmp_path: Path, spoil) -> None:
    spoiled = shutil.copytree(folder, tmp_path / "spoiled")
    spoil(spoiled)
    with pytest.raises(PartgenError, match=r"damaged: \w+/\w+\.(json|safetensors)") as caught:
        PartDiffusion.from_folder(spoiled)
    assert caught.value.code == "weights.damaged"


@torch.inference_mode()
def test_weights_stored_in_half_precision_work_in_float32_one_block_at_a_time(folder: Path) -> None:
    stored, pipeline = PartDiffusion.from_folder(folder), PartDiffusion.from_folder(folder).to(Placement(CPU, "float32"))
    latents, times, condition = torch.randn(2, 12, 4), torch.full((2,), 400.0), torch.randn(2, 9, 16)
    expected = stored.transformer.float()(latents, times, condition, condition)
    torch.testing.assert_close(pipeline.transformer(latents, times, condition, condition), expected)
    assert {weight.dtype for weight in pipeline.transformer.blocks.parameters()} == {torch.float16}


def test_half_precision_is_what_the_weights_were_made_for() -> None:
    assert place_for_half_precision({"PARTGEN_DEVICE": "cpu"}).precision == "float32"
    assert place_for_half_precision({"PARTGEN_DEVICE": "cpu", "PARTGEN_PRECISION": "bfloat16"}).precision == "bfloat16"


def test_the_released_networks_need_less_than_a_graphics_card_of_six_gigabytes_has() -> None:
    with torch.device("meta"):
        networks = PartEncoder(), PartDiT(), ShapeVAE()
    assert 2 * sum(weight.numel() for network in networks for weight in network.parameters()) < 4e9


def test_a_reduced_part_is_a_small_share_of_a_full_one() -> None:
    assert REDUCED.tokens * REDUCED.steps * 10 < FULL.tokens * FULL.steps
    assert REDUCED.cells < FULL.cells


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "about 5 seconds"), (42, "about 40 seconds"), (700, "about 12 minutes"), (12_600, "about 3.5 hours")]
)
def test_a_time_is_told_as_one_says_it(seconds: float, words: str) -> None:
    assert time_in_words(seconds) == words
