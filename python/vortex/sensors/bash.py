"""BashSensor: waits until a command exits with 0."""

from __future__ import annotations

import shutil
import signal
import tempfile
from typing import Any, Dict, Optional, Sequence

from vortex.exceptions import AirflowException, AirflowFailException
from vortex.operators.bash import bash_command_line
from vortex.operators.child_process import ChildProcess, environment_for, how_it_ended
from vortex.sensors.base import BaseSensorOperator


class BashSensor(BaseSensorOperator):
    """
    Waits until a command exits with 0. It runs in an empty folder that goes with it.

    bash_command: a command or script text.
    env: variables of its environment, in place of the worker's. None = the worker's.
    output_encoding: of what it prints.
    retry_exit_code: the one exit code that means "not yet"; any other fails the task without a retry. None = every code means so.

    Source: Airflow, BashSensor.

    Example:

        from vortex import DAG, BashSensor

        with DAG("example_bash_sensor", schedule="@daily"):
            BashSensor(task_id="wait", bash_command="test -e /etc/passwd", poke_interval=30, mode="reschedule")
    """

    template_fields: Sequence[str] = ("bash_command", "env")
    template_fields_renderers = {"bash_command": "bash", "env": "json"}

    def __init__(
        self,
        *,
        bash_command: str,
        env: Optional[Dict[str, str]] = None,
        output_encoding: str = "utf-8",
        retry_exit_code: Optional[int] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.output_encoding = output_encoding
        self.retry_exit_code = retry_exit_code
        self._child = ChildProcess()

    def poke(self, context: Any) -> bool:
        folder = tempfile.mkdtemp(prefix="vortex-bash-")
        try:
            code, _ = self._child.run(
                bash_command_line(self.bash_command, folder),
                cwd=folder,
                environment=environment_for(self.env, inherit=False, keep=self.secrets),
                encoding=self.output_encoding,
            )
        except FileNotFoundError:
            raise AirflowException("bash is not installed here, or not on the PATH of the worker.") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if code == 0:
            return True
        if self.retry_exit_code is not None and code != self.retry_exit_code:
            raise AirflowFailException(f"The command {how_it_ended(code)}; only {self.retry_exit_code} means that it is to run again.")
        self.log.info("The command %s: not yet", how_it_ended(code))
        return False

    def on_kill(self) -> None:
        self._child.signal(signal.SIGTERM)
