"""What task code may ask of its DAG run: Airflow's DagRun attributes that are known where the task runs."""
from __future__ import annotations

from typing import Any, Dict, List, Optional

from vortex.execution.instants import to_datetime


class DagRun:
    """The run of this attempt. Attributes only; what would need Airflow's database says so."""

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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"dag_run.{name} needs Airflow's metadata database, which a VORTEX worker never sees")

    def __repr__(self) -> str:
        return f"<DagRun {self.dag_id} {self.run_id}>"


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
