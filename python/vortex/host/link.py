"""A host's connection to the worker: frames out in one write per turn of the loop, frames in, a bound on what waits."""
from __future__ import annotations

import socket
from typing import Any, List

from vortex.host.frames import Decoder, Frame, encode_json, encode_log

# Above: the worker is slow, stop reading the output of attempts. Below: go on. Control frames are small and always taken.
HIGH_WATER_BYTES = 4 * 1024 * 1024
LOW_WATER_BYTES = 1024 * 1024


class Link:
    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.closed = False
        self.waiting_bytes = 0
        self._out: List[bytes] = []
        self._decoder = Decoder()

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, message: Any) -> None:
        self._push(encode_json(message))

    def send_log(self, number: int, data: bytes) -> None:
        self._push(encode_log(number, data))

    def _push(self, frame: bytes) -> None:
        if not self.closed:
            self._out.append(frame)
            self.waiting_bytes += len(frame)

    def flush(self) -> None:
        while self._out and not self.closed:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            try:
                sent = self.socket.send(data)
            except BlockingIOError:
                self._out = [data]
                return
            except OSError:
                self.close()
                return
            self.waiting_bytes -= sent
            self._out = [data[sent:]] if sent < len(data) else []

    def receive(self) -> List[Frame]:
        """Frames that arrived. `closed` is set when the worker is gone."""
        try:
            data = self.socket.recv(256 * 1024)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.close()
            return []
        try:
            return self._decoder.feed(data)
        except ValueError:
            self.close()
            return []

    def close(self) -> None:
        self.closed = True
        self._out.clear()
        self.waiting_bytes = 0
