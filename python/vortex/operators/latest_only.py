"""LatestOnlyOperator: skips what follows unless this is the newest run of the schedule."""

from __future__ import annotations

import datetime as dt
from typing import Any, Iterable

from vortex.operators.python import BaseBranchOperator


class LatestOnlyOperator(BaseBranchOperator):
    """
    Skips the direct downstream tasks unless the run is the newest of the schedule: from the beginning of its own data interval until the
    end of the next one. A run that somebody triggered, and the last one of a schedule, always count as the newest.

    Returns the ids of the tasks that are followed.
    Raises nothing.
    Source: Airflow, LatestOnlyOperator.

    Example:

        from vortex import DAG, EmptyOperator, LatestOnlyOperator

        with DAG("example_latest_only", schedule="@daily"):
            LatestOnlyOperator(task_id="newest_only") >> EmptyOperator(task_id="tell_people")
    """

    ui_color = "#e9ffdb"

    def choose_branch(self, context: Any) -> Iterable[str]:
        if self._is_latest(context["dag_run"]):
            return sorted(self.get_direct_relative_ids(upstream=False))
        return []

    def _is_latest(self, run: Any) -> bool:
        if run.run_type == "manual":
            self.log.info("The run was triggered by hand: goes on")
            return True
        from vortex.execution.found_runs import ask
        from vortex.execution.instants import to_datetime

        following = ask("run.next_interval")
        if following is None:
            self.log.info("The schedule has no run after this one: goes on")
            return True
        start = run.data_interval_start or run.logical_date or run.run_after
        end = to_datetime(following["end"])
        now = dt.datetime.now(dt.timezone.utc)
        self.log.info("The newest run between %s and %s; now it is %s", start, end, now)
        return bool(start < now <= end)
