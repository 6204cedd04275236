"""The host's side of one parse child: its descriptors, its deadline, and how its end is told."""
from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from typing import Any, Dict, Iterator, Optional, Tuple

from vortex.host.frames import BrokenFrame, Decoder, encode_json
from vortex.host.process_tree import descendants
from vortex.loading.ending import describe_ending
from vortex.loading.limits import MAX_RESULT_BYTES, Limits
from vortex.loading.parse_child import ProcessCounter, run_child

_READ_BYTES = 256 * 1024
_TRACE_BYTES = 64 * 1024


class RunningChild:
    """A forked child from start to reaping. Every method returns at once."""

    def __init__(self, request: Dict[str, Any], limits: Limits, context: Dict[str, Any]) -> None:
        self.number = request["id"]
        self._request = request
        self._limits = limits
        self._decoder = Decoder(MAX_RESULT_BYTES + 1024)
        self._output = bytearray()
        self._dropped = 0
        self._result: Optional[dict] = None
        self._failed: Optional[dict] = None
        self._reason: Optional[str] = None
        self._kill_at: Optional[float] = None
        self._status: Optional[int] = None
        self.control_closed = self.output_closed = False
        self._counter = ProcessCounter(limits.processes)
        self.control, child_control = socket.socketpair()
        self.output, child_output = os.pipe()
        self._trace = tempfile.TemporaryFile(prefix="vortex-trace-") if not hasattr(os, "memfd_create") else os.fdopen(os.memfd_create("trace"), "w+b")
        self.pid = os.fork()
        if self.pid == 0:
            run_child(request, {"control": child_control.detach(), "output": child_output, "trace": self._trace.fileno()}, limits, self._counter, context)
        child_control.close()
        os.close(child_output)
        self.control.setblocking(False)
        os.set_blocking(self.output, False)
        self._started = time.monotonic()
        self._deadline = self._started + limits.wall_seconds

    @property
    def next_check(self) -> float:
        return self._kill_at if self._kill_at is not None else self._deadline

    def answer(self, frame: Dict[str, Any]) -> None:
        # An answer is small and the child waits for it: a full buffer means that the child does not read, and it loses.
        try:
            self.control.sendall(encode_json(frame))
        except OSError:
            self.kill()

    def read_control(self) -> Iterator[Dict[str, Any]]:
        while True:
            try:
                data = self.control.recv(_READ_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                data = b""
            if not data:
                self.control_closed = True
                return
            try:
                for _, frame in self._decoder.feed(data):
                    if frame.get("type") == "result":
                        self._result = frame["result"]
                    elif frame.get("type") == "failed":
                        self._failed = {"kind": frame["kind"], "message": frame["message"]}
                    else:
                        yield frame
            except (BrokenFrame, ValueError, AttributeError, TypeError, KeyError):
                # The author's code wrote into our channel.
                self._reason = "garbage"
                self.kill()
                return
            if self._result is not None or self._failed is not None:
                self.kill()
                return

    def read_output(self) -> None:
        # At most a few reads per turn, so that a flood does not keep the host from the other children.
        for _ in range(4):
            try:
                data = os.read(self.output, _READ_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                data = b""
            if not data:
                self.output_closed = True
                return
            room = self._limits.output_bytes - len(self._output)
            self._output += data[: max(0, room)]
            self._dropped += max(0, len(data) - max(0, room))

    def cancel(self) -> None:
        if self._result is None and self._failed is None:
            self._reason = "cancelled"
        self.kill()

    def check(self, now: float, grace: float, watch: bool) -> None:
        if self._kill_at is not None:
            if now >= self._kill_at:
                self.kill()
        elif now >= self._deadline:
            self._reason = "timeout"
            self._kill_at = now + grace
            self._signal(signal.SIGUSR2)
        elif watch and now - self._started > 0.2 and len(descendants(self.pid)) > self._limits.processes:
            self._reason = "processes"
            self.kill()

    def kill(self) -> None:
        """The whole session, and the child itself in case that it has not reached setsid yet."""
        for send in (lambda: os.killpg(self.pid, signal.SIGKILL), lambda: os.kill(self.pid, signal.SIGKILL)):
            try:
                send()
            except OSError:
                continue

    def reap(self, blocking: bool = False) -> bool:
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, 0 if blocking else os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid == 0:
                return False
            self._status = status
        return True

    def finish(self) -> Tuple[Optional[dict], Optional[dict], str]:
        """(result, failure, captured output): exactly one of the first two is set."""
        self.kill_group()
        output = bytes(self._output).decode("utf-8", "replace")
        if self._dropped:
            output += f"\n... {self._dropped:,} more bytes of output were dropped ...\n"
        failure = None
        if self._result is None:
            failure = self._failed or describe_ending(
                reason=self._reason, status=self._status or 0, limits=self._limits, seconds=time.monotonic() - self._started,
                trace=self._read_trace(), processes=self._counter.count(), file=self._request["file"],
            )
            failure["file"] = self._request["file"]
            failure.setdefault("duration_ms", round((time.monotonic() - self._started) * 1000, 3))
        self.control.close()
        os.close(self.output)
        self._trace.close()
        self._counter.close()
        return self._result, failure, output

    def kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except OSError:
            pass

    def _signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except OSError:
            pass

    def _read_trace(self) -> str:
        self._trace.seek(0)
        return self._trace.read(_TRACE_BYTES).decode("utf-8", "replace")
