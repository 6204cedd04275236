"""
The parse host where processes cannot be forked (Windows), or with `--fresh`: a new interpreter per DAG file. Slower by its start and
imports (0.3 s each); the same frames, the same answers. Limits of memory and of processes hold only where the system has them.
"""
from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from typing import Any, Callable, Dict, Optional, Set

from vortex.host.frames import BrokenFrame, Decoder, encode_json
from vortex.loading.ending import CANCELLED, describe_end
from vortex.loading.limits import MAX_RESULT_BYTES, Limits

_READ_BYTES = 256 * 1024


def serve(source: int, sink: int, parallel: int, ready: Dict[str, Any]) -> None:
    """One thread reads stdin, `parallel` threads each run one child at a time."""
    waiting: "queue.Queue[Optional[Dict[str, Any]]]" = queue.Queue()
    running: Dict[Any, "FreshChild"] = {}
    cancelled: Set[Any] = set()
    lock = threading.Lock()

    def send(document: Dict[str, Any]) -> None:
        data = memoryview(encode_json(document))
        with lock:
            while data:
                data = data[os.write(sink, data) :]

    def work() -> None:
        while True:
            request = waiting.get()
            if request is None:
                return
            child = FreshChild(request, send)
            running[request["id"]] = child
            if request["id"] in cancelled:
                child.cancel()
            try:
                send(child.run())
            finally:
                running.pop(request["id"], None)
                cancelled.discard(request["id"])

    send(ready)
    threads = [threading.Thread(target=work, daemon=True) for _ in range(max(1, parallel))]
    for thread in threads:
        thread.start()
    decoder = Decoder()
    while True:
        data = os.read(source, _READ_BYTES)
        if not data:
            break
        for _, frame in decoder.feed(data):
            if frame.get("type") == "response":
                child = running.get(frame["id"])
                if child is not None:
                    child.answer(frame)
            elif frame.get("type") == "cancel":
                # Noted first: its turn may come just now.
                cancelled.add(frame["id"])
                child = running.get(frame["id"])
                if child is not None:
                    child.cancel()
            else:
                waiting.put(frame)
    for child in list(running.values()):
        child.kill()


class FreshChild:
    """One interpreter for one DAG file."""

    def __init__(self, request: Dict[str, Any], send: Callable[[Dict[str, Any]], None]) -> None:
        self._request = request
        self._send = send
        self._limits = Limits.of(request.get("limits"))
        self._reason: Optional[str] = None
        self._process: Optional["subprocess.Popen[bytes]"] = None

    def run(self) -> Dict[str, Any]:
        """The result frame; never raises for what the file does."""
        if self._reason == "cancelled":
            return {"type": "result", "id": self._request["id"], "result": None, "failure": dict(CANCELLED), "output": ""}
        command = [sys.executable, "-m", "vortex.loading.parse_once"]
        options: Dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        process = self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if self._reason is not None:
            # Cancelled while it was being started.
            self.kill()
        output = bytearray()
        reading = threading.Thread(target=self._read_output, args=(process.stderr, output), daemon=True)
        reading.start()
        timer = threading.Timer(self._limits.wall_seconds, self._overdue)
        timer.start()
        self.answer(self._request)
        found = self._read_frames(process)
        timer.cancel()
        self.kill()
        code = process.wait()
        # A grandchild may hold the pipe; what it writes is of no interest.
        reading.join(1)
        answer = {"type": "result", "id": self._request["id"], "result": None, "failure": None, "output": bytes(output).decode("utf-8", "replace")}
        if found is not None and found["type"] == "result":
            return {**answer, "result": found["result"]}
        failure = found or describe_end(reason=self._reason, code=code, limits=self._limits, file=self._request["file"])
        return {**answer, "failure": {"file": self._request["file"], **failure}}

    def _read_frames(self, process: "subprocess.Popen[bytes]") -> Optional[Dict[str, Any]]:
        decoder = Decoder(MAX_RESULT_BYTES + 1024)
        while True:
            data = os.read(process.stdout.fileno(), _READ_BYTES)  # type: ignore[union-attr]
            if not data:
                return None
            try:
                for _, frame in decoder.feed(data):
                    if frame["type"] == "request":
                        self._send({**frame, "id": self._request["id"]})
                    else:
                        return frame
            except (BrokenFrame, ValueError, KeyError, TypeError):
                self._reason = "garbage"
                return None

    def _read_output(self, stream: Any, output: bytearray) -> None:
        while True:
            data = stream.read1(_READ_BYTES)
            if not data:
                return
            output += data[: max(0, self._limits.output_bytes - len(output))]

    def cancel(self) -> None:
        self._reason = "cancelled"
        self.kill()

    def _overdue(self) -> None:
        self._reason = "timeout"
        self.kill()

    def answer(self, frame: Dict[str, Any]) -> None:
        try:
            self._process.stdin.write(encode_json(frame))  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except (OSError, ValueError):
            self.kill()

    def kill(self) -> None:
        """The whole tree, as far as the system knows it."""
        process = self._process
        if process is None:
            return
        try:
            if os.name == "posix":
                os.killpg(process.pid, 9)
            elif process.poll() is None:
                subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        except OSError:
            pass
