"""DateTimeSensor: waits for a moment."""

from __future__ import annotations

import datetime as dt
from typing import Any, Sequence, Union

from vortex import timezone
from vortex.exceptions import AirflowException
from vortex.sensors.base import BaseSensorOperator


class DateTimeSensor(BaseSensorOperator):
    """
    Waits until a moment has passed.

    target_time: a datetime, or a text in ISO 8601 form, usually a template; without a zone it is in UTC.

    Raises AirflowSensorTimeout when it gives up; AirflowException when it runs for a text that is no date.
    Source: Airflow, DateTimeSensor.

    Example:

        from vortex import DAG, DateTimeSensor

        with DAG("example_date_time_sensor", schedule="@daily"):
            DateTimeSensor(task_id="wait", target_time="{{ data_interval_end.add(hours=1) }}", mode="reschedule")
    """

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: Union[str, dt.datetime], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return timezone.utcnow() > self._moment()

    def _moment(self) -> Any:
        target = self.target_time
        if isinstance(target, dt.datetime):
            return timezone.coerce_datetime(target)
        if not isinstance(target, str):
            raise TypeError(f"target_time must be a datetime or a text, not {type(target).__name__}: {target!r}")
        try:
            return timezone.parse(target)
        except Exception:  # noqa: BLE001 - parsers of dates raise many kinds
            raise AirflowException(f"target_time={target!r} is not a date and time in ISO 8601 form.") from None


class DateTimeSensorAsync(DateTimeSensor):
    """
    DateTimeSensor that waits in a trigger, without a worker slot.

    end_from_trigger, start_from_trigger, trigger_kwargs: accepted, no difference.

    Example:

        from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
        from vortex import DAG

        with DAG("example_date_time_sensor_async", schedule="@daily"):
            DateTimeSensorAsync(task_id="wait", target_time="{{ data_interval_end.add(hours=1) }}")
    """

    def __init__(
        self, *, start_from_trigger: bool = False, end_from_trigger: bool = False, trigger_kwargs: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger

    def execute(self, context: Any) -> None:
        from vortex.triggers.temporal import DateTimeTrigger

        self.defer(trigger=DateTimeTrigger(moment=self._moment()), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The moment has come."""
