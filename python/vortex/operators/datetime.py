"""BranchDateTimeOperator: follows one of two branches by the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any, Iterable, Optional, Tuple, Union

from vortex import timezone
from vortex.definitions.operator_arguments import read_date
from vortex.exceptions import AirflowException
from vortex.operators.python import BaseBranchOperator


class BranchDateTimeOperator(BaseBranchOperator):
    """
    Follows one of two branches by the clock: the first while it is neither before target_lower nor after target_upper.

    follow_task_ids_if_true: a task id or several, to follow within the limits.
    follow_task_ids_if_false: a task id or several, to follow outside of them.
    target_lower, target_upper: a datetime, or a time of day, in the DAG's time zone unless they have their own. None = no limit, for one of
        them. An upper time before the lower one is that of the next day.
    use_task_logical_date: whether the run's logical date is looked at instead of the clock. use_task_execution_date: its older name.

    Returns the ids that are followed.
    Raises AirflowException at load if both limits are None, or one is no datetime or time.
    Source: Airflow, BranchDateTimeOperator.

    Example:

        from datetime import time
        from vortex import DAG, BranchDateTimeOperator, EmptyOperator

        with DAG("example_branch_date_time", schedule="@hourly"):
            BranchDateTimeOperator(
                task_id="is_office_time",
                target_lower=time(9),
                target_upper=time(17),
                follow_task_ids_if_true="call",
                follow_task_ids_if_false="mail",
            ) >> [EmptyOperator(task_id="call"), EmptyOperator(task_id="mail")]
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Union[str, Iterable[str]],
        follow_task_ids_if_false: Union[str, Iterable[str]],
        target_lower: Union[dt.datetime, dt.time, None],
        target_upper: Union[dt.datetime, dt.time, None],
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(f"Task {self.task_id!r}: both target_upper and target_lower are None. Give at least one.")
        for name, value in (("target_lower", target_lower), ("target_upper", target_upper)):
            if value is not None and not isinstance(value, (dt.datetime, dt.time)):
                raise AirflowException(f"Task {self.task_id!r}: {name} must be a datetime or a time, not {value!r}.")
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Any) -> Union[str, Iterable[str]]:
        if self.use_task_logical_date:
            now = context.get("logical_date") or context["dag_run"].run_after
        else:
            now = timezone.utcnow()
        lower, upper = self._limits(now)
        is_inside = not (upper is not None and upper < now) and not (lower is not None and lower > now)
        return self.follow_task_ids_if_true if is_inside else self.follow_task_ids_if_false

    def _limits(self, now: dt.datetime) -> Tuple[Optional[dt.datetime], Optional[dt.datetime]]:
        lower, upper = self._moment(self.target_lower, now), self._moment(self.target_upper, now)
        is_daily = isinstance(self.target_lower, dt.time) or isinstance(self.target_upper, dt.time)
        if is_daily and lower is not None and upper is not None and upper < lower:
            upper += dt.timedelta(days=1)
        return lower, upper

    def _moment(self, target: Union[dt.datetime, dt.time, None], now: dt.datetime) -> Optional[dt.datetime]:
        """A time of day is one of the day that `now` is in UTC, as in Airflow."""
        if isinstance(target, dt.time):
            target = dt.datetime.combine(now.astimezone(dt.timezone.utc).date(), target)
        found: Optional[dt.datetime] = read_date(target, "target", f"Task {self.task_id!r}", self.dag.timezone)
        return found
