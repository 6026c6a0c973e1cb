"""Opens checkpoints of others without running anything that they hold.

A PyTorch checkpoint is a zip archive with raw numbers and a pickle that says what they are, and a pickle is a program.
Three fences, each of which would do alone:

1. The archive is looked over: it must be what `torch.save` writes, uncompressed, no name twice, no name that leads out.
2. The pickle is read, not run, and everything that it would call by name is compared with the few names that a
   dictionary of tensors needs. Whatever else it names ends it here, by name.
3. PyTorch's own restricted unpickler (`weights_only`) builds the tensors, which stay in the file (memory-mapped).

Classes that a training leaves in a checkpoint beside its tensors (settings, mostly) become plain dictionaries or `Inert`
objects; theirs are never imported. Formats older than PyTorch 1.6 are refused: reading them needs trust in numbers that they
state about themselves, and nothing that we use is published in one.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from ..errors import PartgenError

LONGEST_PICKLE = 64 * 2**20
"""Bytes. The description of ten thousand tensors takes two million."""

MOST_RECORDS = 200_000

STORAGES = frozenset(
    f"torch.{kind}Storage"
    for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexFloat", "ComplexDouble")
)
BUILDERS = frozenset(
    {
        "collections.OrderedDict",
        "builtins.set",
        "torch.Size",
        "torch.device",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "_codecs.encode",
    }
)
DATA_TYPES = frozenset(
    f"torch.{name}" for name in ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool")
)
SETTINGS = frozenset(
    {
        "yacs.config.CfgNode",
        "pytorch_lightning.utilities.parsing.AttributeDict",
        "lightning.pytorch.utilities.parsing.AttributeDict",
        "lightning_fabric.utilities.data.AttributeDict",
        "lightning.fabric.utilities.data.AttributeDict",
    }
)
"""Kinds of dictionary in which a training keeps its settings."""

LEFTOVERS = frozenset(
    {
        "argparse.Namespace",
        "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
        "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
    }
)
"""What else a training leaves behind."""

ALLOWED = STORAGES | BUILDERS | DATA_TYPES | SETTINGS | LEFTOVERS

PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins"}

REMEDY = "Do not use this file; download it from where its authors publish it."


class Table:
    """Stands where a kind of dictionary was: what is made of it is a plain one, which the unpickler may fill."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        return OrderedDict()


class Inert:
    """Stands where another class was: takes everything, keeps nothing, does nothing."""

    def __new__(cls, *arguments: Any, **named: Any) -> Inert:
        return super().__new__(cls)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def load_checkpoint(path: Path) -> Any:
    """What a checkpoint holds: dictionaries, lists, numbers, text, and tensors that are mapped from the file.

    The file must stay until the tensors are gone. Raises PartgenError "weights.unsafe" where it holds something else, and
    "weights.not_a_checkpoint" where it is none, is incomplete, or says of its tensors what cannot be true.
    """
    check_pickle(_pickle_of_archive(path), path.name)
    stand_ins: list[Any] = [*((Table, name) for name in SETTINGS), *((Inert, name) for name in LEFTOVERS)]
    try:
        with torch.serialization.safe_globals(stand_ins):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except MemoryError as error:
        raise _not_a_checkpoint(path.name, "it claims more memory than there is") from error
    except Exception as error:  # the unpickler and the reader of archives raise whatever they trip over
        raise _not_a_checkpoint(path.name, "its content does not fit together") from error


def tensors_of(content: Any, path: Path) -> dict[str, torch.Tensor]:
    """A dictionary of names and plain tensors, checked: each dense, and none larger than the file that it comes from.

    Raises PartgenError "weights.not_a_checkpoint".
    """
    if not isinstance(content, dict) or not content:
        raise _not_a_checkpoint(path.name, "there is no table of tensors where one should be")
    limit = path.stat().st_size
    total = 0
    for name, tensor in content.items():
        if not isinstance(name, str) or type(tensor) not in (torch.Tensor, torch.nn.Parameter):
            raise _not_a_checkpoint(path.name, f"{name!r} is no tensor")
        if tensor.layout is not torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
            raise _not_a_checkpoint(path.name, f"{name!r} is not a plain tensor")
        total += tensor.numel() * tensor.element_size()
        if total > limit:
            raise _not_a_checkpoint(path.name, f"{name!r} claims {tensor.numel()} numbers, more than the file holds")
    return {name: tensor.detach() for name, tensor in content.items()}


def check_pickle(pickle: bytes, name: str) -> None:
    """Reads a pickle without running it, and raises PartgenError "weights.unsafe" where it would call anything but what
    builds tensors, "weights.not_a_checkpoint" where it is broken."""
    try:
        for wanted in names_called(pickle):
            if wanted not in ALLOWED:
                raise _unsafe(name, wanted)
    except (ValueError, IndexError, UnicodeDecodeError, EOFError) as error:
        raise _not_a_checkpoint(name, "its description is broken off or was changed") from error


def names_called(pickle: bytes) -> Iterator[str]:
    """Every "module.name" that a pickle would fetch, in order, without running it.

    Where the name is put together at run time (STACK_GLOBAL) it is guessed from the texts before it, since it is refused
    in any case unless all of it is known. Raises ValueError where the pickle is broken.
    """
    texts: list[str] = []
    remembered: dict[Any, str] = {}
    for code, argument, _ in pickletools.genops(io.BytesIO(pickle)):
        match code.name:
            case "GLOBAL" | "INST":
                yield _in_python_3(*str(argument).split(" ", 1))
            case "STACK_GLOBAL":
                yield "a name that it builds as it runs: " + ".".join(texts[-2:])
            case "EXT1" | "EXT2" | "EXT4":
                yield f"the registered extension {argument}"
            case "PERSID":
                yield f"the outside object {argument}"
            case "MEMOIZE":
                remembered[len(remembered)] = texts[-1] if texts else ""
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                remembered[argument] = texts[-1] if texts else ""
            case "BINGET" | "LONG_BINGET" | "GET":
                texts.append(remembered.get(argument, "?"))
            case _ if isinstance(argument, str):
                texts.append(argument)
        del texts[:-8]


def _in_python_3(module: str, name: str = "") -> str:
    return f"{PYTHON_2.get(module, module)}.{name}"


def _pickle_of_archive(path: Path) -> bytes:
    """The pickle of an archive that `torch.save` wrote. Raises PartgenError where it is anything else."""
    try:
        with open(path, "rb") as file:
            beginning = file.read(4)
    except OSError as error:
        raise PartgenError("weights.unreadable", f"{path.name} cannot be read ({error.strerror}).", "Choose another file.") from error
    if beginning[:2] != b"PK":
        _refuse_bare_pickle(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked_pickle(archive, path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _not_a_checkpoint(path.name, "the archive is incomplete or damaged") from error


def _refuse_bare_pickle(path: Path) -> None:
    """Says what a file is that is no archive: a pickle that calls something, an old checkpoint, or neither."""
    with open(path, "rb") as file:
        beginning = file.read(2**20)
    try:
        for wanted in names_called(beginning):
            if wanted not in ALLOWED:
                raise _unsafe(path.name, wanted)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise _not_a_checkpoint(path.name, "it is not an archive of PyTorch") from error
    raise PartgenError(
        "weights.old_format",
        f"{path.name} was written in a format that PyTorch left in 2020.",
        "Load it in PyTorch and save it again with torch.save, or as safetensors.",
    )


def _checked_pickle(archive: zipfile.ZipFile, path: Path) -> bytes:
    records = archive.infolist()
    names = [record.filename for record in records]
    if len(records) > MOST_RECORDS or len(set(names)) != len(names):
        raise _not_a_checkpoint(path.name, "its archive holds a name twice, or far too many")
    for record in records:
        parts = PurePosixPath(record.filename.replace("\\", "/")).parts
        if record.filename.startswith(("/", "\\")) or ".." in parts or ":" in record.filename:
            raise _not_a_checkpoint(path.name, f"its archive holds a path that leads out of it: {record.filename}")
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise _not_a_checkpoint(path.name, f"{record.filename} is compressed, which PyTorch never does")
    if sum(record.file_size for record in records) > path.stat().st_size:
        raise _not_a_checkpoint(path.name, "its archive claims more than the file holds")
    if any(PurePosixPath(name).name == "constants.pkl" for name in names):
        raise _unsafe(path.name, "a program (TorchScript)")
    pickles = [record for record in records if PurePosixPath(record.filename).name == "data.pkl"]
    if len(pickles) != 1 or len(PurePosixPath(pickles[0].filename).parts) != 2:
        raise _not_a_checkpoint(path.name, "its archive was not written by PyTorch")
    if pickles[0].file_size > LONGEST_PICKLE:
        raise _not_a_checkpoint(path.name, "the description of its tensors is too long to be one")
    return archive.read(pickles[0])


def _unsafe(name: str, wanted: str) -> PartgenError:
    sentence = f"{name} was refused: it wants to call {wanted}, and no weights need that. Nothing of it ran."
    return PartgenError("weights.unsafe", sentence, REMEDY)


def _not_a_checkpoint(name: str, why: str) -> PartgenError:
    sentence = f"{name} is no checkpoint that can be used: {why}."
    return PartgenError("weights.not_a_checkpoint", sentence, "Download it again, or choose another file.")
