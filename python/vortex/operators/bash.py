"""BashOperator: runs a command with bash, in a process group of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Container
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from vortex.definitions.base_operator import BaseOperator
from vortex.exceptions import AirflowException, AirflowSkipException

# Always in the command's environment, even if `env` replaces it.
_ALWAYS_EXPORTED = ("AIRFLOW_CTX_", "VORTEX_")
# The result is the last line. A longer one is no result; the cap protects memory from output without line ends.
MAX_LAST_LINE_BYTES = 64 * 1024 * 1024
READ_BYTES = 64 * 1024
# Linux refuses a single argument of 128 KiB and more; longer commands go through a file.
MAX_ARGUMENT_BYTES = 120 * 1024
# A background process may hold the output open after bash has ended.
DRAIN_SECONDS = 2.0


def _identity(text: str) -> str:
    return text


class BashOperator(BaseOperator):
    """
    bash_command: a command, or the name of a `.sh`/`.bash` template file (a space at the end makes it a command). env: replaces the
    environment, or with append_env is added to it. cwd: an existing folder; None = a temporary one. skip_on_exit_code: an exit code,
    several, or None; such an exit skips the task (99). output_encoding: of what it prints ("utf-8"). output_processor: makes the
    result of the last line of output, which otherwise is the result.

    Exit 0 is success, any other exit fails the try. stdout and stderr go to the log in the order in which they come. There is no
    `set -e`: only the last command's exit counts. Source: Airflow, BashOperator.
    """

    template_fields: Sequence[str] = ("bash_command", "env", "cwd")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}
    template_ext: Sequence[str] = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(
        self,
        *,
        bash_command: Any,
        env: Optional[Dict[str, str]] = None,
        append_env: bool = False,
        output_encoding: str = "utf-8",
        skip_on_exit_code: Union[None, int, Container[int]] = 99,
        skip_exit_code: Optional[int] = None,
        cwd: Optional[str] = None,
        output_processor: Callable[[str], Any] = _identity,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.append_env = append_env
        self.output_encoding = output_encoding
        self.skip_on_exit_code = read_exit_codes(skip_on_exit_code if skip_exit_code is None else skip_exit_code, self.task_id)
        self.cwd = cwd
        self.output_processor = output_processor
        self._is_script = isinstance(bash_command, str) and bash_command.endswith(tuple(self.template_ext))
        self._process: Optional["subprocess.Popen[bytes]"] = None

    @property
    def has_output_processor(self) -> bool:
        return self.output_processor is not _identity

    def execute(self, context: Mapping[str, Any]) -> Any:
        if not isinstance(self.bash_command, str):
            raise AirflowException(f"bash_command is a {type(self.bash_command).__name__} after rendering; it must be a text.")
        folder = tempfile.mkdtemp(prefix="vortex-bash-")
        try:
            cwd = self._working_folder(folder)
            code, last_line = self._run(self._command(folder), cwd, self._environment())
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {code}. Skipping.")
        if code != 0:
            why = f"was ended by signal {-code}" if code < 0 else f"returned a non-zero exit code {code}"
            raise AirflowException(f"Bash command failed. The command {why}.")
        return self.output_processor(last_line)

    def on_kill(self) -> None:
        self._signal(signal.SIGTERM)

    def _working_folder(self, temporary: str) -> str:
        if self.cwd is None:
            return temporary
        if not os.path.isdir(self.cwd):
            what = "is not a directory" if os.path.exists(self.cwd) else "does not exist"
            raise AirflowException(f"Cannot run the command in cwd={self.cwd!r}: it {what}.")
        return self.cwd

    def _command(self, folder: str) -> List[str]:
        bash = shutil.which("bash") or "bash"
        if not self._is_script and len(self.bash_command.encode()) <= MAX_ARGUMENT_BYTES:
            return [bash, "-c", self.bash_command]
        path = os.path.join(folder, "command.sh")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(self.bash_command)
        return [bash, path]

    def _environment(self) -> Dict[str, str]:
        inherited = dict(os.environ)
        if self.env is None:
            return inherited
        kept = {
            name: value for name, value in inherited.items() if self.append_env or name.startswith(_ALWAYS_EXPORTED) or name in self.secrets
        }
        return {**kept, **{name: str(value) for name, value in self.env.items()}}

    def _run(self, command: List[str], cwd: str, environment: Dict[str, str]) -> "tuple[int, str]":
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise AirflowException("bash is not installed here, or not on the PATH of the worker.") from None
        self._process = process
        output = _Output(process.stdout, self.output_encoding)
        try:
            code = process.wait()
            output.finish()
        except BaseException:
            # Timeout, termination or an interrupt: nothing of the command may go on.
            self._signal(signal.SIGKILL)
            raise
        finally:
            self._process = None if process.returncode is not None else process
        return code, output.last_line

    def _signal(self, number: int) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


class _Output:
    """Copies a command's output to stdout as it comes, and remembers its last line. A thread reads, so that a signal can end the wait."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._last = bytearray()
        self._at_line_end = False
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._read, name="bash-output", daemon=True)
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


def read_exit_codes(value: Any, task_id: str) -> List[int]:
    """Exit codes that skip the task: an int, several, or None = no code does."""
    if value is None:
        return []
    codes = [value] if isinstance(value, int) else list(value)
    if any(isinstance(code, bool) or not isinstance(code, int) for code in codes):
        raise AirflowException(f"Task {task_id!r}: skip_on_exit_code must be a whole number, several, or None, not {value!r}.")
    return codes
