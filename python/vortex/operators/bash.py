"""BashOperator: runs a command with bash, in a process group of its own."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Container
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from vortex.definitions.base_operator import BaseOperator
from vortex.exceptions import AirflowException, AirflowSkipException
from vortex.operators.child_process import ChildProcess, environment_for, how_it_ended

# Linux refuses a single argument of 128 KiB and more; longer commands go through a file.
MAX_ARGUMENT_BYTES = 120 * 1024


def _identity(text: str) -> str:
    return text


class BashOperator(BaseOperator):
    """
    Runs a command with bash, in a process group of its own. stdout and stderr go to the log in the order in which they come. There is no
    `set -e`: only the last command's exit counts.

    bash_command: a command, or the name of a `.sh`/`.bash` template file (a space at the end makes it a command).
    env: variables of its environment, in place of the worker's; with append_env over the worker's. None = the worker's.
    append_env: whether `env` is added to the worker's environment.
    cwd: an existing folder on the worker. None = an empty one that goes with the command.
    skip_on_exit_code: an exit code, several, or None; such an exit skips the task. skip_exit_code: its older name.
    output_encoding: of what it prints.
    output_processor: a function that makes the result of the last line of output.

    Returns the last line of output, as text.
    Raises AirflowException if the command exits with another code than 0 or is ended by a signal, or if `cwd` is no folder.
    Source: Airflow, BashOperator.

    Example:

        from vortex import DAG, BashOperator

        with DAG("example_bash", schedule="@daily"):
            BashOperator(task_id="greet", bash_command="echo $GREETING, it is {{ ds }}", env={"GREETING": "Hello"}, append_env=True)
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
        self._child = ChildProcess()

    @property
    def has_output_processor(self) -> bool:
        return self.output_processor is not _identity

    def execute(self, context: Mapping[str, Any]) -> Any:
        if not isinstance(self.bash_command, str):
            raise AirflowException(f"bash_command is a {type(self.bash_command).__name__} after rendering; it must be a text.")
        folder = tempfile.mkdtemp(prefix="vortex-bash-")
        try:
            environment = environment_for(self.env, inherit=self.append_env, keep=self.secrets)
            code, last_line = self._child.run(
                bash_command_line(self.bash_command, folder, self._is_script),
                cwd=self._working_folder(folder),
                environment=environment,
                encoding=self.output_encoding,
            )
        except FileNotFoundError:
            raise AirflowException("bash is not installed here, or not on the PATH of the worker.") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if code in self.skip_on_exit_code:
            raise AirflowSkipException(f"Bash command returned exit code {code}. Skipping.")
        if code != 0:
            raise AirflowException(f"Bash command failed. The command {how_it_ended(code)}.")
        return self.output_processor(last_line)

    def on_kill(self) -> None:
        self._child.signal(signal.SIGTERM)

    def _working_folder(self, temporary: str) -> str:
        if self.cwd is None:
            return temporary
        if not os.path.isdir(self.cwd):
            what = "is not a directory" if os.path.exists(self.cwd) else "does not exist"
            raise AirflowException(f"Cannot run the command in cwd={self.cwd!r}: it {what}.")
        return self.cwd


def bash_command_line(command: str, folder: str, is_script: bool = False) -> List[str]:
    """What runs a command: `bash -c`, or a file in `folder` for a script and for what is too long for an argument."""
    bash = shutil.which("bash") or "bash"
    if not is_script and len(command.encode()) <= MAX_ARGUMENT_BYTES:
        return [bash, "-c", command]
    path = os.path.join(folder, "command.sh")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(command)
    return [bash, path]


def read_exit_codes(value: Any, task_id: str) -> List[int]:
    """Exit codes that skip the task: an int, several, or None = no code does."""
    if value is None:
        return []
    codes = [value] if isinstance(value, int) else list(value)
    if any(isinstance(code, bool) or not isinstance(code, int) for code in codes):
        raise AirflowException(f"Task {task_id!r}: skip_on_exit_code must be a whole number, several, or None, not {value!r}.")
    return codes
