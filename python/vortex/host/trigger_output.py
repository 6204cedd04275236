"""
What triggers print. They share a process, so standard output and error go by the trigger that is running: `vortex.triggers.asking.running`
is set in the context of each one, and asyncio hands it to whatever the trigger starts.
"""
from __future__ import annotations

import io
from typing import Any, List, Optional

from vortex.host.masking import Masker, shown_reason
from vortex.host.shared_link import SharedLink
from vortex.triggers.asking import running


# What a socket takes at once.
HURRY_BYTES = 64 * 1024


class TriggerOutput:
    """One trigger's output on its way to the worker, which keeps the end of it."""

    __slots__ = ("_dropped", "_link", "_masker", "_number")

    def __init__(self, link: SharedLink, number: int) -> None:
        self._link = link
        self._number = number
        self._masker: Optional[Masker] = None
        self._dropped = 0

    def write(self, text: str) -> None:
        """From any thread."""
        data = text.encode("utf-8", "backslashreplace")
        if self._link.is_full:
            # A trigger that prints without end must not fill the memory of all others.
            self._dropped += len(data)
            return
        self._tell_dropped()
        self._send(data if self._masker is None else self._masker.feed(data))

    def mask(self, values: List[str]) -> None:
        """Takes values out of what follows."""
        if not values:
            return
        if self._masker is None:
            self._masker = Masker(values)
        else:
            self._masker.add(values)

    def finish(self, reason: str) -> str:
        """No more output comes. Returns the reason, masked as the output was."""
        self._tell_dropped()
        if self._masker is not None:
            self._send(self._masker.flush())
        return shown_reason(reason, self._masker)

    def _tell_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._send(f"\n[vortex] {dropped:,} bytes of output were dropped here: they came faster than they can be kept.\n".encode())

    def _send(self, data: bytes) -> None:
        if data:
            self._link.send_log(self._number, data)
            # At once: the last words of one that ends the process are what explains it. A socket that is full is for the loop to empty.
            if self._link.waiting_bytes < HURRY_BYTES:
                self._link.flush()


class RoutedStream(io.TextIOBase):
    """Stands for sys.stdout and sys.stderr. What no trigger prints goes where it went before."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, below: Any) -> None:
        super().__init__()
        self._below = below

    @property
    def buffer(self) -> Any:
        return self._below.buffer

    def write(self, text: str) -> int:
        trigger = running.get()
        if trigger is None:
            self._below.write(text)
        else:
            trigger.output.write(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        if running.get() is None:
            self._below.flush()

    def fileno(self) -> int:
        found: int = self._below.fileno()
        return found
