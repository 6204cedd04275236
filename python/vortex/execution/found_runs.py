"""DAG runs and task instances that a running task asks the controller about; the questions are those of server/swarm/runRequests.ts."""
from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Iterable, List, Optional

from vortex.exceptions import AirflowException, DagNotFound, DagRunAlreadyExists
from vortex.execution.dag_run import DagRun
from vortex.execution.instants import to_datetime
from vortex.host.channel import ChannelError


def ask(method: str, **params: Any) -> Any:
    """The controller's answer. Raises AirflowException outside a running task, and for what the controller refuses."""
    from vortex.execution.current_context import get_current_context

    try:
        context = get_current_context()
    except RuntimeError:
        raise AirflowException(f"{method}: only a running task can ask the controller, not a DAG file that is being imported.") from None
    try:
        return context["ti"]._channel.request(method, params)
    except ChannelError as error:
        # Not "conflict": that also says that rows are being read or changed at this moment, and that nothing was done.
        kind = {"not_found": DagNotFound, "run_exists": DagRunAlreadyExists}.get(error.code, AirflowException)
        raise kind(str(error)) from None


class FoundRun(DagRun):
    """A DAG run as it was when it was asked about. `refresh_from_db()` asks again."""

    def __init__(self, answer: Dict[str, Any]) -> None:
        super().__init__({**answer, "run_queued_time": answer["queued_time"], "run_start_time": answer["start_time"]}, None)
        self._read(answer)

    def _read(self, answer: Dict[str, Any]) -> None:
        self.state = answer["state"]
        self.queued_at = to_datetime(answer["queued_time"])
        self.start_date = to_datetime(answer["start_time"])
        self.end_date = to_datetime(answer["end_time"])

    def refresh_from_db(self, session: Any = None) -> None:
        """Raises AirflowException if the run was deleted meanwhile."""
        answer = ask("run.state", dag_id=self.dag_id, run_id=self.run_id)
        if answer is None:
            raise AirflowException(f"DAG {self.dag_id!r} has no run {self.run_id!r} any more: it was deleted.")
        self._read(answer)


class FoundTaskInstance:
    """A task instance as it was when it was asked about. A state is None before the task has one."""

    def __init__(self, answer: Dict[str, Any], run: DagRun) -> None:
        self.dag_run = run
        self.dag_id = run.dag_id
        self.run_id = run.run_id
        self.task_id: str = answer["task_id"]
        self.map_index: int = answer["map_index"]
        self.state: Optional[str] = None if answer["state"] == "none" else answer["state"]
        self.start_date = to_datetime(answer["start_time"])
        self.end_date = to_datetime(answer["end_time"])
        self.try_number: int = answer["try_number"]
        self.max_tries: int = answer["max_tries"] - 1
        self.operator: str = answer["operator"]
        self.pool: str = answer["pool"]
        self.queue: str = answer["queue"]
        self.priority_weight: int = answer["priority_weight"]

    @property
    def logical_date(self) -> Any:
        return self.dag_run.logical_date

    @property
    def execution_date(self) -> Any:
        return self.dag_run.logical_date

    @property
    def duration(self) -> Optional[float]:
        return None if self.start_date is None or self.end_date is None else (self.end_date - self.start_date).total_seconds()

    def current_state(self, session: Any = None) -> Optional[str]:
        return self.state

    def get_dagrun(self, session: Any = None) -> DagRun:
        return self.dag_run

    def xcom_pull(self, task_ids: Any = None, key: str = "return_value", **kwargs: Any) -> Any:
        """XComs of its run."""
        from vortex.execution.current_context import get_current_context

        where = {"dag_id": self.dag_id, "run_id": self.run_id, **kwargs}
        return get_current_context()["ti"].xcom_pull(task_ids=task_ids or self.task_id, key=key, **where)

    def __repr__(self) -> str:
        index = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id}{index} [{self.state}]>"


def find_runs(**params: Any) -> List[FoundRun]:
    """In order of their dates, as Airflow gives them; at most the 1,000 newest."""
    found = [FoundRun(answer) for answer in ask("run.find", **{name: value for name, value in params.items() if value is not None})]
    return sorted(found, key=lambda run: run.logical_date or run.run_after)


def task_instances(run: DagRun, task_ids: Iterable[str] = ()) -> List[FoundTaskInstance]:
    answer = ask("task.states", dag_id=run.dag_id, run_ids=[run.run_id], task_ids=list(task_ids))
    return [FoundTaskInstance(task, run) for one in answer for task in one["tasks"]]


def trigger_dag(
    dag_id: str,
    run_id: Optional[str] = None,
    conf: Any = None,
    execution_date: Any = None,
    replace_microseconds: bool = True,
    *,
    logical_date: Any = None,
    note: Optional[str] = None,
    **_: Any,
) -> FoundRun:
    """
    Starts a run of a DAG from a running task: `airflow.api.common.trigger_dag`. Raises DagNotFound, DagRunAlreadyExists.

    conf: a dict, or JSON text of one. execution_date or logical_date: None = now.
    """
    import json

    date = logical_date or execution_date
    params = {"dag_id": dag_id, "run_id": run_id, "conf": json.loads(conf) if isinstance(conf, str) else conf or {}, "note": note}
    return FoundRun(ask("run.trigger", **params, logical_date=None if date is None else instant_text(date)))


def get_last_dagrun(dag_id: str, session: Any = None, include_externally_triggered: bool = False) -> Optional[FoundRun]:
    """The run with the newest date; None = there is none. Runs that somebody triggered count only if asked for."""
    runs = find_runs(dag_id=dag_id, run_type=None if include_externally_triggered else "scheduled")
    return runs[-1] if runs else None


def instant_text(moment: dt.datetime) -> str:
    """ISO 8601 with an offset; without a zone it is in the default one."""
    from vortex import timezone

    return timezone.coerce_datetime(moment).isoformat()
