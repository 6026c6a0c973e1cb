"""What networks run on: the devices of this machine, the precision that each can do, its memory, and what to do when that runs out.

torch is imported where a function needs it and never with this module: it takes seconds, and is not installed where
only geometric methods are.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Generic, TypeVar

from .errors import Action, PartgenError
from .protocol import Device, Memory

PRECISIONS = ("float32", "float16", "bfloat16")
KINDS = ("cuda", "xpu", "mps", "cpu")
"""Kinds of devices as torch names them, those first that "auto" prefers; ROCm's are "cuda" too."""

BFLOAT16_CAPABILITY = (8, 0)
"""CUDA's compute capability from which bfloat16 is done by the hardware (Ampere)."""

CPU = Device("cpu", "CPU", precisions=("float32", "bfloat16"))

OUT_OF_MEMORY = (
    "out of memory",  # CUDA, HIP, XPU and MPS alike: "CUDA error: out of memory", "MPS backend out of memory (...)"
    "can't allocate memory",  # torch's allocator of CPU memory on Linux and macOS
    "not enough memory",  # the same on Windows
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "ur_result_error_out_of_",  # Level Zero beneath XPU: host memory, device memory, resources
    "invalid buffer size",  # MPS, for one tensor larger than Metal takes
)

T = TypeVar("T")


@dataclass(frozen=True)
class Placement:
    """A device and the precision in which it is to work, as chosen: never "auto"."""

    device: Device
    precision: str

    @property
    def words(self) -> str:
        """For the artist: "NVIDIA GeForce RTX 4090, bfloat16"."""
        return f"{self.device.name}, {self.precision}"


@dataclass(frozen=True)
class Attempt(Generic[T]):
    """What `with_retries` came to: the result, with what it was made, and sentences on what had to be given up for it."""

    result: T
    batch_size: int
    placement: Placement
    notes: tuple[str, ...] = ()


# ---- which there are, and which to take ----------------------------------------------------------------------------


def is_torch_installed() -> bool:
    """Whether torch could be imported; it is not. Takes no time."""
    return importlib.util.find_spec("torch") is not None


def needs_torch(device: str) -> bool:
    """Whether a device as it is asked for exists only for torch."""
    return device not in ("auto", "cpu")


def available_devices() -> tuple[Device, ...]:
    """The devices of this machine, those first that "auto" prefers, the CPU last. Imports torch where it is installed."""
    cpu = Device(CPU.id, _processor_name(), _total_ram(), CPU.precisions)
    if not is_torch_installed():
        return (cpu,)
    import torch

    return (*_cuda_devices(torch), *_xpu_devices(torch), *_mps_devices(torch), cpu)


def place(device: str, precision: str, devices: Sequence[Device]) -> Placement:
    """The device and the precision to work with, of what is asked for ("auto" too) and there.

    "auto" takes the first of `devices`, and the first precision that the device names. Raises PartgenError for what is
    not there, which names what is.
    """
    chosen = devices[0] if device == "auto" else _named(device, devices)
    if precision != "auto" and precision not in chosen.precisions:
        sentence = f"{chosen.name} cannot work in {precision}."
        remedy = f"Choose automatic, or {' or '.join(chosen.precisions)}."
        raise PartgenError("device.precision", sentence, remedy, Action.OPEN_PREFERENCES)
    return Placement(chosen, chosen.precisions[0] if precision == "auto" else precision)


def place_as_told(environment: Mapping[str, str] = os.environ) -> Placement:
    """The placement of this process: PARTGEN_DEVICE and PARTGEN_PRECISION of its environment, else "auto".

    Imports torch where it is installed. Raises PartgenError where what is told is not there.
    """
    return place(environment.get("PARTGEN_DEVICE") or "auto", environment.get("PARTGEN_PRECISION") or "auto", available_devices())


def place_for_half_precision(environment: Mapping[str, str] = os.environ) -> Placement:
    """The device that this process is told to use. Where no precision is told, float16 if the device can: for weights that were
    made for it and are stored in it, which bfloat16 would round."""
    placement = place_as_told(environment)
    is_told = environment.get("PARTGEN_PRECISION", "auto") not in ("", "auto")
    if is_told or "float16" not in placement.device.precisions:
        return placement
    return replace(placement, precision="float16")


def _named(device: str, devices: Sequence[Device]) -> Device:
    wanted = f"{device}:0" if device in ("cuda", "xpu") else device
    for candidate in devices:
        if candidate.id == wanted:
            return candidate
    there = ", ".join(f"{candidate.id} ({candidate.name})" for candidate in devices)
    remedy = "Use the CPU, or choose another device." if len(devices) > 1 else "Use the CPU, or install what the device needs."
    raise PartgenError("device.missing", f"There is no device {device} on this computer; there is: {there}.", remedy, Action.USE_CPU)


def _cuda_devices(torch: ModuleType) -> list[Device]:
    if not torch.cuda.is_available():
        return []
    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        has_bfloat16 = torch.version.hip is not None or (properties.major, properties.minor) >= BFLOAT16_CAPABILITY
        precisions = ("bfloat16", "float16", "float32") if has_bfloat16 else ("float16", "float32")
        found.append(Device(f"cuda:{index}", properties.name, properties.total_memory, precisions))
    return found


def _xpu_devices(torch: ModuleType) -> list[Device]:
    if not torch.xpu.is_available():
        return []
    precisions = ("bfloat16", "float16", "float32") if torch.xpu.is_bf16_supported() else ("float16", "float32")
    indices = range(torch.xpu.device_count())
    properties = [torch.xpu.get_device_properties(index) for index in indices]
    return [Device(f"xpu:{i}", p.name, p.total_memory, precisions) for i, p in zip(indices, properties, strict=True)]


def _mps_devices(torch: ModuleType) -> list[Device]:
    if not torch.backends.mps.is_available():
        return []
    return [Device("mps", f"{_processor_name()} GPU", torch.mps.recommended_max_memory(), ("float16", "float32"))]


def _processor_name() -> str:
    """What the artist knows the processor by; Apple's chips tell their name, of others it says too little to be worth it."""
    return "Apple silicon" if sys.platform == "darwin" and platform.machine() == "arm64" else "CPU"


# ---- memory --------------------------------------------------------------------------------------------------------


def memory(device: str) -> Memory:
    """What is free on the device with this id, in bytes, and what this process holds of the rest.

    Makes the device ready where it was not, which takes memory of its own. MPS shares its memory with the processor:
    there it is what Metal recommends to stay below, less what this process took.
    """
    kind, _, index = device.partition(":")
    if kind == "cpu":
        import psutil

        ram = psutil.virtual_memory()
        return Memory(device, ram.available, ram.total, psutil.Process().memory_info().rss)
    import torch

    if kind == "mps":
        held, total = torch.mps.driver_allocated_memory(), torch.mps.recommended_max_memory()
        return Memory(device, max(total - held, 0), total, held)
    backend = {"cuda": torch.cuda, "xpu": torch.xpu}[kind]
    held = backend.memory_reserved(int(index))
    try:
        free, total = backend.mem_get_info(int(index))
    except RuntimeError:  # some of Intel's drivers do not tell: then what others hold is not seen
        total = backend.get_device_properties(int(index)).total_memory
        free = total - held
    return Memory(device, free, total, held)


def memory_in_use(device: str = "auto") -> Memory | None:
    """The memory of the accelerator that this process works on, or None where it has touched none: asking takes nothing.

    `device` is the one it was told to work on; without it, torch's current one, since looking at another would take memory there.
    """
    if "torch" not in sys.modules:
        return None
    import torch

    for kind, backend in (("cuda", torch.cuda), ("xpu", torch.xpu)):
        if backend.is_initialized():
            return memory(device if device.startswith(f"{kind}:") else f"{kind}:{backend.current_device()}")
    if torch.backends.mps.is_available() and torch.mps.driver_allocated_memory():
        return memory("mps")
    return None


def free_memory() -> None:
    """Gives back what torch keeps for later tensors, on every device. What is still referred to stays."""
    gc.collect()
    if "torch" not in sys.modules:
        return
    import torch

    for backend in (torch.cuda, torch.xpu):
        if backend.is_initialized():
            backend.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _total_ram() -> int:
    import psutil

    return int(psutil.virtual_memory().total)


# ---- when it runs out ----------------------------------------------------------------------------------------------


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of whatever device: torch says so in several classes and many words."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in OUT_OF_MEMORY)


def with_retries(run: Callable[[int, Placement], T], batch_size: int, placement: Placement) -> Attempt[T]:
    """Calls `run(batch_size, placement)`, with half the batch each time memory runs out, and at last one by one on the CPU.

    `run` has to leave nothing on the device where it raises. The attempt's notes say what was given up. Raises
    PartgenError where the CPU's memory is too small as well, and whatever else `run` raises.
    """
    asked = batch_size
    notes: list[str] = []
    while True:
        try:
            result = run(batch_size, placement)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            is_last = batch_size == 1 and placement.device.id == "cpu"
            if is_last:
                sentence = "There is not enough memory for this, not even piece by piece on the CPU."
                remedy = "Close other programs, or reduce the mesh."
                raise PartgenError("device.memory", sentence, remedy, Action.FREE_MEMORY) from error
        else:
            if batch_size < asked and not notes:
                notes.append(_note_of_smaller_batches(placement, asked, batch_size))
            return Attempt(result, batch_size, placement, tuple(notes))
        free_memory()  # only here, where the error and with it the frames that hold tensors are gone
        if batch_size > 1:
            batch_size //= 2
        else:
            notes.append(f"The memory of {placement.device.name} was too small: the CPU did the work, which takes longer.")
            placement = Placement(CPU, "float32")


def _note_of_smaller_batches(placement: Placement, asked: int, batch_size: int) -> str:
    return f"The memory of {placement.device.name} was too small for {asked} at a time: it did {batch_size}, which takes longer."
