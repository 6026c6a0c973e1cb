"""Hands the tensors of an entry to its network, from what was bundled, converted or published as safetensors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from ..errors import Action, PartgenError
from .registry import BUNDLED_FOLDER, CONVERTED, ENTRIES, Entry, State, absent, condition, entry, models_folder


def load(id: str, folder: Path | None = None, device: str = "cpu", entries: tuple[Entry, ...] = ENTRIES) -> dict[str, torch.Tensor]:
    """All tensors of an entry by name, on `device`, in the precision in which they are stored.

    Where an entry has several files, the names of each begin with its component, e.g. "vae.". Raises PartgenError
    "weights.unknown", "weights.absent" or "weights.damaged".
    """
    wanted = entry(id, entries)
    home = location(id, folder, entries)
    tensors: dict[str, torch.Tensor] = {}
    for path, prefix in _files(wanted, home):
        try:
            loaded = load_file(path, device=device)
        except (SafetensorError, OSError, ValueError) as error:
            sentence = f"The weights of {wanted.title} are damaged: {path.name} cannot be read."
            remedy = f"Download them again, or run: partgen models download {wanted.id}"
            raise PartgenError("weights.damaged", sentence, remedy, Action.OPEN_PREFERENCES) from error
        tensors |= {prefix + name: tensor for name, tensor in loaded.items()}
    return tensors


def location(id: str, folder: Path | None = None, entries: tuple[Entry, ...] = ENTRIES) -> Path:
    """The folder of an entry that is ready, for libraries that read folders. Raises PartgenError like `load`."""
    wanted = entry(id, entries)
    folder = models_folder(folder)
    now = condition(wanted, folder)
    if not now.is_usable:
        raise absent(wanted, now)
    return BUNDLED_FOLDER / wanted.id if now.state is State.BUNDLED else folder / wanted.id


def _files(wanted: Entry, home: Path) -> list[tuple[Path, str]]:
    """The safetensors files of an entry that is ready, with the prefix of their names."""
    if wanted.pickled:
        return [(home / CONVERTED, "")]
    return [(home / file.path, file.prefix) for file in wanted.files if file.path.endswith(".safetensors")]
