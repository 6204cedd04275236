"""A link that several threads of one event loop write to: what they send leaves in one write per turn of the loop."""
from __future__ import annotations

import asyncio
import threading
from typing import List

from vortex.host.frames import Frame
from vortex.host.link import HIGH_WATER_BYTES, Link


class SharedLink(Link):
    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._lock = threading.RLock()
        self._loop: "asyncio.AbstractEventLoop | None" = None
        self._thread = 0
        self._planned = False
        self._writing = False

    def serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on the loop sends what waits. Called in its thread."""
        self._thread = threading.get_ident()
        self._loop = loop
        self.pump()

    @property
    def is_full(self) -> bool:
        """The worker reads more slowly than this process writes."""
        return self.waiting_bytes > HIGH_WATER_BYTES

    def _push(self, frame: bytes) -> None:
        with self._lock:
            super()._push(frame)
            if self._loop is None or self._planned or self._writing:
                return
            self._planned = True
        if threading.get_ident() == self._thread:
            self._loop.call_soon(self.pump)
        else:
            self._loop.call_soon_threadsafe(self.pump)

    def flush(self) -> None:
        with self._lock:
            super().flush()

    def receive(self) -> List[Frame]:
        frames = super().receive()
        if self.closed:
            self._stop_writing()
        return frames

    def pump(self) -> None:
        """In the loop: sends what the socket takes, and waits for it to take the rest."""
        self._planned = False
        self.flush()
        if self._loop is None:
            return
        if self.waiting_bytes == 0:
            self._stop_writing()
        elif not self._writing:
            self._writing = True
            self._loop.add_writer(self.socket.fileno(), self.pump)

    def _stop_writing(self) -> None:
        if self._writing and self._loop is not None:
            self._writing = False
            self._loop.remove_writer(self.socket.fileno())
