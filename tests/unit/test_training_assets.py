"""Learning from labelled meshes beside shapes, and going on from weights: what may be learned from, how often, and what is told of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from partgen.cli import main
from partgen.errors import PartgenError
from partgen.networks.superfaces import CALIBRATION
from partgen.shapes import Skin
from partgen.training.assets import AssetExamples, Assets, labelled_skin, read_asset
from partgen.training.examples import EVERY_HELD_OUT, START, Mixture, OwnPool, Source, held_out_seed, shape_seed
from partgen.training.export import export, read_weights
from partgen.training.recipe import recipe
from partgen.training.skins import MOST_FACES, regions_of_asset, treated_asset
from partgen.weights.registry import BUNDLED_FOLDER

CC0 = "CC0 1.0"
KNOWN_RECIPE = recipe("superfaces", "tiny")


def write_asset(path: Path, height: float = 2.0, **changed: object) -> Path:
    """A post on a plate, as a file that may be learned from, but for what is changed; None leaves an array out."""
    plate, post = trimesh.creation.box((2, 2, 0.4)), trimesh.creation.box((0.5, 0.5, height))
    post.apply_translation((0, 0, height / 2))
    both = trimesh.util.concatenate([plate, post])
    arrays: dict[str, object] = {
        "vertices": both.vertices, "faces": both.faces, "face_labels": np.repeat([3, 8], 12), "licence": CC0,
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=True, **{name: value for name, value in (arrays | changed).items() if value is not None})  # type: ignore[arg-type]
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labelled meshes, one of them in a folder in the folder."""
    write_asset(tmp_path / "assets" / "lamp.npz")
    write_asset(tmp_path / "assets" / "deeper" / "table.npz", height=1.0)
    return tmp_path / "assets"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Examples in place of those of shapes, which take far longer to make."""
    kept = tmp_path_factory.mktemp("examples")
    source = Source.of(KNOWN_RECIPE, kept)
    example = regions_of_asset(read_asset(write_asset(kept / "post.npz", height=3.0)), np.random.default_rng(0))
    for seed in [*map(shape_seed, range(START + 4)), *map(held_out_seed, range(8))]:
        np.savez(kept / f"{seed}.npz", allow_pickle=False, **example)
    assert source(shape_seed(0)) is not None
    return kept


def train(out: Path, cache: Path, *options: object, size: str = "tiny") -> int:
    command = ["train", "superfaces", "--size", size, "--steps", "3", "--out", str(out), "--cache", str(cache)]
    return main([*command, *map(str, options)])


def record(out: Path) -> dict:
    return json.loads((out / "weights" / "training.json").read_text())


def are_equal(one: Path, other: Path) -> bool:
    first, second = read_weights(one / "weights"), read_weights(other / "weights")
    return all(torch.equal(first[name], second[name]) for name in first)


# ---- learned from ----------------------------------------------------------------------------------------------------


def test_labelled_meshes_are_learned_from(tmp_path: Path, folder: Path, cache: Path) -> None:
    assert train(tmp_path / "without", cache) == 0
    assert train(tmp_path / "with", cache, "--assets", folder, "--asset-share", 0.5) == 0
    assert not are_equal(tmp_path / "without", tmp_path / "with")


def test_every_mesh_of_the_folder_is_drawn_with_its_labels(folder: Path) -> None:
    make = AssetExamples(Assets.of(folder), regions_of_asset)
    made = [make(seed) for seed in range(12)]
    assert {str(example["family"]) for example in made} == {"lamp", "table"}
    for example in made:
        assert example["cover"].shape == (len(example["areas"]), 2)
        assert example["cover"].sum() == pytest.approx(1, abs=1e-4)
        assert (example["cover"].sum(0) > 0.05).all()
        assert example["levels"].tolist() == [[0, 1]]
        labels = recipe("superfaces", "tiny").prepare(example)["labels"]
        assert np.array_equal(labels[0], labels[1])


def test_groups_of_parts_are_learned_from_where_a_mesh_tells_them(tmp_path: Path) -> None:
    told = read_asset(write_asset(tmp_path / "told.npz", levels=np.array([[0, 0], [0, 1]])))
    labels = KNOWN_RECIPE.prepare(regions_of_asset(told, np.random.default_rng(0)))["labels"]
    assert len(np.unique(labels[0])) == 2
    assert len(np.unique(labels[1])) == 1


def test_meshes_are_shown_as_they_are_and_changed_and_never_too_large() -> None:
    small, large = ball_of_two(2), ball_of_two(6)
    treated = [treated_asset(small, np.random.default_rng(seed)) for seed in range(40)]
    counts = [len(skin.faces) for skin in treated]
    assert 10 < counts.count(len(small.faces)) < 35
    assert min(counts) >= 0.35 * len(small.faces)
    uneven = [np.ptp(np.linalg.norm(skin.vertices - skin.vertices.mean(0), axis=1)) for skin in treated]
    assert 5 < np.less(uneven, 1e-4).sum() < 30
    assert len(large.faces) > MOST_FACES
    assert len(treated_asset(large, np.random.default_rng(0)).faces) <= MOST_FACES


def ball_of_two(subdivisions: int) -> Skin:
    ball = trimesh.creation.icosphere(subdivisions)
    return labelled_skin(ball.vertices, ball.faces, (ball.triangles_center[:, 2] > 0).astype(int))


@pytest.mark.parametrize("share", [0.25, 0.7])
def test_the_share_of_labelled_meshes_is_kept(share: float) -> None:
    def of(kind: int) -> Source:
        return Source("toy", lambda seed: {"kind": np.array(kind)}, lambda arrays: arrays)

    pool = OwnPool(Mixture(of(0), of(1), share), seed=0, reuse=1)
    kinds = [int(pool.draw(number)["kind"]) for number in range(4000)]
    assert np.mean(kinds) == pytest.approx(share, abs=0.04)
    assert np.mean(kinds[:400]) == pytest.approx(share, abs=0.15)  # from the beginning on


def test_what_a_network_is_tried_on_stays_shapes(tmp_path: Path, folder: Path, cache: Path) -> None:
    """So that the losses of trainings with and without labelled meshes can be compared."""
    shutil.copytree(cache, tmp_path / "cache")
    assert train(tmp_path / "run", tmp_path / "cache", "--assets", folder, "--asset-share", 1) == 0
    (kept,) = (tmp_path / "cache").glob("assets */")
    made = [int(path.stem) for path in kept.glob("*.npz")]
    assert made
    assert all(seed % EVERY_HELD_OUT for seed in made)


# ---- the same again --------------------------------------------------------------------------------------------------


def test_the_same_seed_and_meshes_train_the_same_network(tmp_path: Path, folder: Path, cache: Path) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere")
    for out, assets in (("one", folder), ("again", tmp_path / "elsewhere")):
        assert train(tmp_path / out, cache, "--seed", 5, "--assets", assets, "--asset-share", 0.5) == 0
    assert are_equal(tmp_path / "one", tmp_path / "again")
    assert record(tmp_path / "one")["assets"] == record(tmp_path / "again")["assets"]


def test_the_record_tells_which_meshes_and_names_no_folder(tmp_path: Path, folder: Path, cache: Path) -> None:
    assert train(tmp_path / "run", cache, "--assets", folder) == 0
    text = (tmp_path / "run" / "weights" / "training.json").read_text()
    told = json.loads(text)
    assert told["assets"] == {"files": 2, "digest": Assets.of(folder).digest, "share": 0.25}
    assert "--assets FOLDER --asset-share 0.25" in told["command"]
    assert str(tmp_path) not in text
    before = Assets.of(folder).digest
    write_asset(folder / "lamp.npz", height=2.5)
    assert Assets.of(folder).digest != before
    (folder / "lamp.npz").rename(folder / "torch.npz")
    assert Assets.of(folder).digest != before


def test_a_training_goes_on_with_the_same_meshes_or_not_at_all(
    tmp_path: Path, folder: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert train(out, cache, "--assets", folder) == 0
    more = ("--resume", out / "checkpoint.pt")
    command = ["train", "superfaces", "--steps", "4", "--out", str(out), "--cache", str(cache), "--resume", str(out / "checkpoint.pt")]
    assert main(command) == 1
    assert "learned from 2 labelled meshes" in capsys.readouterr().err
    assert train(out, cache, *more, "--assets", folder, "--asset-share", 0.5) == 1
    assert "share 0.5" in capsys.readouterr().err
    assert main([*command, "--assets", str(folder)]) == 0
    assert record(out)["assets"]["files"] == 2


# ---- what may be learned from ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "licence",
    [
        None,
        "",
        "CC BY-NC 4.0",
        "PSB data: no licence file in the mirror; research benchmark",
        "PartNet-Mobility: SAPIEN/PartNet terms (non-commercial research); the carrying repo states MIT",
        "MIT, for non-commercial use",
        "Permitted",
    ],
)
def test_a_mesh_without_a_permissive_licence_is_refused_by_name(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], licence: str | None
) -> None:
    write_asset(folder / "deeper" / "chair_17.npz", licence=licence)
    assert train(tmp_path / "run", tmp_path / "cache", "--assets", folder) == 1
    said = capsys.readouterr().err
    assert "chair_17.npz may not be learned from" in said
    assert "CC0, MIT, BSD or Apache" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("licence", ["CC0", "cc0-1.0", "MIT License", "BSD-3-Clause", "Apache License Version 2.0, January 2004"])
def test_a_mesh_with_a_permissive_licence_is_taken(tmp_path: Path, licence: str) -> None:
    assert len(read_asset(write_asset(tmp_path / "chair.npz", licence=licence)).skin.faces) == 24


@pytest.mark.parametrize("name", ["psb_vase_376", "pnm_box_100221", "partnet-4", "remeshed_PSB_12"])
def test_benchmarks_are_refused_whatever_licence_they_claim(tmp_path: Path, name: str) -> None:
    with pytest.raises(PartgenError, match=f"{name}.npz belongs to a benchmark"):
        Assets.of(write_asset(tmp_path / f"{name}.npz").parent)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"face_labels": None}, "face_labels"),
        ({"face_labels": np.zeros(24, int)}, "single part"),
        ({"levels": np.zeros((1, 3), int)}, "one for each part"),
        ({"face_labels": np.zeros(7, int)}, "one for each face"),
        ({"faces": np.full((24, 3), 99)}, "vertices that it has not"),
        ({"vertices": np.full((16, 3), np.nan)}, "three numbers"),
        ({"vertices": np.zeros((16, 3))}, "one point"),
        ({"licence": np.array([{"code": "to run"}], object)}, "pickle"),
    ],
)
def test_what_is_no_labelled_mesh_is_told_by_name(tmp_path: Path, changed: dict, reason: str) -> None:
    write_asset(tmp_path / "sofa.npz", **changed)
    with pytest.raises(PartgenError, match=rf"(?s)sofa\.npz is no labelled mesh.*{reason}"):
        Assets.of(tmp_path)


def test_damaged_and_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(PartgenError, match="no labelled meshes"):
        Assets.of(tmp_path / "absent")
    path = write_asset(tmp_path / "sofa.npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PartgenError, match=r"sofa\.npz is no labelled mesh"):
        Assets.of(tmp_path)


def test_options_that_do_nothing_are_refused(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", tmp_path / "cache", "--asset-share", 0.5) == 1
    assert "--assets" in capsys.readouterr().err
    options = ["--size", "tiny", "--steps", "1", "--out", str(tmp_path / "run"), "--assets", str(folder)]
    assert main(["train", "partfield-small", *options]) == 1
    assert "cannot learn from labelled meshes" in capsys.readouterr().err


# ---- going on from weights -------------------------------------------------------------------------------------------


def test_a_training_begins_with_the_weights_that_it_is_given(tmp_path: Path, cache: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert train(first, cache) == 0
    assert train(second, cache, "--seed", 9, "--begin-with", first / "weights", "--learning-rate", 1e-9) == 0
    before, after = read_weights(first / "weights"), read_weights(second / "weights")
    parameters = dict(KNOWN_RECIPE.build().named_parameters())
    assert all(torch.allclose(before[name], after[name], atol=1e-4) for name in parameters)
    assert len(record(second)["begun_with"]) == 64
    assert "--begin-with WEIGHTS" in record(second)["command"]
    assert str(tmp_path) not in (second / "weights" / "training.json").read_text()


def test_a_share_of_the_weights_that_it_began_with_stays(tmp_path: Path, cache: Path) -> None:
    first, plain, mixed = tmp_path / "first", tmp_path / "plain", tmp_path / "mixed"
    assert train(first, cache) == 0
    going_on = ["--begin-with", first / "weights", "--learning-rate", 1]
    assert train(plain, cache, *going_on) == 0
    assert train(mixed, cache, *going_on, "--keep", 0.3) == 0
    names = dict(KNOWN_RECIPE.build().named_parameters())
    kept = (read_weights(out / "weights") for out in (first, plain, mixed))
    before, after, found = (torch.cat([weights[name].flatten() for name in names]) for weights in kept)
    assert torch.dist(found, 0.3 * before + 0.7 * after) < 0.1 * torch.dist(found, after)
    assert "--keep 0.3" in record(mixed)["command"]


def test_what_cannot_be_kept_is_refused_before_anything_is_trained(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", cache, "--keep", 0.3) == 1
    assert "--begin-with" in capsys.readouterr().err
    weights = tmp_path / "earlier"
    export(torch.nn.Linear(2, 2), {}, {}, weights)
    options = ["--size", "tiny", "--steps", "1", "--out", str(tmp_path / "run"), "--begin-with", str(weights), "--keep", "0.3"]
    assert main(["train", "completer", *options]) == 1
    assert not (tmp_path / "run" / "weights").exists()


def test_the_bundled_weights_can_be_gone_on_from() -> None:
    weights = read_weights(BUNDLED_FOLDER / "superfaces")
    known = recipe("superfaces")
    network = known.build()
    assert known.begin is not None
    known.begin(network, weights)
    assert all(torch.equal(values.float(), weights[name]) for name, values in network.state_dict().items())
    assert float(network.state_dict()["node_scale.graphs"]) >= CALIBRATION  # the scales of the features stay as they were


def test_weights_of_another_size_are_refused(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", cache, "--begin-with", BUNDLED_FOLDER / "superfaces") == 1
    assert "--size" in capsys.readouterr().err
