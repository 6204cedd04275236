"""BranchDayOfWeekOperator: follows one of two branches by the day of the week."""

from __future__ import annotations

from typing import Any, Iterable, Union

from vortex import timezone
from vortex.operators.python import BaseBranchOperator
from vortex.weekday import WeekDay


class BranchDayOfWeekOperator(BaseBranchOperator):
    """
    Follows one of two branches by the day of the week.

    week_day: a day's English name, a WeekDay, or several of them.
    follow_task_ids_if_true: a task id or several, to follow on these days.
    follow_task_ids_if_false: a task id or several, to follow on others.
    use_task_logical_date: whether the run's logical date is looked at instead of today in the DAG's time zone.
    use_task_execution_day, use_task_execution_date: older names of use_task_logical_date.

    Returns the ids that are followed.
    Raises AttributeError or TypeError at load for what is no day.
    Source: Airflow, BranchDayOfWeekOperator.

    Example:

        from vortex import DAG, BranchDayOfWeekOperator, EmptyOperator

        with DAG("example_branch_day_of_week", schedule="@daily"):
            BranchDayOfWeekOperator(
                task_id="is_weekend",
                week_day={"Saturday", "Sunday"},
                follow_task_ids_if_true="rest",
                follow_task_ids_if_false="work",
            ) >> [EmptyOperator(task_id="rest"), EmptyOperator(task_id="work")]
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
