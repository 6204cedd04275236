"""
A task's private line to its host: questions and their answers, XComs, the result. Not stdout, which belongs to the author.

What the child says travels as the frames of `frames.py`, since the author's code could write there too. What the host says travels as
u32 length and marshal: it is trusted, of the same interpreter, and reading it touches a third of the memory that JSON does, which a
fresh child would have to copy page by page.
"""
from __future__ import annotations

import marshal
import os
import struct
import threading
from typing import Any, Callable, Dict, Optional

from vortex.host.frames import encode_json

_LENGTH = struct.Struct(">I")


def encode_for_child(message: Dict[str, Any]) -> bytes:
    """What `Channel.receive` reads. Texts, numbers, booleans, None, lists and dicts only."""
    payload = marshal.dumps(message)
    return _LENGTH.pack(len(payload)) + payload


class ChannelError(Exception):
    """The controller refused a question; `code` is a word of the API's error table."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class XComTooLarge(Exception):
    """Refused here, before it travels."""


class Terminated(BaseException):
    """SIGTERM arrived and `on_terminate` was not set: the task is to end. `kind` is "timeout" or "killed"."""

    def __init__(self, kind: str) -> None:
        super().__init__("the task timed out" if kind == "timeout" else "the task was told to end")
        self.kind = kind


class Channel:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._next_id = 0
        self._lock = threading.RLock()
        self.xcom_cap_bytes = 0
        # Called in the main thread when SIGTERM arrives, with "timeout" or "killed". It may raise; what it raises surfaces in
        # the code that runs. `execute` sets it so that on_kill runs and Airflow's exceptions are raised.
        self.on_terminate: Optional[Callable[[str], None]] = None

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        """Asks the controller and waits. Raises ChannelError when it refuses."""
        with self._lock:
            self._next_id += 1
            number = self._next_id
            self._send({"t": "request", "id": number, "method": method, "params": params})
            while True:
                message = self.receive()
                # An answer to an earlier question whose wait an exception broke off is passed over.
                if message["t"] == "respond" and message["id"] == number:
                    break
        if message["error_code"]:
            raise ChannelError(message["error_code"], message["error_message"])
        return message["result"]

    def push_xcom(self, key: str, value_json: str) -> None:
        """Leaves an XCom before the task ends; those of the result document travel with the result."""
        self.check_xcom(key, value_json)
        with self._lock:
            self._send({"t": "xcom", "xcoms": [{"key": key, "value_json": value_json}]})

    def check_xcom(self, key: str, value_json: str) -> None:
        size = len(value_json)
        if size <= self.xcom_cap_bytes and not value_json.isascii():
            size = len(value_json.encode("utf-8", "surrogatepass"))
        if size > self.xcom_cap_bytes:
            raise XComTooLarge(
                f"XCom {key!r} has {size:,} bytes as JSON; the limit is {self.xcom_cap_bytes:,}. "
                "Write large data to a file or an object store and leave its address as the XCom."
            )

    def send_result(self, result: Dict[str, Any]) -> None:
        for xcom in result.get("xcoms") or []:
            self.check_xcom(xcom["key"], xcom["value_json"])
        with self._lock:
            self._send({"t": "result", "result": result})

    def tell(self, word: str, **fields: Any) -> None:
        with self._lock:
            self._send({"t": word, **fields})

    def receive(self) -> Dict[str, Any]:
        """The next message; ends the process when the host is gone."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        message: Dict[str, Any] = marshal.loads(self._read(length))
        return message

    def _read(self, count: int) -> bytearray:
        data = bytearray()
        while len(data) < count:
            more = os.read(self._fd, count - len(data))
            if not more:
                os._exit(70)
            data += more
        return data

    def _send(self, message: Dict[str, Any]) -> None:
        data = memoryview(encode_json(message))
        while data:
            data = data[os.write(self._fd, data) :]
