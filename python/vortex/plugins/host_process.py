"""One plugin host: a Node process, and the socket over which it is spoken to, a JSON document a line (plugins/host/main.ts)."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from typing import Any, Callable, Dict, Optional, Sequence

# An answer that is longer is a mistake: XComs have far smaller limits.
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
# After its last word it only has to go.
EXIT_SECONDS = 5.0
_READ_BYTES = 256 * 1024

Message = Dict[str, Any]


_HINT = "; a plugin returns or throws, and does not call process.exit"


class HostEnded(Exception):
    """The process is gone without an answer. `code`: its exit code, or the signal's number below zero."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{how_it_ended(code)} before it was done{_HINT if code >= 0 else ''}")
        self.code = code


class HostSilent(Exception):
    """No answer in time."""


class HostProcess:
    """`limit` runs in the child before Node does. A session of its own lets `kill` reach what the plugin started."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Dict[str, str],
        *,
        output: Optional[int] = None,
        limit: Optional[Callable[[], None]] = None,
        own_session: bool = True,
    ) -> None:
        self._socket, theirs = socket.socketpair()
        self._received = bytearray()
        self._own_session = own_session
        try:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                pass_fds=(theirs.fileno(),),
                preexec_fn=limit,
                start_new_session=own_session,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()

    def send(self, message: Message) -> None:
        """Raises HostEnded if nobody is there to read it."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise HostEnded(self._exit_code()) from None

    def receive(self, deadline: Optional[float] = None) -> Message:
        """The next message. Raises HostEnded, or HostSilent when `deadline` (of time.monotonic) has passed."""
        searched = 0
        while True:
            end = self._received.find(b"\n", searched)
            if end >= 0:
                line = bytes(self._received[:end])
                del self._received[: end + 1]
                return json.loads(line)
            searched = len(self._received)
            if searched > MAX_MESSAGE_BYTES:
                self.kill()
                raise HostSilent(f"it said more than {MAX_MESSAGE_BYTES:,} bytes at once")
            if deadline is not None and not select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise HostSilent("it did not answer in time")
            try:
                data = self._socket.recv(_READ_BYTES)
            except ConnectionResetError:
                data = b""
            if not data:
                raise HostEnded(self._exit_code())
            self._received += data

    def terminate(self) -> None:
        """Tells it to end; the plugin sees it as `signal`."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """It and all that it started. Nothing happens if it has ended."""
        if self._own_session:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except OSError:
                pass
        elif self._process.poll() is None:
            self._process.kill()

    def close(self) -> None:
        """Waits for its end, and sees that nothing of it is left."""
        self._socket.close()
        try:
            self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()
            self._process.wait()

    def _exit_code(self) -> int:
        try:
            return self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            # It has closed its end of the line, and lives.
            self.kill()
            return self._process.wait()


def how_it_ended(code: int) -> str:
    """Words for the end of a process that was not done."""
    if code in (-signal.SIGABRT, 128 + signal.SIGABRT):
        return "its process aborted, most likely for want of memory,"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"its process was ended by {name}"
    return f"its process ended with exit code {code}"
