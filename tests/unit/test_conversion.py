"""A checkpoint becomes a safetensors file with the same tensors: once, checked, as a whole or not at all."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from dataclasses import replace
from math import prod
from pathlib import Path

import pytest
import torch
from checkpoints import lightning_checkpoint, saved, shrunken
from partgen.errors import PartgenError
from partgen.weights import conversion
from partgen.weights.conversion import convert, digest, git_digest
from partgen.weights.registry import Contents, Entry, entry
from safetensors.torch import load_file, save_file

SHAPES = {"embedding.stem.conv.weight": (2, 2), "norm.weight": (2,), "norm.num_batches_tracked": ()}
SMALL = replace(
    entry("sampart3d"), contents=Contents(tensors=3, parameters=7, shapes={"embedding.stem.conv.weight": (2, 2)}, may_hold_more=True)
)


def tensors_of_shapes(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def converted(wanted: Entry, content: object, folder: Path, **options: object) -> dict[str, torch.Tensor]:
    """What a network would read after the conversion of `content`."""
    target = folder / "weights.safetensors"
    written = convert(wanted, saved(content, folder / "published.pth"), target, **options)  # type: ignore[arg-type]
    tensors = load_file(target)
    assert (written.size, written.sha256, written.tensors) == (target.stat().st_size, digest(target), len(tensors))
    return tensors


def assert_equal(tensors: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert tensors.keys() == right.keys()
    for name, one in right.items():
        assert tensors[name].dtype == one.dtype
        assert torch.equal(tensors[name], one)


def test_a_checkpoint_with_the_structure_of_partfield_converts(tmp_path: Path, reference_folder: Path) -> None:
    manifest = json.loads((reference_folder / "partfield" / "manifest.json").read_text())["state_dict"]
    shapes = {name: shrunken(tuple(one["shape"])) for name, one in manifest.items()}
    partfield = entry("partfield")
    known = {name: shrunken(shape) for name, shape in partfield.contents.shapes.items()}
    small = replace(partfield, contents=Contents(partfield.contents.tensors, sum(map(prod, shapes.values())), known))
    right = tensors_of_shapes(shapes)
    assert_equal(converted(small, lightning_checkpoint(right), tmp_path, expected=shapes), right)


def test_what_the_registry_says_of_partfield_and_sampart3d_is_true_of_them(reference_folder: Path) -> None:
    for id in ("partfield", "sampart3d"):
        manifest = json.loads((reference_folder / id / "manifest.json").read_text())["state_dict"]
        contents = entry(id).contents
        assert contents.tensors == len(manifest)
        assert contents.parameters == sum(prod(one["shape"]) for one in manifest.values())
        assert all(tuple(manifest[name]["shape"]) == shape for name, shape in contents.shapes.items())


def test_what_the_registry_says_of_holopart_is_true_of_it(reference_folder: Path) -> None:
    files = [reference_folder / "holopart" / f"manifest_{part}.json" for part in ("vae", "transformer", "part_encoder")]
    tensors = [one["shape"] for file in files for one in json.loads(file.read_text())["state_dict"].values()]
    contents = entry("holopart").contents
    assert (contents.tensors, contents.parameters) == (len(tensors), sum(map(prod, tensors)))


@pytest.mark.parametrize("prefix", ["", "module.", "backbone.", "model.", "module.backbone.", "module.module."])
def test_names_lose_what_a_training_put_before_them(tmp_path: Path, prefix: str) -> None:
    right = tensors_of_shapes(SHAPES) | {"norm.num_batches_tracked": torch.tensor(7)}
    content = {"state_dict": {prefix + name: one for name, one in right.items()}, "epoch": 1}
    assert_equal(converted(SMALL, content, tmp_path), right)


def test_tensors_that_stand_by_themselves_are_found_as_well(tmp_path: Path) -> None:
    right = tensors_of_shapes(SHAPES)
    assert_equal(converted(SMALL, right, tmp_path), right)


def test_a_safetensors_file_is_taken_too(tmp_path: Path) -> None:
    right = tensors_of_shapes(SHAPES)
    save_file({f"module.{name}": one for name, one in right.items()}, tmp_path / "theirs.safetensors")
    convert(SMALL, tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors")
    assert_equal(load_file(tmp_path / "ours.safetensors"), right)


def test_tensors_that_share_memory_or_lie_crosswise_convert(tmp_path: Path) -> None:
    one = torch.arange(4.0).reshape(2, 2)
    right = {"embedding.stem.conv.weight": one.t(), "norm.weight": one[0], "other.weight": one, "again.weight": one}
    assert_equal(converted(replace(SMALL, contents=Contents()), right, tmp_path), right)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"embedding.stem.conv.weight": None}, "embedding.stem.conv.weight is missing"),
        ({"embedding.stem.conv.weight": (2, 3)}, "shape (2, 3) instead of (2, 2)"),
        ({"norm.weight": None}, "2 tensors instead of 3"),
        ({"norm.weight": (1,)}, "6 numbers instead of 7"),
    ],
)
def test_weights_of_another_network_are_refused_with_the_difference(
    tmp_path: Path, change: dict[str, tuple[int, ...] | None], told: str
) -> None:
    shapes = {name: shape for name, shape in {**SHAPES, **change}.items() if shape is not None}
    with pytest.raises(PartgenError, match="does not hold the weights of SAMPart3D") as caught:
        converted(SMALL, tensors_of_shapes(shapes), tmp_path)
    assert caught.value.code == "weights.other_network"
    assert told in caught.value.sentence
    assert "huggingface.co/yhyang-myron/SAMPart3D" in caught.value.remedy
    assert not (tmp_path / "weights.safetensors").exists()


def test_tensors_beside_the_networks_own_are_refused_where_none_may_be(tmp_path: Path) -> None:
    strict = replace(SMALL, contents=replace(SMALL.contents, may_hold_more=False))
    with pytest.raises(PartgenError, match="extra is too much"):
        converted(strict, tensors_of_shapes(SHAPES | {"extra": (1,)}), tmp_path, expected=SHAPES)
    with pytest.raises(PartgenError, match="4 tensors instead of 3"):
        converted(strict, tensors_of_shapes(SHAPES | {"extra": (1,)}), tmp_path)


def test_a_failed_conversion_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = saved(tensors_of_shapes(SHAPES), tmp_path / "published.pth")
    target = tmp_path / "weights.safetensors"
    convert(SMALL, source, target)
    before = target.read_bytes()

    def full(tensors: object, file: Path, metadata: object) -> None:
        file.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(conversion, "save_file", full)
    with pytest.raises(PartgenError, match="The disk is full") as caught:
        convert(SMALL, source, target)
    assert caught.value.code == "weights.disk_full"
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published.pth", "weights.safetensors"]


def test_a_large_checkpoint_converts_without_taking_memory_for_itself(tmp_path: Path) -> None:
    """400 MB of weights with twice as much of Adam beside them; own memory may grow by a tenth of that."""
    weights = {f"layer {number}": torch.zeros(5_000_000) for number in range(20)}
    moments = {number: {"exp_avg": one.clone(), "exp_avg_sq": one.clone()} for number, one in enumerate(weights.values())}
    source = saved({"state_dict": weights, "optimizer_states": [{"state": moments}]}, tmp_path / "large.ckpt")
    program = """
import sys, threading, time
from dataclasses import replace
from pathlib import Path
from partgen.weights.conversion import convert
from partgen.weights.registry import Contents, entry

def own_memory():
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

def watch():
    while True:
        most[0] = max(most[0], own_memory())
        time.sleep(0.002)

most = [own_memory()]
before = most[0]
threading.Thread(target=watch, daemon=True).start()
convert(replace(entry("partfield"), contents=Contents()), Path(sys.argv[1]), Path(sys.argv[2]))
print(most[0] - before)
"""
    command = [sys.executable, "-c", program, str(source), str(tmp_path / "weights.safetensors")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "weights.safetensors").stat().st_size > 400e6
    assert int(result.stdout) < 40_000, "kilobytes of own memory"


if not Path("/proc/self/status").exists():
    test_a_large_checkpoint_converts_without_taking_memory_for_itself = pytest.mark.skip("needs /proc")(
        test_a_large_checkpoint_converts_without_taking_memory_for_itself
    )


def test_small_files_are_known_by_the_name_that_git_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"hello\n")
    assert git_digest(path) == "ce013625030ba8dba906f756967f9e9ca394464a"
