"""
Notices a trigger that blocks the event loop, which every other trigger of the process needs: each step of a task says whose it is, and
a thread looks at how long the step takes, so that one that never ends is told too.
"""
from __future__ import annotations

import asyncio
import collections.abc
import os
import select
import threading
import time
from typing import Any, Optional, Tuple

from vortex.host.shared_link import SharedLink
from vortex.triggers.asking import running

LIMIT_SECONDS = 2.0
LOOK_SECONDS = 1.0


class BlockWatch:
    def __init__(self, link: SharedLink) -> None:
        self._link = link
        # Replaced as a whole, so that the thread never sees half of it.
        self._step: Optional[Tuple[Any, float]] = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_task_factory(self._make_task)
        threading.Thread(target=self._look, name="vortex-block-watch", daemon=True).start()

    def _make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        trigger = running.get()
        if trigger is not None:
            coroutine = _Watched(self, trigger, coroutine)
        return asyncio.Task(coroutine, loop=loop, **options)

    def enter(self, trigger: Any) -> None:
        self._step = (trigger, time.monotonic())

    def leave(self) -> None:
        self._tell()
        self._step = None

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            if self._tell():
                # The loop cannot.
                self._link.flush()
                self._end_if_alone()

    def _tell(self) -> bool:
        step = self._step
        if step is None or time.monotonic() - step[1] < LIMIT_SECONDS:
            return False
        trigger = step[0]
        if not trigger.told_blocking:
            trigger.told_blocking = True
            trigger.output.write(
                f"[vortex] This trigger has blocked its event loop for more than {LIMIT_SECONDS:g} s, and every other trigger beside it waits. "
                "Use `await asyncio.sleep(...)`, an asynchronous client, or `await asyncio.to_thread(...)` for what blocks.\n"
            )
        return True

    def _end_if_alone(self) -> None:
        """A loop that is blocked does not see that its worker is gone."""
        poll = select.poll()
        poll.register(self._link.socket.fileno(), getattr(select, "POLLRDHUP", select.POLLHUP))
        if poll.poll(0):
            os._exit(70)


class _Watched(collections.abc.Coroutine):  # type: ignore[type-arg]
    __slots__ = ("_coroutine", "_trigger", "_watch")

    def __init__(self, watch: BlockWatch, trigger: Any, coroutine: Any) -> None:
        self._watch = watch
        self._trigger = trigger
        self._coroutine = coroutine

    def send(self, value: Any) -> Any:
        self._watch.enter(self._trigger)
        try:
            return self._coroutine.send(value)
        finally:
            self._watch.leave()

    def throw(self, *error: Any) -> Any:
        self._watch.enter(self._trigger)
        try:
            return self._coroutine.throw(*error)
        finally:
            self._watch.leave()

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Any:
        return self._coroutine.__await__()
