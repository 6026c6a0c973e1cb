"""The parent process: nobody who was started by it outlives it."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time

SYNCHRONIZE = 0x00100000
TERMINATE_AND_SET_QUOTA = 0x0101
PR_SET_PDEATHSIG = 1
KILL_ON_JOB_CLOSE = 0x2000
EXTENDED_LIMIT_INFORMATION = 9


class Parent:
    """The process that started this one, as it is now. A pipe tells the same, unless somebody else holds its other end."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        if sys.platform == "win32":
            self._handle = _kernel32().OpenProcess(SYNCHRONIZE, False, self._pid)

    def is_gone(self) -> bool:
        """Whether the parent has ended. Returns at once."""
        if sys.platform == "win32":
            return bool(self._handle) and _kernel32().WaitForSingleObject(self._handle, 0) == 0
        return os.getppid() != self._pid


def leave_with(parent: Parent) -> None:
    """Ends this process, in the middle of whatever it does, as soon as its parent has ended. For a thread of its own."""
    while not parent.is_gone():
        time.sleep(0.5)
    os._exit(0)


def die_with_parent() -> None:
    """Lets the system kill this process when its parent ends, even while native code holds the interpreter (Linux only).

    The parent has to have started it from a thread that lives as long as itself.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)  # it ended before the system knew


def let_die_with_us(process: subprocess.Popen[bytes]) -> None:
    """The same from the parent's side, for Windows: the system kills `process` when this one ends. Elsewhere nothing."""
    if sys.platform == "win32":
        limits = _ExtendedLimits()
        limits.limit_flags = KILL_ON_JOB_CLOSE
        kernel32 = _kernel32()
        job = kernel32.CreateJobObjectW(None, None)  # never closed by us: that is what ends the process
        handle = kernel32.OpenProcess(TERMINATE_AND_SET_QUOTA, False, process.pid)
        if not (
            kernel32.SetInformationJobObject(job, EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits))
            and kernel32.AssignProcessToJobObject(job, handle)
        ):
            logging.warning("the worker is not bound to the server: error %d", kernel32.GetLastError())
        kernel32.CloseHandle(handle)


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of the Windows API, its nested structures written out."""

    _fields_ = [
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    ]


if sys.platform == "win32":

    def _kernel32() -> ctypes.WinDLL:
        """The system's library, with handles declared as what they are: pointers."""
        kernel32 = ctypes.WinDLL("kernel32")
        kernel32.OpenProcess.restype = ctypes.c_void_p
        kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
        kernel32.CreateJobObjectW.restype = ctypes.c_void_p
        kernel32.WaitForSingleObject.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        kernel32.SetInformationJobObject.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32]
        kernel32.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        return kernel32
