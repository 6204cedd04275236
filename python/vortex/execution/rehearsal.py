"""
What a waiting child does with its time: it runs an attempt of a task that does nothing.

The first run of any code in a forked child copies each memory page that it touches, some 500 on the way to a task's function and back,
which takes 2 ms. A child that has them already begins its job at once. Nothing of a rehearsal stays: no output, no environment, no context.
"""
from __future__ import annotations

import io
import marshal
import os
import sys
from typing import Any, Dict

from vortex.definitions.dag import DAG
from vortex.execution.context import export_environment
from vortex.execution.current_context import set_current_context
from vortex.execution.job import DATES, FORMAT
from vortex.execution.run_attempt import execute
from vortex.host.frames import encode_json
from vortex.operators.python import PythonOperator

_INSTANT = "2026-01-01T00:00:00+00:00"


class Rehearsal:
    """Made once, in the zygote; `run` is for a child. To `execute` it looks like a loaded file."""

    root = path = "/"
    file = "rehearsal"

    def __init__(self) -> None:
        dag = DAG("rehearsal", schedule=None)
        task = PythonOperator(task_id="nothing", python_callable=_nothing, dag=dag)
        self.dags: Dict[str, Any] = {dag.dag_id: dag}
        job = _job(dag.dag_id, task.task_id)
        # As it comes through the channel, so that reading one is rehearsed too.
        self._job = marshal.dumps(job)
        self._names = list(export_environment(job, dag, task))
        self._clean()

    def run(self) -> None:
        stdout = sys.stdout
        sys.stdout = io.StringIO()
        try:
            encode_json(execute(marshal.loads(self._job), self, _NoHost()))
        finally:
            sys.stdout = stdout
            self._clean()

    def _clean(self) -> None:
        set_current_context(None)
        for name in self._names:
            os.environ.pop(name, None)


class _NoHost:
    """A channel that leads nowhere: what is asked for is not there."""

    on_terminate = None

    def request(self, _method: str, _params: Dict[str, Any]) -> None:
        return None


def _nothing() -> None:
    pass


def _job(dag_id: str, task_id: str) -> Dict[str, Any]:
    return {
        "format": FORMAT,
        "dag_id": dag_id,
        "run_id": "rehearsal",
        "task_id": task_id,
        "map_index": -1,
        "attempt": 1,
        "try_number": 1,
        "max_tries": 1,
        "waiting_since": None,
        "deferral": None,
        "run_type": "manual",
        "logical_date": _INSTANT,
        "data_interval_start": _INSTANT,
        "data_interval_end": _INSTANT,
        "run_after": _INSTANT,
        "run_queued_time": _INSTANT,
        "run_start_time": _INSTANT,
        "conf": {},
        "triggered_by": None,
        "dialect": "3",
        "dates": dict.fromkeys(DATES),
        "hostname": "",
        "asset_events": None,
        "dag_callback": None,
        "xcom_cap_bytes": 1024,
    }
