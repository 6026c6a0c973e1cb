"""Promises about devices: what is there, what is taken, how memory is told and given back, and what follows when it runs out."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import partgen.devices
import pytest
from partgen.devices import CPU, Placement, available_devices, free_memory, is_out_of_memory, memory, memory_in_use, place, with_retries
from partgen.errors import Action, PartgenError
from partgen.protocol import Device

CUDA = Device("cuda:0", "Card", 8 << 30, ("bfloat16", "float16", "float32"))


class Backend(SimpleNamespace):
    """One of torch's accelerator modules, with the cards that it is told to have: (name, major, minor, bytes)."""

    def __init__(self, *cards: tuple[str, int, int, int], **more: object) -> None:
        super().__init__(emptied=0, touched=False, **more)
        self.cards = cards

    def is_available(self) -> bool:
        return bool(self.cards)

    def device_count(self) -> int:
        return len(self.cards)

    def get_device_properties(self, index: int) -> SimpleNamespace:
        name, major, minor, size = self.cards[index]
        return SimpleNamespace(name=name, major=major, minor=minor, total_memory=size)

    def is_bf16_supported(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return self.touched

    def current_device(self) -> int:
        return len(self.cards) - 1

    def mem_get_info(self, index: int) -> tuple[int, int]:
        return self.cards[index][3] // 4, self.cards[index][3]

    def memory_reserved(self, index: int) -> int:
        return 100 + index

    def empty_cache(self) -> None:
        self.emptied += 1


def fake_torch(
    monkeypatch: pytest.MonkeyPatch, cuda: Backend | None = None, xpu: Backend | None = None, mps: int = 0, hip: str | None = None
):
    """A torch that sees these cards; `mps` is the memory that Metal recommends, 0 where there is none."""
    torch = ModuleType("torch")
    torch.cuda, torch.xpu, torch.version = cuda or Backend(), xpu or Backend(), SimpleNamespace(hip=hip)
    torch.backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps > 0))
    torch.mps = SimpleNamespace(recommended_max_memory=lambda: mps, driver_allocated_memory=lambda: mps // 8, empty_cache=lambda: None)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(partgen.devices, "is_torch_installed", lambda: True)
    return torch


# ---- which there are ----


def test_without_torch_there_is_the_cpu_and_nothing_is_imported():
    code = """
import importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else find_spec(name, *rest)
import partgen.devices as devices
print([device.id for device in devices.available_devices()], devices.memory_in_use(), devices.free_memory(), "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cpu'] None None False"


def test_with_torch_on_this_machine_the_cpu_is_among_the_devices():
    pytest.importorskip("torch")
    devices = available_devices()
    assert devices[-1].id == "cpu"
    assert devices[-1].total_bytes > 1 << 30


def test_looking_at_the_module_does_not_import_torch():
    code = "import sys, partgen.devices, partgen.server.loop, partgen.server.worker; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_a_worker_imports_torch_only_for_a_device_of_its():
    pytest.importorskip("torch")
    code = "import sys, partgen.server.worker as worker; worker._load(); print('torch' in sys.modules)"
    for device, imported in {"auto": "False", "cpu": "False", "cuda:0": "True"}.items():
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PARTGEN_DEVICE": device})
        assert done.stdout.strip() == imported, device


@pytest.mark.parametrize(
    ("capability", "hip", "precisions"),
    [
        ((9, 0), None, ("bfloat16", "float16", "float32")),
        ((8, 0), None, ("bfloat16", "float16", "float32")),
        ((7, 5), None, ("float16", "float32")),
        ((6, 1), None, ("float16", "float32")),
        ((10, 3), "6.4", ("bfloat16", "float16", "float32")),
    ],
)
def test_a_cuda_card_works_in_bfloat16_where_its_hardware_does(monkeypatch, capability, hip, precisions):
    fake_torch(monkeypatch, cuda=Backend(("Card", *capability, 8 << 30)), hip=hip)
    card = available_devices()[0]
    assert (card.id, card.name, card.total_bytes, card.precisions) == ("cuda:0", "Card", 8 << 30, precisions)


def test_every_kind_of_card_is_found_and_named_as_torch_does(monkeypatch):
    fake_torch(monkeypatch, cuda=Backend(("A", 8, 9, 1), ("B", 7, 5, 2)), xpu=Backend(("C", 0, 0, 3)), mps=4)
    devices = available_devices()
    assert [device.id for device in devices] == ["cuda:0", "cuda:1", "xpu:0", "mps", "cpu"]
    assert [device.precisions[0] for device in devices] == ["bfloat16", "float16", "bfloat16", "float16", "float32"]


def test_a_person_can_list_the_devices():
    done = subprocess.run([sys.executable, "-m", "partgen", "devices"], capture_output=True, text=True, check=True)
    last = done.stdout.splitlines()[-1]
    assert last.startswith("cpu")
    assert "float32, bfloat16" in last
    assert last.endswith("GB free")


# ---- which is taken ----


@pytest.mark.parametrize(
    ("device", "precision", "chosen"),
    [
        ("auto", "auto", ("cuda:0", "bfloat16")),
        ("cuda", "auto", ("cuda:0", "bfloat16")),
        ("cuda:0", "float32", ("cuda:0", "float32")),
        ("cpu", "auto", ("cpu", "float32")),
        ("cpu", "bfloat16", ("cpu", "bfloat16")),
    ],
)
def test_what_is_asked_for_is_taken(device, precision, chosen):
    placement = place(device, precision, [CUDA, CPU])
    assert (placement.device.id, placement.precision) == chosen


@pytest.mark.parametrize("device", ["cuda:1", "mps", "xpu", "tpu"])
def test_what_is_not_there_is_an_error_that_names_what_is(device):
    with pytest.raises(PartgenError) as refusal:
        place(device, "auto", [CUDA, CPU])
    assert refusal.value.code == "device.missing"
    assert "cuda:0 (Card), cpu (CPU)" in refusal.value.sentence
    assert refusal.value.action is Action.USE_CPU


def test_a_precision_that_the_device_lacks_is_an_error():
    with pytest.raises(PartgenError, match="CPU cannot work in float16"):
        place("cpu", "float16", [CUDA, CPU])


# ---- memory ----


def test_the_memory_of_the_cpu_is_that_of_the_machine():
    told = memory("cpu")
    assert 0 < told.free_bytes < told.total_bytes
    assert 1 << 20 < told.held_bytes < told.total_bytes


def test_the_memory_of_each_kind_of_card(monkeypatch):
    fake_torch(monkeypatch, cuda=Backend(("A", 8, 9, 80), ("B", 8, 9, 40)), xpu=Backend(("C", 0, 0, 20)), mps=16)
    told = [memory(device) for device in ("cuda:0", "cuda:1", "xpu:0", "mps")]
    assert [(t.free_bytes, t.total_bytes, t.held_bytes) for t in told] == [(20, 80, 100), (10, 40, 101), (5, 20, 100), (14, 16, 2)]


def test_a_driver_that_does_not_tell_what_is_free_is_taken_at_what_we_hold(monkeypatch):
    class Reticent(Backend):
        def mem_get_info(self, index):
            raise RuntimeError("The device doesn't support querying the available free memory.")

    fake_torch(monkeypatch, xpu=Reticent(("C", 0, 0, 1000)))
    assert (memory("xpu:0").free_bytes, memory("xpu:0").total_bytes) == (900, 1000)


def test_asking_for_the_memory_in_use_touches_no_card(monkeypatch):
    torch = fake_torch(monkeypatch, cuda=Backend(("A", 8, 9, 80), ("B", 8, 9, 40)))
    assert memory_in_use() is None
    torch.cuda.touched = True
    assert memory_in_use().device == "cuda:1"  # the current one
    assert memory_in_use("cuda:0").device == "cuda:0"


def test_freeing_empties_the_caches_of_the_cards_in_use_alone(monkeypatch):
    torch = fake_torch(monkeypatch, cuda=Backend(("A", 8, 9, 80)), xpu=Backend(("C", 0, 0, 1)))
    torch.cuda.touched = True
    free_memory()
    assert (torch.cuda.emptied, torch.xpu.emptied) == (1, 0)


def test_the_torch_of_this_machine_knows_what_is_asked_of_it():
    pytest.importorskip("torch")
    free_memory()
    told = memory_in_use()
    assert told is None or told.total_bytes > 0


# ---- when it runs out ----


class TorchOutOfMemoryError(RuntimeError):
    """As torch.OutOfMemoryError is: a RuntimeError."""


OUT = [
    MemoryError(),
    TorchOutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"),
    TorchOutOfMemoryError("XPU out of memory. Tried to allocate 20.00 GiB (GPU 0; 15.91 GiB total capacity)"),
    TorchOutOfMemoryError("HIP out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.56 GB, other allocations: 1.10 GB, max allowed: 6.80 GB)."),
    RuntimeError("Invalid buffer size: 23.44 GB"),
    RuntimeError("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes."),
]


@pytest.mark.parametrize("error", OUT, ids=str)
def test_running_out_of_memory_is_recognised(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error", [RuntimeError("shape mismatch"), ValueError("out of memory"), PartgenError("mesh.empty", "out of memory")]
)
def test_other_errors_are_no_lack_of_memory(error):
    assert not is_out_of_memory(error)


def test_torch_itself_says_it_in_known_words():
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(raised.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))


class Room:
    """Work that fits where there is room: `fits` pieces at a time on the card, `on_cpu` on the CPU."""

    def __init__(self, fits: int, on_cpu: int = 1, error: BaseException = OUT[1]) -> None:
        self._fits = {"cuda:0": fits, "cpu": on_cpu}
        self._error = error
        self.calls: list[tuple[str, str, int]] = []

    def __call__(self, batch_size: int, placement: Placement) -> str:
        self.calls.append((placement.device.id, placement.precision, batch_size))
        if batch_size > self._fits[placement.device.id]:
            raise self._error
        return "done"


GPU = Placement(CUDA, "bfloat16")


def test_what_fits_is_done_once_and_there_is_nothing_to_tell():
    room = Room(fits=8)
    attempt = with_retries(room, 8, GPU)
    assert (attempt.result, attempt.batch_size, attempt.placement, attempt.notes) == ("done", 8, GPU, ())
    assert room.calls == [("cuda:0", "bfloat16", 8)]


@pytest.mark.parametrize("error", OUT, ids=str)
def test_smaller_batches_are_tried_and_told(error):
    room = Room(fits=2, error=error)
    attempt = with_retries(room, 12, GPU)
    assert [call[2] for call in room.calls] == [12, 6, 3, 1]
    assert attempt.notes == ("The memory of Card was too small for 12 at a time: it did 1, which takes longer.",)


def test_at_last_the_cpu_does_it_and_that_is_told():
    room = Room(fits=0)
    attempt = with_retries(room, 4, GPU)
    assert room.calls == [("cuda:0", "bfloat16", 4), ("cuda:0", "bfloat16", 2), ("cuda:0", "bfloat16", 1), ("cpu", "float32", 1)]
    assert attempt.placement == Placement(CPU, "float32")
    assert attempt.notes == ("The memory of Card was too small: the CPU did the work, which takes longer.",)


def test_where_even_the_cpu_has_no_room_it_is_an_error():
    with pytest.raises(PartgenError) as refusal:
        with_retries(Room(fits=0, on_cpu=0), 4, GPU)
    assert refusal.value.code == "device.memory"
    assert refusal.value.remedy


def test_another_error_is_not_tried_again():
    room = Room(fits=0, error=RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        with_retries(room, 4, GPU)
    assert len(room.calls) == 1


def test_before_a_retry_the_tensors_of_the_failed_attempt_are_gone(monkeypatch):
    alive: set[str] = set()

    class Tensor:
        def __init__(self) -> None:
            alive.add("tensor")

        def __del__(self) -> None:
            alive.discard("tensor")

    def run(batch_size, placement):
        tensor = Tensor()
        if batch_size > 1:
            raise RuntimeError("CUDA out of memory.")
        return tensor

    seen = []
    monkeypatch.setattr(partgen.devices, "free_memory", lambda: seen.append(set(alive)))
    with_retries(run, 4, GPU)
    assert seen == [set(), set()]
