"""What task code may ask of its DAG run: Airflow's DagRun attributes that are known where the task runs."""
from __future__ import annotations

from typing import Any, Dict, List, Optional

from vortex.execution.instants import to_datetime
from vortex.execution.model_columns import ColumnNames


class DagRun(metaclass=ColumnNames):
    """The run of this attempt, and what a task may ask about others. What else would need Airflow's database says so."""

    def __init__(self, job: Dict[str, Any], dag: Any) -> None:
        self.dag = dag
        self.dag_id: str = job["dag_id"]
        self.run_id: str = job["run_id"]
        self.run_type: str = job["run_type"]
        self.logical_date = to_datetime(job["logical_date"])
        self.data_interval_start = to_datetime(job["data_interval_start"])
        self.data_interval_end = to_datetime(job["data_interval_end"])
        self.run_after = to_datetime(job["run_after"])
        self.queued_at = to_datetime(job["run_queued_time"])
        self.start_date = to_datetime(job["run_start_time"])
        self.end_date = None
        self.conf: Dict[str, Any] = dict(job["conf"] or {})
        self.triggered_by: Optional[str] = job["triggered_by"]
        self.state = "running"
        self.clear_number = 0
        self.consumed_asset_events: List[Any] = []

    @property
    def execution_date(self) -> Any:
        return self.logical_date

    @property
    def external_trigger(self) -> bool:
        return self.run_type == "manual"

    @property
    def is_backfill(self) -> bool:
        return self.run_type == "backfill"

    def get_state(self) -> str:
        return self.state

    def get_dag(self) -> Any:
        return self.dag

    def refresh_from_db(self, session: Any = None) -> None:
        """Nothing to refresh: a run does not change under its task."""

    # Questions to the controller, for a running task

    @classmethod
    def find(
        cls,
        dag_id: Any = None,
        run_id: Any = None,
        execution_date: Any = None,
        state: Optional[str] = None,
        external_trigger: Optional[bool] = None,
        no_backfills: bool = False,
        run_type: Optional[str] = None,
        session: Any = None,
        execution_start_date: Any = None,
        execution_end_date: Any = None,
        *,
        logical_date: Any = None,
        logical_start_date: Any = None,
        logical_end_date: Any = None,
    ) -> List["DagRun"]:
        """
        Runs in order of their dates, at most the 1,000 newest of a DAG. dag_id, run_id and the date may be lists. Source: Airflow,
        DagRun.find.
        """
        from vortex.execution.found_runs import find_runs, instant_text

        dates = _listed(logical_date if logical_date is not None else execution_date)
        start, end = logical_start_date or execution_start_date, logical_end_date or execution_end_date
        found: List[DagRun] = []
        for one in _listed(dag_id) or [None]:
            found += find_runs(
                dag_id=one,
                run_ids=_listed(run_id),
                logical_dates=None if dates is None else [instant_text(date) for date in dates],
                state=None if state is None else str(state),
                run_type=None if run_type is None else str(run_type),
                logical_date_from=None if start is None else instant_text(start),
                logical_date_to=None if end is None else instant_text(end),
            )
        if external_trigger is not None:
            found = [run for run in found if run.external_trigger == external_trigger]
        return [run for run in found if not (no_backfills and run.is_backfill)]

    @classmethod
    def find_duplicate(cls, dag_id: str, run_id: str, execution_date: Any = None, session: Any = None, **_: Any) -> Optional["DagRun"]:
        found = cls.find(dag_id=dag_id, run_id=run_id)
        return found[0] if found else None

    @staticmethod
    def generate_run_id(run_type: Any = "manual", execution_date: Any = None, *, logical_date: Any = None, run_after: Any = None) -> str:
        """`manual__2024-01-01T00:00:00+00:00`."""
        from vortex.execution.found_runs import instant_text

        return f"{run_type}__{instant_text(logical_date or execution_date or run_after)}"

    def get_task_instances(self, state: Any = None, session: Any = None) -> List[Any]:
        """Those in these states, or all; of runs with more than 10,000 ask for one by one."""
        from vortex.execution.found_runs import task_instances

        states = None if state is None else {None if one is None else str(one) for one in _listed(state) or ()}
        return [found for found in task_instances(self) if states is None or found.state in states]

    def get_task_instance(self, task_id: str, session: Any = None, *, map_index: int = -1) -> Any:
        """None if the run has no such task instance."""
        from vortex.execution.found_runs import task_instances

        return next((found for found in task_instances(self, [task_id]) if found.map_index == map_index), None)

    def get_previous_dagrun(self, state: Optional[str] = None, session: Any = None) -> Optional["DagRun"]:
        """The run of this DAG with the newest date before this one's."""
        date = self.logical_date or self.run_after
        earlier = type(self).find(dag_id=self.dag_id, state=state, logical_end_date=date)
        return next((run for run in reversed(earlier) if run.logical_date < date), None)

    def get_previous_scheduled_dagrun(self, session: Any = None) -> Optional["DagRun"]:
        date = self.logical_date or self.run_after
        earlier = type(self).find(dag_id=self.dag_id, run_type="scheduled", logical_end_date=date)
        return next((run for run in reversed(earlier) if run.logical_date < date), None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"dag_run.{name} needs Airflow's metadata database, which a VORTEX worker never sees")

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} {self.run_id}>"


def _listed(value: Any) -> Optional[List[Any]]:
    """One or several; None = no wish."""
    if value is None:
        return None
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def previous_run_facts(job: Dict[str, Any]) -> Dict[str, Optional[Any]]:
    """Dates of neighbouring runs, by the names of the context."""
    dates = job["dates"]
    return {
        "prev_data_interval_start_success": to_datetime(dates["prev_success_interval_start"]),
        "prev_data_interval_end_success": to_datetime(dates["prev_success_interval_end"]),
        "prev_start_date_success": to_datetime(dates["prev_success_start"]),
        "prev_end_date_success": to_datetime(dates["prev_success_end"]),
        "prev_logical_date": to_datetime(dates["prev_logical_date"]),
        "next_logical_date": to_datetime(dates["next_logical_date"]),
    }
