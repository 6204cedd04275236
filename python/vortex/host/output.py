"""
One attempt's merged output on its way to the worker: masked, capped, its last line remembered.

Beyond the cap output is still read (the task must not block on a full pipe) and counted. The end of an output usually tells
why a task failed, so the last piece is kept aside and follows the line that says how much is missing. It is sent in parts that say how long
ago they came, for the worker notes when each line did.
"""
from __future__ import annotations

from collections import deque
from typing import Callable, Deque, Optional, Tuple

from vortex.host.clocks import monotonic
from vortex.host.masking import Masker

# What the log page reads at first of a large log, so that it opens on nothing but the end; a quarter of the cap at most.
TAIL_BYTES = 1024 * 1024
# As exact as the worker notes it.
TAIL_PART_SECONDS = 0.1


class Output:
    def __init__(
        self,
        emit: Callable[[bytes], None],
        cap_bytes: int,
        masker: Optional[Masker],
        last_line_cap: int,
        tell_age: Callable[[int], None] = lambda ms: None,
    ) -> None:
        self._emit = emit
        # Before a piece that did not come just now: milliseconds since it did.
        self._tell_age = tell_age
        self._tail_room = min(TAIL_BYTES, cap_bytes // 4)
        self._head_room = max(0, cap_bytes - self._tail_room)
        self._cap = cap_bytes
        self.masker = masker
        self._tail = bytearray()
        # Where parts of what is beyond the head begin, and when they came.
        self._parts: Deque[Tuple[int, float]] = deque()
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
        first = self._beyond_head - len(tail)
        self._forget_parts(first)
        if self.dropped_bytes > 0:
            self._say_when(0)
            line = f"\n[vortex] {self.dropped_bytes:,} bytes of output were dropped here: the limit is {self._cap:,} bytes for each attempt.\n"
            self._send(line.encode())
        for at, (start, _) in enumerate(self._parts):
            end = self._parts[at + 1][0] if at + 1 < len(self._parts) else self._beyond_head
            self._say_when(at)
            self._send(tail[max(0, start - first) : end - first])
        self._tail.clear()
        self._parts.clear()

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
        now = monotonic()
        if self._tail_room and (not self._parts or now - self._parts[-1][1] >= TAIL_PART_SECONDS):
            self._parts.append((self._beyond_head, now))
        self._beyond_head += len(data)
        self._tail += data[-self._tail_room :] if self._tail_room else b""
        if len(self._tail) > 2 * self._tail_room:
            del self._tail[: -self._tail_room]
            self._forget_parts(self._beyond_head - self._tail_room)

    def _forget_parts(self, first: int) -> None:
        """Those that end before `first`."""
        while len(self._parts) > 1 and self._parts[1][0] <= first:
            self._parts.popleft()

    def _say_when(self, part: int) -> None:
        if self._parts:
            self._tell_age(round((monotonic() - self._parts[part][1]) * 1000))

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
