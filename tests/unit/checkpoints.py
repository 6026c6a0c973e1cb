"""Checkpoints as trainings leave them, and files that only look like one."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from yacs.config import CfgNode


def shrunken(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape with as many axes and at most two of each."""
    return tuple(min(2, side) for side in shape)


def lightning_checkpoint(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    """What PyTorch Lightning writes: weights, Adam's memory of each, where the loops were, settings as yacs nodes."""
    settings = CfgNode({"name": "shrunken", "triplane_resolution": 128, "dataset": {"data_path": "objaverse", "types": ["a", "b"]}})
    settings.freeze()
    moments = {
        number: {"step": torch.tensor(7.0), "exp_avg": one.clone(), "exp_avg_sq": one**2} for number, one in enumerate(tensors.values())
    }
    return {
        "epoch": 3,
        "global_step": np.int64(7),
        "pytorch-lightning_version": "2.2.0",
        "state_dict": OrderedDict(tensors),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 4, "completed": 3}}}},
        "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5), "best_model_path": "last.ckpt", "seen": {1, 2}}},
        "optimizer_states": [{"state": moments, "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.999), "params": list(moments)}]}],
        "lr_schedulers": [],
        "hparams_name": "cfg",
        "hyper_parameters": {"cfg": settings},
    }


class Calls:
    """Pickles as a call of a function with arguments, which is what an attack is."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def archive(path: Path, pickled: bytes, records: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip archive laid out as `torch.save` does, with this pickle."""
    with zipfile.ZipFile(path, "w", compression) as target:
        target.writestr("archive/data.pkl", pickled)
        target.writestr("archive/version", b"3\n")
        target.writestr("archive/byteorder", b"little")
        for name, content in (records or {}).items():
            target.writestr(name, content)
    return path


def tensor_pickle(shape: tuple[int, ...], count: int, stride: tuple[int, ...] | None = None) -> bytes:
    """The pickle of {"weight": tensor} as `torch.save` writes it, for a storage "0" of `count` floats, whatever is claimed."""

    def whole(number: int) -> bytes:
        size = (number.bit_length() + 8) // 8
        return b"\x8a" + bytes([size]) + number.to_bytes(size, "little", signed=True)

    def row(numbers: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(whole, numbers)) + b"t"

    def text(word: str) -> bytes:
        return b"X" + struct.pack("<I", len(word)) + word.encode()

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + whole(count) + b"tQ"
    hooks = b"ccollections\nOrderedDict\n)R"
    arguments = storage + whole(0) + row(shape) + row(stride or (1,) * len(shape)) + b"\x89" + hooks
    return b"\x80\x02}(" + text("weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tRu."


def pickled(content: Any, protocol: int = 2) -> bytes:
    """A pickle, as an attacker would make it."""
    return pickle.dumps(content, protocol)


def saved(content: Any, path: Path) -> Path:
    """`content` as `torch.save` writes it."""
    torch.save(content, path)
    return path


def old_format(content: Any, path: Path) -> Path:
    """`content` as PyTorch wrote it before 1.6."""
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=False)
    path.write_bytes(stream.getvalue())
    return path
