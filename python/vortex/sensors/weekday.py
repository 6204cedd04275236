"""DayOfWeekSensor: waits for a day of the week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from vortex.sensors.base import BaseSensorOperator
from vortex.weekday import WeekDay


class DayOfWeekSensor(BaseSensorOperator):
    """
    Waits until it is one of these days.

    week_day: a day's English name, a WeekDay, or several of them.
    use_task_logical_date: whether the run's logical date is looked at instead of today in UTC; then it is there at once or never.
    use_task_execution_day, use_task_execution_date: older names of use_task_logical_date.

    Raises AirflowSensorTimeout when it gives up; AttributeError or TypeError at load for what is no day.
    Source: Airflow, DayOfWeekSensor.

    Example:

        from vortex import DAG, DayOfWeekSensor

        with DAG("example_day_of_week_sensor", schedule="@daily"):
            DayOfWeekSensor(task_id="wait", week_day="Thursday", use_task_logical_date=True)
    """

    def __init__(
        self,
        *,
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day or use_task_execution_date
        self._days = WeekDay.validate_week_day(week_day)

    def poke(self, context: Any) -> bool:
        if self.use_task_logical_date:
            day = context.get("logical_date") or context["dag_run"].run_after
        else:
            day = dt.datetime.now(dt.timezone.utc)
        self.log.info("Poking until weekday is in %s, now it is %s", self.week_day, WeekDay(day.isoweekday()).name)
        return day.isoweekday() in self._days
