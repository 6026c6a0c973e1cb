"""`partgen segment --method partfield`: from the authors' own file to labels and a tree."""

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
from partgen.files import read_model
from partgen.networks.partfield import PartField, PartFieldConfig
from partgen.segmentation import partfield
from partgen.weights.registry import Contents, entry
from test_clustering import same_parts

SHRUNKEN = PartFieldConfig(
    z_triplane_channels=16, triplane_high_res=16, triplane_low_res=4, triplane_dim=28, transformer_dim=32, transformer_heads=2,
    sdf_channels=4, sdf_neurons=8, unet_start_channels=4, pvcnn_blocks=((16, 1, 6), (8, 2, 4), (16, 1, 3)),
)  # fmt: skip
"""As many layers and blocks as the released network has, each narrower."""


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
