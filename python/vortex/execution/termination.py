"""How a running task is ended: SIGTERM from its host, or its own execution timeout. on_kill() runs first, once."""
from __future__ import annotations

import signal
import threading
from typing import Any

from vortex.exceptions import AirflowTaskTerminated, AirflowTaskTimeout
from vortex.loading.author_traceback import format_author_traceback
from vortex.task_log import say


class Termination:
    """A context manager around the operator's work. The host's own timer is a little later or earlier; whoever is first wins."""

    def __init__(self, task: Any, channel: Any) -> None:
        # A mapped task becomes the operator of its instance.
        self.task = task
        self._channel = channel
        timeout = getattr(task, "execution_timeout", None)
        self._seconds = timeout.total_seconds() if timeout is not None else 0.0
        self._killed = False
        self._armed = False

    def __enter__(self) -> "Termination":
        self._channel.on_terminate = self._end
        if self._seconds > 0 and hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, lambda *_: self._end("timeout"))
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
            self._armed = True
        return self

    def __exit__(self, *_: Any) -> None:
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, 0)
        # From here on the outcome is decided; a late SIGTERM leaves it to the host.
        self._channel.on_terminate = _too_late

    def _end(self, kind: str) -> None:
        if self._killed:
            return
        self._killed = True
        try:
            self.task.on_kill()
        except Exception as error:  # noqa: BLE001 - the task ends all the same
            say(f"on_kill() failed:\n{format_author_traceback(error)}")
        if kind == "timeout":
            raise AirflowTaskTimeout(f"the task did not end within its execution_timeout of {self._seconds:g} s")
        raise AirflowTaskTerminated("the task was told to end")


def _too_late(_kind: str) -> None:
    """The callbacks of the outcome run; the host kills the process after its grace."""
