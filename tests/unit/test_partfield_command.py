"""`partgen segment --method partfield`: from the authors' own file to labels and a tree, and their options on the way."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import lightning_checkpoint, saved
from numpy.typing import NDArray
from partgen.cli import main
from partgen.commands import method_options
from partgen.files import read_model
from partgen.networks.partfield import PartField, PartFieldConfig
from partgen.segmentation import partfield, published
from partgen.segmentation.clustering import labels_of_merges
from partgen.weights.registry import Contents, entry
from test_clustering import same_parts

SHRUNKEN = PartFieldConfig(
    z_triplane_channels=16, triplane_high_res=16, triplane_low_res=4, triplane_dim=28, transformer_dim=32, transformer_heads=2,
    sdf_channels=4, sdf_neurons=8, unet_start_channels=4, pvcnn_blocks=((16, 1, 6), (8, 2, 4), (16, 1, 3)),
)  # fmt: skip
"""As many layers and blocks as the released network has, each narrower."""
AS_LISTED = {"chain": "opt0", "faces": "opt1", "faces-knn": "opt1_knn", "components": "opt2", "components-knn": "opt2_knn"}
TWENTY = ("--levels", "1-20", "--points", "500")


def random_network(seed: int) -> PartField:
    torch.manual_seed(seed)
    return PartField(SHRUNKEN).eval()


@pytest.fixture
def burger(benchmark_folder: Path) -> Path:
    """A hamburger that somebody modelled, of several loose pieces."""
    return benchmark_folder / "labelled" / "pmndrs_burger-cheese.npz"


@pytest.fixture
def shrunken_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is known of the released network, for one of its structure and less width; an empty models folder."""
    tensors = random_network(0).state_dict()
    known = {name: tuple(tensors[name].shape) for name in entry("partfield").contents.shapes}
    contents = Contents(len(tensors), sum(prod(one.shape) for one in tensors.values()), known)
    monkeypatch.setitem(vars(entry("partfield")), "contents", contents)
    monkeypatch.setattr(partfield, "PartFieldConfig", lambda: SHRUNKEN)
    monkeypatch.setenv("PARTGEN_MODELS", str(tmp_path / "models"))


def segmented(file: Path, folder: Path, *options: str) -> dict[str, NDArray]:
    """What `partgen segment --method partfield` writes of a file."""
    assert main(["segment", str(file), "--method", "partfield", "--labels-dir", str(folder), *options]) == 0
    with np.load(folder / f"{file.stem}.npz") as arrays:
        return dict(arrays)


@pytest.mark.usefixtures("shrunken_release")
def test_the_authors_checkpoint_once_installed_takes_a_real_mesh_apart(
    tmp_path: Path, burger: Path, reference_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = random_network(4)
    manifest = json.loads((reference_folder / "partfield" / "manifest.json").read_text("utf-8"))["state_dict"]
    assert network.state_dict().keys() == manifest.keys()
    checkpoint = saved(lightning_checkpoint(network.state_dict()), tmp_path / "model_objaverse.ckpt")
    assert main(["models", "use", "partfield", str(checkpoint), "--accept-licence"]) == 0
    checkpoint.unlink()  # it is not needed any more, says the command
    found = segmented(burger, tmp_path / "labels", "--levels", "1-20")
    told = capsys.readouterr().out
    assert "PartField is ready" in told
    assert "(partfield, " in told

    model = read_model(burger)
    labels = found["face_labels"]
    assert (labels.shape, labels.dtype) == ((len(model.mesh.faces),), np.int32)
    assert 2 <= len(np.unique(labels)) == labels.max() + 1 <= partfield.MOST_PARTS
    assert found["levels"].tolist() == list(range(1, 21))
    for count, coarse, fine in zip(found["levels"], found["level_labels"], found["level_labels"][1:], strict=False):
        assert len(np.unique(coarse)) == count
        assert len(np.unique(np.stack([coarse, fine]), axis=1).T) == count + 1  # each fine part lies in one coarse part
    right, other = (partfield.PartFieldSegmenter(lambda: random_network(seed)).segment(model.mesh) for seed in (4, 5))  # noqa: B023
    np.testing.assert_array_equal(labels, right.labels())
    assert not same_parts(found["level_labels"][5], other.tree.cut_into(6)[other.leaf_of_face])  # so the weights have had a say


# ---- the authors' options ----------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(reference_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, NDArray]:
    """The authors' clusters of recorded features, which the network is made to find on the mesh in `recorded.npz`."""
    with np.load(reference_folder / "partfield" / "clustering.npz") as file:
        recorded = dict(file)
    np.savez(tmp_path / "recorded.npz", vertices=recorded["vertices"], faces=recorded["faces"])
    monkeypatch.setattr(partfield, "released_network", lambda: random_network(0))
    monkeypatch.setattr(partfield.PartFieldSegmenter, "_features", lambda *_: recorded["feat"])
    return recorded


@pytest.mark.parametrize("connectivity", ["chain", "faces", "faces-knn"])
def test_each_connectivity_gives_the_parts_that_the_authors_program_gives(
    recorded: dict[str, NDArray], connectivity: str, tmp_path: Path
) -> None:
    found = segmented(tmp_path / "recorded.npz", tmp_path / "labels", "--connectivity", connectivity, *TWENTY)
    assert found["levels"].tolist() == list(range(1, 21))
    for row, expected in enumerate(recorded[f"{AS_LISTED[connectivity]}_labels"]):
        assert same_parts(found["level_labels"][19 - row], expected), f"{20 - row} parts"


@pytest.mark.parametrize("connectivity", ["components", "components-knn"])
def test_components_joined_at_their_middles_give_the_parts_that_the_authors_program_gives(
    recorded: dict[str, NDArray], connectivity: str, tmp_path: Path
) -> None:
    """Several faces of the recorded mesh are as near to a middle, to the last bits of float64, which a Mesh does not keep."""
    faces, places = recorded["faces"], recorded["vertices"]
    right = published.published_tree(recorded["feat"], places[faces].mean(axis=1), faces, connectivity)
    for row, expected in enumerate(recorded[f"{AS_LISTED[connectivity]}_labels"]):
        assert same_parts(labels_of_merges(right.nodes, 20 - row)[right.region], expected), f"{20 - row} parts"
    found = segmented(tmp_path / "recorded.npz", tmp_path / "labels", "--connectivity", connectivity, *TWENTY)
    kept = places.astype(np.float32).astype(np.float64)
    ours = published.published_tree(recorded["feat"], kept[faces].mean(axis=1), faces, connectivity)
    for count, labels in zip(found["levels"], found["level_labels"], strict=True):
        assert same_parts(labels, labels_of_merges(ours.nodes, int(count))[ours.region]), f"{count} parts"


def test_every_connectivity_can_be_asked_for() -> None:
    assert (partfield.CONTACTS, *published.CONNECTIVITIES) == method_options.CONNECTIVITIES
    assert AS_LISTED.keys() == published.CONNECTIVITIES.keys()


def test_random_samples_and_vertices_are_read_where_asked_for(tmp_path: Path, burger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partfield, "released_network", lambda: random_network(0))
    read: dict[str, NDArray] = {}
    real = partfield.PartFieldSegmenter._features
    for name, options in {"ours": (), "random": ("--face-samples", "1000"), "vertices": ("--face-samples", "vertices")}.items():

        def keep(self: partfield.PartFieldSegmenter, *given: object) -> NDArray:
            read[name] = real(self, *given).astype(np.float32)  # type: ignore[arg-type]  # noqa: B023
            return read[name]  # noqa: B023

        monkeypatch.setattr(partfield.PartFieldSegmenter, "_features", keep)
        assert segmented(burger, tmp_path / name, *options)["face_labels"].max() > 0
    size = np.linalg.norm(read["ours"])
    assert np.linalg.norm(read["random"] - read["ours"]) < 0.03 * size
    assert 0.03 * size < np.linalg.norm(read["vertices"] - read["ours"]) < size


def test_cleaning_makes_one_of_pieces_that_nearly_touch_and_keeps_every_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two squares with a slit between them, one of them doubled, and a face so small that cleaning leaves nothing of it."""
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    speck = [[0.2, 0.2, 1], [0.201, 0.2, 1], [0.2, 0.201, 1]]
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7], [4, 6, 7], [8, 9, 10], [0, 1, 8]])
    np.savez(tmp_path / "slit.npz", vertices=np.concatenate([square, square + np.array([1.004, 0, 0]), speck]), faces=faces)
    monkeypatch.setattr(partfield, "released_network", lambda: random_network(0))
    merged = published.with_close_vertices_merged(np.load(tmp_path / "slit.npz")["vertices"], faces)
    np.testing.assert_array_equal(merged[[4, 7]], square[[1, 2]])
    seen: list[int] = []
    real = partfield.published_tree

    def keep(features: NDArray, centers: NDArray, corners: NDArray, connectivity: str) -> object:
        seen.append(len(corners))
        return real(features, centers, corners, connectivity)

    monkeypatch.setattr(partfield, "published_tree", keep)
    for options in ((), ("--clean",)):
        found = segmented(tmp_path / "slit.npz", tmp_path / "labels", "--connectivity", "chain", "--points", "500", *options)
        assert found["face_labels"].shape == (len(faces),)
    assert seen == [7, 5]
    assert found["face_labels"][3] == found["face_labels"][4]
    assert segmented(tmp_path / "slit.npz", tmp_path / "labels", "--clean", "--points", "500")["face_labels"].shape == (len(faces),)


@pytest.mark.parametrize("command", [["segment", "--labels-dir"], ["decompose", "-o"], ["segment", "--together", "--labels-dir"]])
@pytest.mark.parametrize("option", [["--connectivity", "chain"], ["--face-samples", "9"], ["--points", "9"], ["--clean"]])
def test_options_of_partfield_are_refused_for_other_methods_before_anything_is_done(
    command: list[str], option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "one.npz", vertices=np.eye(3), faces=[[0, 1, 2]])
    name, *rest = command
    assert main([name, str(tmp_path / "one.npz"), *rest, str(tmp_path / "out"), "--method", "geometric", *option]) == 1
    told = capsys.readouterr().err
    assert f"{option[0]} belongs to the method partfield, not to geometric." in told
    assert "--method partfield" in told
    assert not (tmp_path / "out").exists()


def test_wrong_values_are_refused_with_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    for option, told in ((["--connectivity", "star"], "faces-knn"), (["--face-samples", "few"], "few"), (["--points", "0"], "from 1 on")):
        with pytest.raises(SystemExit):
            main(["segment", "a.ply", "--labels-dir", "out", "--method", "partfield", *option])
        assert told in capsys.readouterr().err
