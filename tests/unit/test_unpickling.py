"""A foreign checkpoint gives its tensors, and nothing that it holds ever runs."""

from __future__ import annotations

import builtins
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
import torch
from checkpoints import Calls, archive, lightning_checkpoint, old_format, pickled, saved, tensor_pickle
from partgen.errors import PartgenError
from partgen.weights import unpickling
from partgen.weights.unpickling import load_checkpoint, names_called, tensors_of

WEIGHTS = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.ones(2, dtype=torch.float16), "steps": torch.tensor(5)}


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    """A file that exists as soon as any payload ran."""
    return tmp_path / "it ran"


def payload(witness: Path) -> str:
    return f"import pathlib; pathlib.Path({str(witness)!r}).touch()"


def touch(path: str) -> None:
    Path(path).touch()


def refused(path: Path, witness: Path, code: str = "weights.unsafe") -> PartgenError:
    """The error with which a file is refused, and proof that nothing in it ran."""
    with pytest.raises(PartgenError) as caught:
        tensors_of(load_checkpoint(path), path)
    assert caught.value.code == code, caught.value
    assert path.name in caught.value.sentence
    assert caught.value.remedy
    assert not witness.exists(), "the payload ran"
    return caught.value


def test_tensors_of_a_plain_checkpoint_arrive_unchanged(tmp_path: Path) -> None:
    path = saved(WEIGHTS, tmp_path / "plain.pth")
    tensors = tensors_of(load_checkpoint(path), path)
    assert tensors.keys() == WEIGHTS.keys()
    for name, right in WEIGHTS.items():
        assert tensors[name].dtype == right.dtype
        assert torch.equal(tensors[name], right)


def test_a_checkpoint_of_lightning_opens_with_its_settings_and_adam_state(tmp_path: Path) -> None:
    path = saved(lightning_checkpoint(WEIGHTS), tmp_path / "lightning.ckpt")
    content = load_checkpoint(path)
    assert torch.equal(tensors_of(content["state_dict"], path)["layer.weight"], WEIGHTS["layer.weight"])
    assert content["epoch"] == 3
    assert "yacs" not in type(content["hyper_parameters"]["cfg"]).__module__


def test_settings_of_a_package_that_is_not_installed_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(lightning_checkpoint(WEIGHTS), tmp_path / "lightning.ckpt")
    for name in [name for name in sys.modules if name.split(".")[0] == "yacs"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "yacs", None)
    assert load_checkpoint(path)["global_step"] is not None


def test_parameters_count_as_tensors(tmp_path: Path) -> None:
    path = saved({"weight": torch.nn.Parameter(torch.ones(3))}, tmp_path / "parameter.pth")
    assert not tensors_of(load_checkpoint(path), path)["weight"].requires_grad


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_call_of_the_shell_is_refused_by_name(tmp_path: Path, witness: Path, protocol: int) -> None:
    attack = pickled({"state_dict": Calls(os.system, f"touch '{witness}'")}, protocol)
    told = refused(archive(tmp_path / "shell.ckpt", attack), witness)
    assert "system" in told.sentence
    assert "Nothing of it ran" in told.sentence


@pytest.mark.parametrize(
    ("function", "name"),
    [(eval, "eval"), (exec, "exec"), (getattr, "getattr"), (__import__, "__import__"), (open, "open"), (builtins.compile, "compile")],
)
def test_builtins_that_do_anything_are_refused_by_name(tmp_path: Path, witness: Path, function: object, name: str) -> None:
    attack = pickled({"state_dict": Calls(function, payload(witness))})
    assert name in refused(archive(tmp_path / "builtin.ckpt", attack), witness).sentence


def test_a_chain_of_getattr_to_the_shell_is_refused(tmp_path: Path, witness: Path) -> None:
    chain = f"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\ntRS'system'\ntR(S\"touch '{witness}'\"\ntR."
    assert "getattr" in refused(archive(tmp_path / "chain.ckpt", chain.encode()), witness).sentence


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("torch", "load"),
        ("torch.hub", "load"),
        ("torch.jit", "load"),
        ("torch.serialization", "load"),
        ("torch._utils", "_rebuild_wrapper_subclass"),
        ("torch.storage", "_load_from_bytes"),
        ("torch.storage", "UntypedStorage"),
        ("builtins", "bytearray"),
        ("numpy", "load"),
        ("pickle", "loads"),
        ("subprocess", "Popen"),
        ("runpy", "_run_code"),
        ("partgen.weights.unpickling", "load_checkpoint"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
        ("collections", "OrderedDict.__class__"),
    ],
)
def test_whatever_is_not_needed_for_tensors_is_refused_by_name(tmp_path: Path, witness: Path, module: str, name: str) -> None:
    attack = b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X" + struct.pack("<I", 5) + b"1e999" + b"\x85R."
    assert f"{module}.{name}" in refused(archive(tmp_path / "other.ckpt", attack), witness).sentence


def test_an_attack_behind_good_tensors_is_refused(tmp_path: Path, witness: Path) -> None:
    content = lightning_checkpoint(WEIGHTS) | {"callbacks": [{"deep": {"down": (1, [Calls(os.system, f"touch '{witness}'")])}}]}
    assert "system" in refused(saved(content, tmp_path / "behind.ckpt"), witness).sentence


def test_a_name_put_together_from_memory_is_refused(tmp_path: Path, witness: Path) -> None:
    command = f"touch '{witness}'".encode()
    words = b"\x80\x04\x8c\x02os\x940\x8c\x06system\x940"  # both texts are remembered and dropped
    attack = words + b"h\x00h\x01\x93" + b"\x8c" + bytes([len(command)]) + command + b"\x85R."
    assert "os.system" in refused(archive(tmp_path / "memory.ckpt", attack), witness).sentence


def test_a_registered_extension_and_an_outside_object_are_refused(tmp_path: Path, witness: Path) -> None:
    refused(archive(tmp_path / "extension.ckpt", b"\x80\x02\x82\x01."), witness)
    refused(archive(tmp_path / "outside.ckpt", b"Pevil\n."), witness)


@pytest.mark.parametrize("function", [os.system, eval, exec, getattr, __import__, open, os.mkdir])
def test_the_fence_of_pytorch_holds_where_ours_is_taken_away(
    tmp_path: Path, witness: Path, function: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpickling, "check_pickle", lambda pickle, name: None)
    refused(archive(tmp_path / "attack.ckpt", pickled(Calls(function, str(witness)))), witness, "weights.not_a_checkpoint")


def test_the_inert_stand_ins_run_nothing_of_the_class_that_they_stand_for(
    tmp_path: Path, witness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("yacs.config")

    class CfgNode(dict):  # type: ignore[type-arg]
        def __init__(self, *arguments: object) -> None:
            touch(str(witness))

        def __setstate__(self, state: object) -> None:
            touch(str(witness))

    module.CfgNode = CfgNode  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "yacs.config", module)
    attack = b"\x80\x02}X\x01\x00\x00\x00acyacs.config\nCfgNode\n)R}X\x01\x00\x00\x00bK\x01sbs."
    load_checkpoint(archive(tmp_path / "settings.ckpt", attack))
    assert not witness.exists()


def test_a_bare_pickle_is_refused_by_what_it_calls(tmp_path: Path, witness: Path) -> None:
    path = tmp_path / "bare.pkl"
    path.write_bytes(pickled(Calls(os.system, f"touch '{witness}'"), protocol=0))
    assert "system" in refused(path, witness).sentence


def test_a_harmless_bare_pickle_is_told_from_a_checkpoint(tmp_path: Path, witness: Path) -> None:
    path = tmp_path / "bare.pkl"
    path.write_bytes(pickle.dumps({"a": [1, 2, 3]}))
    refused(path, witness, "weights.old_format")


def test_an_old_checkpoint_is_refused_with_the_way_to_mend_it(tmp_path: Path, witness: Path) -> None:
    told = refused(old_format(WEIGHTS, tmp_path / "old.pth"), witness, "weights.old_format")
    assert "torch.save" in told.remedy


def test_a_program_of_torchscript_is_refused(tmp_path: Path, witness: Path) -> None:
    path = archive(tmp_path / "script.pt", pickled({}), {"archive/constants.pkl": pickled(()), "archive/code/__torch__.py": b"evil()"})
    assert "TorchScript" in refused(path, witness).sentence


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "archive/../../evil", "..\\evil", "C:\\evil", "\\\\host\\evil"])
def test_an_archive_whose_names_lead_out_is_refused(tmp_path: Path, witness: Path, name: str) -> None:
    refused(archive(tmp_path / "path.ckpt", pickled({}), {name: b"evil"}), witness, "weights.not_a_checkpoint")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, witness: Path) -> None:
    path = archive(tmp_path / "bomb.ckpt", pickled({}), {"archive/data/0": bytes(200 * 2**20)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    assert "compressed" in refused(path, witness, "weights.not_a_checkpoint").sentence


def test_an_archive_with_two_descriptions_is_refused(tmp_path: Path, witness: Path) -> None:
    path = archive(tmp_path / "two.ckpt", tensor_pickle((1,), 1), {"archive/data/0": bytes(4)})
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as target:
        target.writestr("archive/data.pkl", pickled(Calls(os.system, f"touch '{witness}'")))
    refused(path, witness, "weights.not_a_checkpoint")
    other = archive(tmp_path / "other.ckpt", pickled({}), {"other/data.pkl": pickled(Calls(os.system, f"touch '{witness}'"))})
    refused(other, witness, "weights.not_a_checkpoint")


def test_a_hand_made_tensor_arrives(tmp_path: Path) -> None:
    """The builder of the false tensors below makes true ones as well."""
    path = archive(tmp_path / "true.ckpt", tensor_pickle((2, 3), 6, (3, 1)), {"archive/data/0": struct.pack("<6f", *range(6))})
    assert tensors_of(load_checkpoint(path), path)["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("shape", "count", "stride"),
    [
        ((2**40,), 2**40, (1,)),  # the storage claims four terabytes
        ((2**40,), 4, (1,)),  # the tensor claims more than its storage
        ((2**20, 2**20), 4, (0, 0)),  # a small storage, repeated without end
        ((2**62, 4), 4, (1, 1)),  # the count does not fit a number of the machine
        ((-5,), 4, (1,)),
        ((4,), -4, (1,)),
    ],
)
def test_a_tensor_that_claims_terabytes_is_refused(
    tmp_path: Path, witness: Path, shape: tuple[int, ...], count: int, stride: tuple[int, ...]
) -> None:
    path = archive(tmp_path / "large.ckpt", tensor_pickle(shape, count, stride), {"archive/data/0": bytes(16)})
    refused(path, witness, "weights.not_a_checkpoint")


def test_many_names_for_one_tensor_do_not_add_up_to_more_than_the_file(tmp_path: Path, witness: Path) -> None:
    one = torch.ones(1000)
    path = saved({f"copy {number}": one for number in range(1000)}, tmp_path / "copies.pth")
    refused(path, witness, "weights.not_a_checkpoint")


def test_a_dictionary_of_other_things_is_refused(tmp_path: Path, witness: Path) -> None:
    for content in ({"a": 1}, {"a": "text"}, {1: torch.ones(1)}, {}, [torch.ones(1)], {"a": torch.ones(2).to_sparse()}):
        path = saved(content, tmp_path / "other.pth")
        with pytest.raises(PartgenError) as caught:
            tensors_of(load_checkpoint(path), path)
        assert caught.value.code in ("weights.not_a_checkpoint", "weights.unsafe")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_told_to_be_incomplete(tmp_path: Path, witness: Path, share: float) -> None:
    whole = saved(lightning_checkpoint(WEIGHTS), tmp_path / "whole.ckpt").read_bytes()
    path = tmp_path / "cut.ckpt"
    path.write_bytes(whole[: int(len(whole) * share)])
    refused(path, witness, "weights.not_a_checkpoint")


@pytest.mark.parametrize("content", [b"", b"hello", b"<html>Log in</html>", b"PK\x03\x04", b"PK" + bytes(100), bytes(1000), b"\x80\x02"])
def test_a_file_that_is_something_else_is_told_to_be(tmp_path: Path, witness: Path, content: bytes) -> None:
    path = tmp_path / "other.ckpt"
    path.write_bytes(content)
    refused(path, witness, "weights.not_a_checkpoint")


@pytest.mark.parametrize("end", range(1, 60, 7))
def test_a_pickle_that_breaks_off_is_told_to(tmp_path: Path, witness: Path, end: int) -> None:
    path = archive(tmp_path / "cut.ckpt", tensor_pickle((1,), 1)[:-end], {"archive/data/0": bytes(4)})
    refused(path, witness, "weights.not_a_checkpoint")


def test_a_description_that_was_changed_anywhere_gives_tensors_or_an_error_for_the_artist(tmp_path: Path) -> None:
    """No other exception, no crash, no endless loop: four bytes of the pickle at random, a thousand times."""
    whole = saved(lightning_checkpoint(WEIGHTS), tmp_path / "whole.ckpt")
    with zipfile.ZipFile(whole) as source:
        records = {name: source.read(name) for name in source.namelist()}
    (description,) = (name for name in records if name.endswith("/data.pkl"))
    random = Random(0)
    codes = set()
    for _ in range(1000):
        content = bytearray(records[description])
        for _ in range(random.randint(1, 4)):
            content[random.randrange(len(content))] = random.choice(b"(.}]QRcibtu\x80\x81\x93Rr q\x8a0123")
        path = tmp_path / "changed.ckpt"
        with zipfile.ZipFile(path, "w") as target:
            for name, record in records.items():
                target.writestr(name, bytes(content) if name == description else record)
        try:
            loaded = load_checkpoint(path)
            tensors_of(loaded.get("state_dict") if isinstance(loaded, dict) else loaded, path)
        except PartgenError as error:
            codes.add(error.code)
    assert codes == {"weights.unsafe", "weights.not_a_checkpoint"}


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(PartgenError) as caught:
        load_checkpoint(tmp_path / "nowhere.ckpt")
    assert "nowhere.ckpt" in caught.value.sentence


def test_names_in_a_pickle_are_found_without_running_it(witness: Path) -> None:
    attack = pickled([Calls(os.system, f"touch '{witness}'"), Calls(eval, payload(witness))])
    assert [name.split(".")[-1] for name in names_called(attack)] == ["system", "eval"]
    assert not witness.exists()
