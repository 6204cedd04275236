"""FileSensor: waits for a file or folder on the worker's disk."""

from __future__ import annotations

import datetime as dt
import glob
import os
from typing import Any, Optional, Sequence

from vortex.exceptions import AirflowException
from vortex.hooks.filesystem import FSHook
from vortex.sensors.base import BaseSensorOperator, default_deferrable


class FileSensor(BaseSensorOperator):
    """
    Waits until a file is there, or a folder with a file somewhere in it. It looks at the disk of the worker that pokes.

    filepath: the path or a glob pattern, relative to the connection's `path`.
    fs_conn_id: a connection of type fs, whose extra has a `path`; `fs_default` need not be defined and is `/`.
    recursive: whether `**` in the pattern goes through folders.
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.
    trigger_kwargs: accepted, no difference.

    Source: Airflow, FileSensor.

    Example:

        from vortex import DAG, FileSensor

        with DAG("example_file_sensor", schedule="@daily"):
            FileSensor(task_id="wait", filepath="/etc/pass*", poke_interval=30, timeout=3600, mode="reschedule")
    """

    template_fields: Sequence[str] = ("filepath", "fs_conn_id")
    ui_color = "#91818a"

    def __init__(
        self,
        *,
        filepath: Any,
        fs_conn_id: str = "fs_default",
        recursive: bool = False,
        deferrable: Optional[bool] = None,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)

    @property
    def path(self) -> str:
        return os.path.join(FSHook(self.fs_conn_id).get_path(), os.fspath(self.filepath))

    def poke(self, context: Any) -> bool:
        path = self.path
        self.log.info("Poking for file %s", path)
        for found in glob.iglob(path, recursive=self.recursive):
            if os.path.isfile(found):
                changed = dt.datetime.fromtimestamp(os.path.getmtime(found), dt.timezone.utc)
                self.log.info("Found file %s, last modified %s", found, changed.isoformat(timespec="seconds"))
                return True
            if any(files for _, _, files in os.walk(found)):
                self.log.info("Found folder %s, which is not empty", found)
                return True
        return False

    def execute(self, context: Any) -> None:
        if not self.deferrable:
            super().execute(context)
        elif not self.poke(context):
            from vortex.triggers.file import FileTrigger

            self.defer(
                trigger=FileTrigger(filepath=self.path, recursive=self.recursive, poke_interval=self.poke_interval),
                method_name="execute_complete",
                timeout=dt.timedelta(seconds=self.timeout),
            )

    def execute_complete(self, context: Any, event: Any = None) -> None:
        if not event:
            raise AirflowException(f"The task {self.task_id} failed: {self.filepath} was not found.")
        self.log.info("%s is there", self.filepath)
