"""What only Linux offers, bound once before any fork: parent-death signal, child subreaper, the attempt's mark in /proc."""
from __future__ import annotations

import ctypes
import os
import sys
from typing import Optional

MARK = "VORTEX_ATTEMPT_ID"
# Room for `<task instance>.<attempt>.<nonce>.<number>`: 20 + 10 + 8 + 10 digits and three dots.
MARK_WIDTH = 64

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

IS_LINUX = sys.platform.startswith("linux")
_libc: Optional[ctypes.CDLL] = None
_mark: Optional[memoryview] = None


def prepare() -> None:
    """Loads libc and finds the reserved mark. Called once in the zygote, before anything changes its environment."""
    global _libc, _mark
    if not IS_LINUX:
        return
    _libc = ctypes.CDLL(None, use_errno=True)
    address = _find_mark()
    if address:
        _mark = memoryview((ctypes.c_char * MARK_WIDTH).from_address(address)).cast("B")


def die_with_parent(signal_number: int) -> None:
    """The kernel sends this signal to us when the thread that forked us ends; 0 takes it back."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def become_subreaper() -> bool:
    """Orphans below us become our children, so that a daemon that an attempt leaves behind can be found."""
    return _libc is not None and _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def set_mark(attempt_id: str) -> None:
    """
    Writes the attempt's id over the reserved place in the block that /proc/PID/environ shows. os.environ can't do that: it
    changes the C environment only. Forks inherit the block, so even a daemon that never calls exec stays recognisable.
    """
    if _mark is not None:
        _mark[:] = attempt_id.encode()[:MARK_WIDTH].ljust(MARK_WIDTH)


def read_mark(pid: int) -> str:
    """The attempt id in a process's initial environment; empty when it has none or is gone."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            block = stream.read()
    except OSError:
        return ""
    name = MARK.encode() + b"="
    for entry in block.split(b"\0"):
        if entry.startswith(name):
            return entry[len(name) :].decode("ascii", "replace").strip()
    return ""


def _find_mark() -> int:
    if len(os.environ.get(MARK, "")) != MARK_WIDTH or _libc is None:
        return 0
    name = MARK.encode() + b"="
    environ = ctypes.POINTER(ctypes.c_void_p).in_dll(_libc, "environ")
    index = 0
    while environ[index]:
        if ctypes.string_at(environ[index], len(name)) == name:
            return int(environ[index]) + len(name)
        index += 1
    return 0
