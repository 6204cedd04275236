"""What a task prints and logs, while it runs in this process: shown as ever but without secrets, and its end kept for failures."""

from __future__ import annotations

import logging
import sys
from typing import Any, List

from vortex.testing.channel import hidden

# Of each task instance the end of its log is kept.
MAX_KEPT_CHARS = 64 * 1024


class _Stream:
    """Passes everything on. What debuggers and prompts ask of a stream (fileno, isatty, ...) is answered by the stream below."""

    def __init__(self, below: Any, output: "TaskOutput") -> None:
        self._below = below
        self._output = output

    def write(self, text: str) -> int:
        shown = self._output.take(text)
        self._below.write(shown)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)


class TaskOutput:
    """`with TaskOutput(masked, quiet) as output:`, then `output.text`. quiet: nothing is shown, only kept."""

    def __init__(self, masked: List[str], quiet: bool = False) -> None:
        self._masked = masked
        self._quiet = quiet
        self._kept: List[str] = []
        self._size = 0
        self._before: Any = ()
        self._handler = _Keep(self)
        self._level = logging.NOTSET

    @property
    def text(self) -> str:
        return "".join(self._kept)[-MAX_KEPT_CHARS:]

    def take(self, text: str) -> str:
        shown = hidden(text, self._masked)
        self._kept.append(shown)
        self._size += len(shown)
        if self._size > 4 * MAX_KEPT_CHARS:
            self._kept = [self.text]
            self._size = len(self._kept[0])
        return shown

    def __enter__(self) -> "TaskOutput":
        root = logging.getLogger()
        self._before = (sys.stdout, sys.stderr)
        self._level = root.level
        # As on a server, where tasks log from INFO on.
        root.setLevel(min(root.level or logging.INFO, logging.INFO))
        if not self._quiet and not root.handlers:
            from vortex.execution.run_attempt import log_to_stdout

            log_to_stdout()
        root.addHandler(self._handler)
        below = (_Nothing(), _Nothing()) if self._quiet else self._before
        sys.stdout, sys.stderr = _Stream(below[0], self), _Stream(below[1], self)
        return self

    def __exit__(self, *_: Any) -> None:
        sys.stdout, sys.stderr = self._before
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)


class _Keep(logging.Handler):
    """Keeps records of the logging module, which other handlers show where they write to."""

    def __init__(self, output: TaskOutput) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s %(name)s - %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._output.take(self.format(record) + "\n")


class _Nothing:
    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False
