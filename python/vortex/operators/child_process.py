"""A command in a process group of its own: its output goes to the task's log as it comes, and its last line is remembered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any, Dict, List, Mapping, Optional

# The result is the last line. A longer one is no result; the cap protects memory from output without line ends.
MAX_LAST_LINE_BYTES = 64 * 1024 * 1024
READ_BYTES = 64 * 1024
# A background process may hold the output open after the command has ended.
DRAIN_SECONDS = 2.0


class ChildProcess:
    """One command at a time. `run` waits for its end; `signal` reaches it and all its children from another frame of the stack."""

    def __init__(self) -> None:
        self._process: Optional["subprocess.Popen[bytes]"] = None

    def run(
        self, command: List[str], *, cwd: Optional[str] = None, environment: Optional[Mapping[str, str]] = None, encoding: str = "utf-8"
    ) -> "tuple[int, str]":
        """(exit code, or the signal's number below zero; last line of the output). Raises FileNotFoundError if the program is missing."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
        self._process = process
        output = _Output(process.stdout, encoding)
        try:
            code = process.wait()
            output.finish()
        except BaseException:
            # Timeout, termination or an interrupt: nothing of the command may go on.
            self.signal(signal.SIGKILL)
            raise
        finally:
            self._process = None if process.returncode is not None else process
        return code, output.last_line

    def signal(self, number: int) -> None:
        """To the command and all that it started; nothing happens if none runs."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def how_it_ended(code: int) -> str:
    """Words for an exit that is no success."""
    return f"was ended by signal {-code}" if code < 0 else f"returned a non-zero exit code {code}"


def environment_for(
    given: Optional[Mapping[str, Any]], *, inherit: bool, always: "tuple[str, ...]" = ("AIRFLOW_CTX_", "VORTEX_"), keep: Any = ()
) -> Dict[str, str]:
    """
    The command's environment: this process's if nothing was given, else what was given, over this process's if `inherit`. Names that
    begin with `always`, and those in `keep`, are there in any case.
    """
    inherited = dict(os.environ)
    if given is None:
        return inherited
    kept = {name: value for name, value in inherited.items() if inherit or name.startswith(always) or name in keep}
    return {**kept, **{name: str(value) for name, value in given.items()}}


class _Output:
    """Copies a command's output to stdout as it comes, and remembers its last line. A thread reads, so that a signal can end the wait."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._last = bytearray()
        self._at_line_end = False
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._read, name="command-output", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        self._thread.join(DRAIN_SECONDS)
        if self._error is not None:
            raise self._error

    @property
    def last_line(self) -> str:
        return self._last.decode(self._encoding, errors="backslashreplace").rstrip()

    def _read(self) -> None:
        try:
            while True:
                piece = self._stream.readline(READ_BYTES)
                if not piece:
                    break
                self._take(piece)
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._error = error

    def _take(self, piece: bytes) -> None:
        sys.stdout.write(piece.decode(self._encoding, errors="backslashreplace"))
        sys.stdout.flush()
        if self._at_line_end:
            self._last.clear()
        self._at_line_end = piece.endswith(b"\n")
        if len(self._last) < MAX_LAST_LINE_BYTES:
            self._last += piece
