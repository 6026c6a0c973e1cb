"""Solids that diffusion draws, as claims: parts stay closed and exclusive whatever is drawn, and the seed decides what that is."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from partgen.completion import Options, completer, drawn_solids
from partgen.completion.division import DividingCompleter, Say
from partgen.completion.drawn_solids import SAY, SUREST, DrawnSolids, clouds, drawn_division
from partgen.completion.generative import ClaimedDivision
from partgen.completion.part_clouds import OBJECT_HALF_SIZE, PATCH_HALF_SIZE, Frame, PartCloud
from partgen.completion.part_diffusion import PartDiffusion
from partgen.errors import Cancelled, PartgenError
from partgen.latent_diffusion.sampling import Effort
from partgen.mesh import Mesh
from partgen.training.completer import SIZES, CompleterNetwork
from partgen.training.examples import held_out_seed
from partgen.training.pairs import QUERIES, skin_pairs
from test_completion import knob_on_box
from test_generative import claimants_of

ANYWHERE = slice(QUERIES // 2, None)


@pytest.fixture(scope="module")
def untrained() -> PartDiffusion:
    """The pipeline of random networks: whatever it draws, promises hold."""
    torch.manual_seed(0)
    network = CompleterNetwork(SIZES["tiny"])
    torch.nn.init.normal_(network.transformer.proj_out.weight, std=0.5)
    return PartDiffusion(network.part_encoder, network.transformer, network.vae, network.flow)


def method(pipeline: PartDiffusion) -> DividingCompleter:
    def drawn(options: Options, say: Say) -> ClaimedDivision:
        return drawn_division(pipeline, options.seed, options.steps or 4, say)

    return DividingCompleter("generative", "completer", drawn)


def test_whatever_is_drawn_parts_are_closed_and_fill_the_object_together(untrained: PartDiffusion) -> None:
    mesh, labels = knob_on_box()
    parts = method(untrained).complete(mesh, labels).parts
    whole = Mesh.from_triangles(mesh.vertices, mesh.faces)
    corners = whole.vertices[whole.faces].astype(np.float64)
    volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert all(part.measures.is_watertight for part in parts)
    assert sum(part.measures.volume for part in parts) == pytest.approx(volume, rel=1e-3)
    assert all(np.isin(np.flatnonzero(labels == part.label), part.original_faces).all() for part in parts)


def test_the_seed_decides_what_is_drawn(untrained: PartDiffusion) -> None:
    mesh, labels = knob_on_box()
    claimants = claimants_of(mesh.vertices, mesh.faces, labels)
    points = np.random.default_rng(0).uniform(-0.9, 0.9, (500, 3))
    first, again, other = (DrawnSolids(untrained, seed, 4)(claimants, points) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    assert np.abs(first).max() <= SAY * SUREST


def test_more_steps_draw_something_else(untrained: PartDiffusion) -> None:
    mesh, labels = knob_on_box()
    few, many = (completer("generative", "completer").complete(mesh, labels, None, Options(steps=steps)).parts for steps in (1, 12))
    assert [part.measures.volume for part in few] != pytest.approx([part.measures.volume for part in many], rel=1e-6)


def test_drawing_says_which_part_it_draws_and_how_long_the_rest_takes_and_can_be_cancelled(
    untrained: PartDiffusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partgen.completion.influence.CELLS", 24)
    mesh, labels = knob_on_box()
    said: list[str] = []
    method(untrained).complete(mesh, labels, progress=lambda fraction, stage: said.append(stage))
    drawing = [stage for stage in said if stage.startswith("Drawing")]
    assert drawing[0] == "Drawing part 1 of 2 in 4 steps"
    assert re.fullmatch(r"Drawing part 2 of 2 in 4 steps, about .* left", drawing[1])
    cancelled: list[str] = []

    def cancel(fraction: float, stage: str) -> None:
        cancelled.append(stage)
        if stage.startswith("Drawing part 2"):
            raise Cancelled

    with pytest.raises(Cancelled):
        method(untrained).complete(mesh, labels, progress=cancel)
    assert cancelled[-1].startswith("Drawing part 2")


def test_the_bundled_network_draws_the_part_that_it_is_shown() -> None:
    """Of shapes that it never learned from, at points anywhere in the box: nearer to the true solid than to that of another part."""
    parts = [values for values in (skin_pairs(held_out_seed(index)) for index in range(2, 12)) if values is not None]
    pipeline = drawn_solids.bundled_pipeline()
    effort = Effort(pipeline.part_encoder.config.num_tokens, drawn_solids.STEPS, guidance=drawn_solids.GUIDANCE)
    own, others = [], []
    for number, part in enumerate(parts):
        cloud = PartCloud(part["patch"][0], part["whole"][0], part["local"][0], Frame(np.zeros(3), 1.0))
        field = pipeline.field(pipeline.latents(pipeline.conditions(cloud, effort), effort))
        for truth, found in ((part, own), (parts[number - 1], others)):
            inside, drawn_inside = truth["inside"][0, ANYWHERE] > 0, field(truth["query"][0, ANYWHERE]) > 0
            found.append((inside & drawn_inside).sum() / max((inside | drawn_inside).sum(), 1))
    assert np.mean(own) > 0.25
    assert np.mean(own) > 2 * np.mean(others)


def test_the_network_sees_every_part_where_it_lies_in_the_whole(untrained: PartDiffusion) -> None:
    mesh, labels = knob_on_box()
    claimants = claimants_of(mesh.vertices, mesh.faces, labels)
    for claimant, cloud in zip(claimants, clouds(claimants, 0), strict=True):
        assert np.ptp(cloud.local[:, :3], axis=0).max() == pytest.approx(2 * PATCH_HALF_SIZE, rel=1e-4)
        assert np.ptp(cloud.whole[:, :3], axis=0).max() == pytest.approx(2 * OBJECT_HALF_SIZE, rel=0.1)
        back = cloud.frame.outward(cloud.local[:, :3])
        assert (back >= claimant.samples.min(axis=0) - 1e-4).all()
        assert (back <= claimant.samples.max(axis=0) + 1e-4).all()
        marked = cloud.whole[cloud.whole[:, 6] == 1, :3]
        low, high = cloud.patch[:, :3].min(axis=0), cloud.patch[:, :3].max(axis=0)
        assert ((marked > low - 0.1) & (marked < high + 0.1)).all()


def test_a_model_that_a_method_cannot_work_with_is_refused_by_name() -> None:
    for chosen, model in (("solid", "completer"), ("generative", "holopart"), ("holopart", "claims"), ("generative", "nothing")):
        with pytest.raises(PartgenError, match=model) as caught:
            completer(chosen, model)
        assert caught.value.code == "method.other_model"


def test_without_pytorch_the_drawn_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partgen.completion.is_torch_installed", lambda: False)
    with pytest.raises(PartgenError, match="PyTorch") as caught:
        completer("generative", "completer")
    assert caught.value.code == "method.no_torch"
    assert completer("generative").method == "generative"


def test_weights_that_are_not_whole_are_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(drawn_solids, "location", lambda id: tmp_path)
    drawn_solids.bundled_pipeline.cache_clear()
    with pytest.raises(PartgenError) as caught:
        completer("generative", "completer").complete(*knob_on_box())
    assert caught.value.code == "weights.damaged"
