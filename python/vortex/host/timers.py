"""Due times of one loop. A timer taken back leaves only an empty entry, and those are swept before they outnumber the others."""
from __future__ import annotations

import heapq
from typing import Callable, List, Optional

from vortex.host.clocks import monotonic

# Below this a sweep costs more than it gives.
SWEEP_ABOVE = 1024


class Timer:
    __slots__ = ("callback", "number", "when")

    def __init__(self, when: float, number: int, callback: Callable[[], None]) -> None:
        self.when = when
        self.number = number
        self.callback: Optional[Callable[[], None]] = callback

    def __lt__(self, other: "Timer") -> bool:
        return (self.when, self.number) < (other.when, other.number)


class Timers:
    def __init__(self) -> None:
        self._heap: List[Timer] = []
        self._count = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when: float, callback: Callable[[], None]) -> Timer:
        self._count += 1
        timer = Timer(when, self._count, callback)
        heapq.heappush(self._heap, timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        """A timer that ran already may be taken back as well."""
        if timer.callback is None:
            return
        timer.callback = None
        self._cancelled += 1
        if len(self._heap) > SWEEP_ABOVE and self._cancelled > len(self._heap) // 2:
            self._heap = [kept for kept in self._heap if kept.callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def seconds_to_next(self) -> Optional[float]:
        return max(0.0, self._heap[0].when - monotonic()) if self._heap else None

    def run_due(self) -> None:
        while self._heap and self._heap[0].when <= monotonic():
            timer = heapq.heappop(self._heap)
            callback, timer.callback = timer.callback, None
            if callback is None:
                self._cancelled -= 1
            else:
                callback()
