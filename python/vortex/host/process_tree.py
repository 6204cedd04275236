"""Finding and signalling processes by identity (pid and start time) with /proc. Where /proc is missing, lists are empty."""
from __future__ import annotations

import os
import signal
import time
from typing import Dict, List, NamedTuple, Optional, Set

from vortex.host.linux import IS_LINUX, read_mark

__all__ = ["Process", "StartTimer", "children", "descendants", "kill_exactly", "look_up", "own_children", "read_mark"]


_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    pid: int
    parent: int
    group: int
    session: int
    start_time: int
    state: str


def look_up(pid: int) -> Optional[Process]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            text = stream.read()
    except OSError:
        return None
    # The name is in parentheses and may hold anything, even ") R 1"; the fields begin behind the last parenthesis.
    fields = text[text.rindex(b")") + 2 :].split()
    return Process(pid, int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]), fields[0].decode())


def children(pid: int) -> List[int]:
    """Children of all threads of a process, zombies included."""
    found: List[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                found.extend(int(child) for child in stream.read().split())
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{thread}"):
                return _children_by_scan(pid)
        except OSError:
            continue
    return found


def own_children() -> List[int]:
    """`children` of this single-threaded process: one small file."""
    pid = os.getpid()
    try:
        with open(f"/proc/self/task/{pid}/children", "rb", buffering=0) as stream:
            data = stream.read(256 * 1024)
    except OSError:
        return children(pid)
    return [int(child) for child in (data or b"").split()]


class StartTimer:
    """
    Tells the start time of a process that is started within it. Reading it from /proc costs 50 us, so it is read only when
    the clock ticked meanwhile (a hundred times a second).
    """

    def __init__(self) -> None:
        self._before = _ticks()

    def of(self, pid: int) -> int:
        if self._before == _ticks():
            return self._before
        process = look_up(pid)
        return process.start_time if process is not None else 0


def _ticks() -> int:
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS_PER_SECOND) if IS_LINUX else 0


def _children_by_scan(pid: int) -> List[int]:
    """Kernels without CONFIG_PROC_CHILDREN."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            process = look_up(int(name))
            if process is not None and process.parent == pid:
                found.append(process.pid)
    return found


def descendants(pid: int) -> Dict[int, Process]:
    """Every living process below `pid`, without it. Bounded by the processes that exist."""
    found: Dict[int, Process] = {}
    seen: Set[int] = {pid}
    stack = [pid]
    while stack:
        for child in children(stack.pop()):
            if child in seen:
                continue
            seen.add(child)
            stack.append(child)
            process = look_up(child)
            if process is not None and process.state != "Z":
                found[child] = process
    return found


def kill_exactly(process: Process, signal_number: int) -> bool:
    """Signals this very process, never another that got its number. Never init, never ourselves."""
    if process.pid <= 1 or process.pid == os.getpid():
        return False
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return False
    try:
        # The handle is bound now: if the start time still agrees, it is bound to the process we mean.
        now = look_up(process.pid)
        if now is None or now.start_time != process.start_time:
            return False
        signal.pidfd_send_signal(handle, signal_number)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
