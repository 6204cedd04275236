"""The child side: one process per DAG file. It is forked from a warm host, takes on the limits, parses, answers once, and ends."""
from __future__ import annotations

import faulthandler
import mmap
import os
import random
import signal
import socket
import struct
import sys
from typing import Any, Dict

from vortex.host.frames import Decoder, encode_json
from vortex.host.linux import MARK, die_with_parent, set_mark
from vortex.loading.limits import MAX_RESULT_BYTES, Limits, apply_limits, raise_memory_limit
from vortex.loading.parse_file import parse_file, recorder

# Bound now: a DAG file may replace them in their modules.
_exit = os._exit
_write = os.write

_COUNT = struct.Struct("=q")


class TooManyProcesses(RuntimeError):
    """The import started more processes than Limits.processes."""


class ProcessCounter:
    """Counts processes started by a child and all its forks, in memory that they share."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def add(self) -> None:
        # Two forks at the same instant may count as one: the limit is a guard, not an account.
        (count,) = _COUNT.unpack_from(self._memory)
        _COUNT.pack_into(self._memory, 0, count + 1)
        if count >= self._limit:
            raise TooManyProcesses(f"the import started more than {self._limit} processes")

    def count(self) -> int:
        return _COUNT.unpack_from(self._memory)[0]

    def close(self) -> None:
        self._memory.close()


class ControlChannel:
    """Frames to the host. Blocking: the child has nothing else to do while it waits for a Variable."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(True)
        self._decoder = Decoder()
        self._next = 1

    def send(self, document: Dict[str, Any]) -> None:
        self._socket.sendall(encode_json(document))

    def send_result(self, result: Dict[str, Any]) -> None:
        frame = encode_json({"type": "result", "result": result})
        if len(frame) > MAX_RESULT_BYTES:
            message = f"What the file defines takes {len(frame):,} bytes; a file may have {MAX_RESULT_BYTES:,}. Split it into several DAG files."
            self.send({"type": "failed", "kind": "output", "message": message})
        else:
            self._socket.sendall(frame)

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        number, self._next = self._next, self._next + 1
        self.send({"type": "request", "request_id": number, "method": method, "params": params})
        while True:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("the parse host is gone")
            for _, answer in self._decoder.feed(data):
                if answer.get("request_id") == number:
                    if answer.get("error"):
                        raise RuntimeError(f"{method} of {', '.join(map(repr, params.values()))} failed: {answer['error']}")
                    return answer.get("result")


def run_child(request: Dict[str, Any], fds: Dict[str, int], limits: Limits, counter: ProcessCounter, context: Dict[str, Any]) -> None:
    """Never returns. `fds` holds control, output and trace; everything else that the host has open is closed."""
    status = 70
    try:
        os.setsid()
        die_with_parent(signal.SIGKILL)
        # Forks and programs that it starts carry the mark, wherever they go (see _kill_adopted).
        set_mark(str(os.getpid()))
        os.environ[MARK] = str(os.getpid())
        _take_descriptors(fds)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        faulthandler.register(signal.SIGUSR2, file=fds["trace"], all_threads=True)
        random.seed()
        recorder().on_process = counter.add
        apply_limits(limits, context["own_memory"], context["own_processes"])
        channel = ControlChannel(fds["control"])
        _answer(channel, request, context)
        status = 0
    finally:
        # Threads that never end and functions registered with atexit get no say.
        _exit(status)


def _answer(channel: ControlChannel, request: Dict[str, Any], context: Dict[str, Any]) -> None:
    try:
        result = parse_file(
            request["root"],
            request["file"],
            compat=request.get("compat", "auto"),
            data_files=context["data_files"],
            ask=channel.ask,
            source=request.get("source"),
        )
        raise_memory_limit()
        channel.send_result(result)
    except MemoryError:
        raise_memory_limit()
        channel.send({"type": "failed", "kind": "memory", "message": "What the file defines does not fit into the memory that a DAG file may use."})


def _take_descriptors(fds: Dict[str, int]) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(fds["output"], 1)
    os.dup2(fds["output"], 2)
    kept = sorted({0, 1, 2, fds["control"], fds["trace"]})
    for low, high in zip(kept, kept[1:]):
        os.closerange(low + 1, high)
    os.closerange(kept[-1] + 1, max(kept[-1] + 2, 4096))
    open_streams()


def open_streams() -> None:
    """A line at a time, so that what was printed before a crash is there; odd characters never fail an import."""
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]

