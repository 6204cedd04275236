"""TimeSensor: waits for a time of day."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

from vortex.exceptions import AirflowException
from vortex.sensors.base import BaseSensorOperator, default_deferrable


class TimeSensor(BaseSensorOperator):
    """
    Waits until a time of day has passed, in the DAG's time zone, on the day on which it began to wait.

    target_time: a datetime.time.
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.
    start_from_trigger, end_from_trigger, trigger_kwargs: accepted, no difference.

    Raises AirflowSensorTimeout when it gives up; AirflowException at load if target_time is no time.
    Source: Airflow, TimeSensor.

    Example:

        from datetime import time
        from vortex import DAG, TimeSensor

        with DAG("example_time_sensor", schedule="@daily"):
            TimeSensor(task_id="wait", target_time=time(0, 0), mode="reschedule")
    """

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: Optional[bool] = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_time, dt.time):
            raise AirflowException(f"Task {self.task_id!r}: target_time must be a datetime.time, such as time(9, 30), not {target_time!r}.")
        self.target_time = target_time
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger
        # The day is that of the first poke, not that of the import: a task host is older than its tasks.
        self._target: Any = None

    @property
    def target_datetime(self) -> dt.datetime:
        """The moment, for a wait that begins now."""
        return self._moment(dt.datetime.now(dt.timezone.utc))

    def _moment(self, began: dt.datetime) -> dt.datetime:
        zone = self.target_time.tzinfo or self.dag.timezone
        day = began.astimezone(zone).date()
        return dt.datetime.combine(day, self.target_time.replace(tzinfo=None)).replace(tzinfo=zone).astimezone(dt.timezone.utc)

    def poke(self, context: Any) -> bool:
        now = dt.datetime.now(dt.timezone.utc)
        if self._target is None:
            self._target = self._moment(getattr(context.get("ti"), "waiting_since", None) or now)
        self.log.info("Checking if the time (%s) has come", self._target)
        return now > self._target

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        from vortex.triggers.temporal import DateTimeTrigger

        self.defer(trigger=DateTimeTrigger(moment=self.target_datetime), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time has come."""


class TimeSensorAsync(TimeSensor):
    """TimeSensor(deferrable=True), by its older name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["deferrable"] = True
        super().__init__(**kwargs)
