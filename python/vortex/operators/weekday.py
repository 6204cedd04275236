"""BranchDayOfWeekOperator: follows one of two branches by the day of the week."""

from __future__ import annotations

from typing import Any, Iterable, Union

from vortex import timezone
from vortex.operators.python import BaseBranchOperator
from vortex.weekday import WeekDay


class BranchDayOfWeekOperator(BaseBranchOperator):
    """
    Follows follow_task_ids_if_true on these days, else follow_task_ids_if_false.

    week_day: a day's English name, a WeekDay, or several of them. use_task_logical_date (use_task_execution_day,
    use_task_execution_date): looks at the run's logical date instead of today in the DAG's time zone.

    Raises AttributeError or TypeError at load for what is no day. Source: Airflow, BranchDayOfWeekOperator.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Union[str, Iterable[str]],
        follow_task_ids_if_false: Union[str, Iterable[str]],
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day or use_task_execution_date
        self._days = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Any) -> Union[str, Iterable[str]]:
        if self.use_task_logical_date:
            day = context.get("logical_date") or context["dag_run"].run_after
        else:
            day = timezone.make_naive(timezone.utcnow(), self.dag.timezone)
        return self.follow_task_ids_if_true if day.isoweekday() in self._days else self.follow_task_ids_if_false
