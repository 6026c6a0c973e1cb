"""What a training leaves behind: weights as the product reads them, small enough for a package, and how they came about."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from .. import __version__
from ..errors import PartgenError

MOST_BYTES = 16 * 1024**2
"""Of a file: what package indexes and version control take without ado."""
HEADER_BYTES = 64 * 1024
"""Room that is left in each file for the names of its tensors."""
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
CONFIG = "config.json"
RECORD = "training.json"


def export(network: nn.Module, config: Mapping[str, Any], record: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes the weights, `config` that rebuilds the network, and `record` of how it was trained. Returns the files.

    Parameters in fp16, buffers as they are: statistics may reach beyond fp16. Where one file would be larger than
    MOST_BYTES there are several, and an index as Hugging Face's libraries write it. Raises PartgenError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("model*.safetensors"), folder / INDEX]:
        old.unlink(missing_ok=True)
    pieces = shards(halved(network))
    names = [WEIGHTS] if len(pieces) == 1 else [f"model-{i:05}-of-{len(pieces):05}.safetensors" for i in range(1, len(pieces) + 1)]
    for name, piece in zip(names, pieces, strict=True):
        (folder / name).write_bytes(save(piece, metadata={"format": "pt"}))  # its save_file lets the owner alone read it
    written = [folder / name for name in names]
    if len(pieces) > 1:
        total = sum(tensor.nbytes for piece in pieces for tensor in piece.values())
        where = {key: name for name, piece in zip(names, pieces, strict=True) for key in piece}
        written.append(_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": where}))
    return [*written, _json(folder / CONFIG, config), _json(folder / RECORD, record)]


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The weights that `export` wrote, in fp32. Raises PartgenError where there are none."""
    tensors: dict[str, Tensor] = {}
    try:
        for path in sorted(folder.glob("model*.safetensors")):
            tensors |= {name: tensor.float() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise PartgenError("training.damaged_weights", f"{path} cannot be read.", "Train them again.") from error
    if not tensors:
        raise PartgenError("training.no_weights", f"There are no weights in {folder}.", "Name the folder `weights` of a training.")
    return tensors


def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """What tells these weights from any others, however many files they are in."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + weights[name].numpy().tobytes())
    return digest.hexdigest()


def halved(network: nn.Module) -> dict[str, Tensor]:
    """All tensors of a network on the CPU, parameters in fp16. Raises PartgenError where one does not fit into that."""
    parameters = {name for name, _ in network.named_parameters()}
    tensors = {}
    for name, tensor in network.state_dict().items():
        tensors[name] = tensor.detach().to("cpu", torch.float16 if name in parameters else tensor.dtype).contiguous()
        if tensors[name].is_floating_point() and not tensors[name].isfinite().all():
            raise PartgenError("training.not_finite", f"{name} holds numbers that fp16 cannot hold.", "Train with a lower --learning-rate.")
    return tensors


def shards(tensors: Mapping[str, Tensor], most_bytes: int = MOST_BYTES) -> list[dict[str, Tensor]]:
    """The tensors in files of at most so many bytes, in their order. Raises PartgenError for one that alone is larger."""
    room = most_bytes - HEADER_BYTES
    files: list[dict[str, Tensor]] = [{}]
    used = 0
    for name, tensor in tensors.items():
        if tensor.nbytes > room:
            raise PartgenError("training.tensor_too_large", f"{name} alone is larger than {most_bytes} bytes.", "Train a smaller --size.")
        if used + tensor.nbytes > room:
            files.append({})
            used = 0
        files[-1][name] = tensor
        used += tensor.nbytes
    return files


def source_commit() -> str:
    """The version and, where it runs from a checkout, the commit; "with changes" where the code differs from that."""
    here = Path(__file__).parent
    try:
        command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty= with changes", "--exclude=*"]
        commit = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return f"partgen {__version__}"
    return f"partgen {__version__}, commit {commit}"


def _json(path: Path, values: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return path
