"""
One attempt's merged output on its way to the worker: masked, capped, its last line remembered.

Beyond the cap output is still read (the task must not block on a full pipe) and counted. The end of an output usually tells
why a task failed, so the last piece is kept aside and follows the line that says how much is missing.
"""
from __future__ import annotations

from typing import Callable, Optional

from vortex.host.masking import Masker

# What the log page reads at first of a large log, so that it opens on nothing but the end; a quarter of the cap at most.
TAIL_BYTES = 1024 * 1024


class Output:
    def __init__(self, emit: Callable[[bytes], None], cap_bytes: int, masker: Optional[Masker], last_line_cap: int) -> None:
        self._emit = emit
        self._tail_room = min(TAIL_BYTES, cap_bytes // 4)
        self._head_room = max(0, cap_bytes - self._tail_room)
        self._cap = cap_bytes
        self.masker = masker
        self._tail = bytearray()
        self._beyond_head = 0
        self._last_line = bytearray()
        # 0 = nobody asks for the last line. One byte more than the cap, so that too long is seen as too long.
        self._last_line_cap = last_line_cap + 1 if last_line_cap else 0
        self.sent_bytes = 0
        self.dropped_bytes = 0

    def feed(self, data: bytes) -> None:
        if self._last_line_cap:
            self._remember_line(data)
        if self.masker is not None:
            data = self.masker.feed(data)
        self._take(data)

    def finish(self) -> None:
        """No more output comes: what was held back is sent."""
        if self.masker is not None:
            self._take(self.masker.flush())
        tail = bytes(self._tail[-self._tail_room :]) if self._tail_room else b""
        self.dropped_bytes = self._beyond_head - len(tail)
        if self.dropped_bytes > 0:
            line = f"\n[vortex] {self.dropped_bytes:,} bytes of output were dropped here: the limit is {self._cap:,} bytes for each attempt.\n"
            self._send(line.encode())
        self._send(tail)
        self._tail.clear()

    def last_line(self) -> str:
        """As Airflow's BashOperator reads it: without white space at the end, bytes that are no UTF-8 escaped."""
        return self._last_line.rstrip(b"\n").decode("utf-8", "backslashreplace").rstrip()

    def _take(self, data: bytes) -> None:
        if self._head_room > 0:
            head = data[: self._head_room]
            self._head_room -= len(head)
            self._send(head)
            data = data[len(head) :]
        if not data:
            return
        self._beyond_head += len(data)
        self._tail += data[-self._tail_room :] if self._tail_room else b""
        if len(self._tail) > 2 * self._tail_room:
            del self._tail[: -self._tail_room]

    def _send(self, data: bytes) -> None:
        if data:
            self.sent_bytes += len(data)
            self._emit(data)

    def _remember_line(self, data: bytes) -> None:
        # The newline that ends the line stays with it: it is only a new line once something follows.
        if self._last_line.endswith(b"\n"):
            self._last_line.clear()
        start = data.rfind(b"\n", 0, len(data) - 1) + 1
        if start:
            self._last_line.clear()
        room = self._last_line_cap + 1 - len(self._last_line)
        if room > 0:
            self._last_line += data[start : start + room]
        if data.endswith(b"\n") and not self._last_line.endswith(b"\n"):
            self._last_line += b"\n"
