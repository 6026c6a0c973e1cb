"""Turns a published checkpoint into one safetensors file: once, checked, as a whole or not at all.

The tensors stay mapped from the checkpoint while they are written, so that a file of many gigabytes needs no memory to
speak of.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ..errors import PartgenError
from .registry import Entry
from .unpickling import load_checkpoint, tensors_of

Shapes = Mapping[str, tuple[int, ...]]
Progress = Callable[[int], None]
"""Is told how many more bytes were dealt with."""

READING = 4 * 2**20
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class Written:
    """A file as it was written: bytes, sha256 in hexadecimal digits, and how many tensors it holds."""

    size: int
    sha256: str
    tensors: int


def convert(wanted: Entry, source: Path, target: Path, expected: Shapes | None = None) -> Written:
    """Writes the tensors of `source`, a checkpoint or a safetensors file, to the safetensors file `target`.

    `expected` are the names and shapes of all tensors that the network needs, where they are known. Raises PartgenError:
    "weights.unsafe", "weights.not_a_checkpoint", "weights.other_network" where the tensors are not those of `wanted`, and
    "weights.disk_full".
    """
    tensors = published_tensors(wanted, source)
    check_contents(wanted, tensors, source.name, expected)
    temporary = target.with_name(target.name + ".new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file(separated(tensors), temporary, metadata={"format": "pt", "source": source.name, "model": wanted.id})
        written = Written(temporary.stat().st_size, digest(temporary), len(tensors))
        os.replace(temporary, target)
    except (OSError, SafetensorError) as error:
        raise not_written(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return written


def published_tensors(wanted: Entry, source: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint or a safetensors file under the names that the network knows."""
    if is_safetensors(source):
        try:
            tensors = load_file(source)
        except (SafetensorError, OSError, ValueError) as error:
            sentence = f"{source.name} is incomplete or damaged."
            raise PartgenError("weights.not_a_checkpoint", sentence, "Download it again, or choose another file.") from error
    else:
        content = load_checkpoint(source)
        if wanted.state_key and isinstance(content, dict) and wanted.state_key in content:
            content = content[wanted.state_key]
        tensors = tensors_of(content, source)
    return without_prefix(wanted, tensors)


def without_prefix(wanted: Entry, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors under the shortest prefix beneath which the known ones are, without it. Wrappers for training such as
    DataParallel put "module." before each name, once or twice."""
    known = wanted.contents.shapes
    longer = ("".join(pair) for pair in product(wanted.strip_prefixes, repeat=2))
    for prefix in ("", *wanted.strip_prefixes, *longer):
        if known and all(prefix + name in tensors for name in known):
            return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return dict(tensors)


def check_contents(wanted: Entry, tensors: Mapping[str, torch.Tensor], name: str, expected: Shapes | None = None) -> None:
    """Raises PartgenError "weights.other_network" where the tensors are not those of `wanted`, with the first difference."""
    contents = wanted.contents
    needed = dict(contents.shapes) | dict(expected or {})
    for key, shape in needed.items():
        if key not in tensors:
            raise _other_network(wanted, name, f"{key} is missing")
        if tuple(tensors[key].shape) != tuple(shape):
            raise _other_network(wanted, name, f"{key} has the shape {tuple(tensors[key].shape)} instead of {tuple(shape)}")
    if expected is not None:
        surplus = sorted(set(tensors) - set(expected))
        if surplus and not contents.may_hold_more:
            raise _other_network(wanted, name, f"{surplus[0]} is too much")
        return
    parameters = sum(tensor.numel() for tensor in tensors.values())
    for what, count, right in (("tensors", len(tensors), contents.tensors), ("numbers", parameters, contents.parameters)):
        if right and (count < right or (count > right and not contents.may_hold_more)):
            raise _other_network(wanted, name, f"it has {count} {what} instead of {right}")


def separated(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Contiguous tensors, none of which shares memory with another: the format wants each by itself."""
    seen: set[int] = set()
    result = {}
    for name, tensor in tensors.items():
        memory = tensor.untyped_storage().data_ptr()
        is_own = memory not in seen or tensor.numel() == 0
        result[name] = tensor.contiguous() if is_own else tensor.clone(memory_format=torch.contiguous_format)
        seen.add(memory)
    return result


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a header, then the header."""
    try:
        with open(path, "rb") as file:
            beginning = file.read(9)
    except OSError as error:
        raise unreadable(path, error) from error
    return len(beginning) == 9 and beginning[8:] == b"{" and int.from_bytes(beginning[:8], "little") < path.stat().st_size


def digest(path: Path, progress: Progress | None = None) -> str:
    """The sha256 of a file, in hexadecimal digits. Raises OSError."""
    return _digest(path, hashlib.sha256(), progress)


def git_digest(path: Path) -> str:
    """The name that git gives a file, by which a hub knows its small files. Raises OSError."""
    return _digest(path, hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False), None)


def _digest(path: Path, hasher: hashlib._Hash, progress: Progress | None) -> str:
    with open(path, "rb") as file:
        for chunk in _chunks(file):
            hasher.update(chunk)
            if progress:
                progress(len(chunk))
    return hasher.hexdigest()


def _chunks(file: object) -> Iterable[bytes]:
    return iter(lambda: file.read(READING), b"")  # type: ignore[attr-defined]


def not_written(path: Path, error: Exception) -> PartgenError:
    """Why a file could not be written."""
    text = f"{error}".lower()
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "no space left" in text or "not enough space" in text:
        sentence = f"The disk is full: {path.name} could not be written to {path.parent}."
        return PartgenError("weights.disk_full", sentence, "Make room there or choose another models folder, then try again: it goes on.")
    why = getattr(error, "strerror", None) or type(error).__name__
    sentence = f"{path.name} could not be written to {path.parent} ({why})."
    return PartgenError("weights.not_writable", sentence, "Choose a models folder that can be written to.")


def unreadable(path: Path, error: OSError) -> PartgenError:
    """Why a file could not be read."""
    return PartgenError("weights.unreadable", f"{path} cannot be read ({error.strerror or error}).", "Choose another file.")


def _other_network(wanted: Entry, name: str, difference: str) -> PartgenError:
    sentence = f"{name} does not hold the weights of {wanted.title}: {difference}."
    return PartgenError("weights.other_network", sentence, f"Choose the file that is published at {wanted.page}.")
