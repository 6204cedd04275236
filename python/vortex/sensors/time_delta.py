"""TimeDeltaSensor: waits for some time after the run's data interval."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, Optional, Sequence, Union

from vortex.exceptions import AirflowException
from vortex.sensors.base import BaseSensorOperator, default_deferrable


class TimeDeltaSensor(BaseSensorOperator):
    """
    Waits until some time after the end of the run's data interval, or after `run_after` for a run without one.

    delta: a timedelta, or whole minutes (a template gives a text of them).
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.
    end_from_trigger: accepted, no difference.

    Source: Airflow, TimeDeltaSensor.

    Example:

        from datetime import timedelta
        from vortex import DAG, TimeDeltaSensor

        with DAG("example_time_delta_sensor", schedule="@daily"):
            TimeDeltaSensor(task_id="wait", delta=timedelta(hours=2), deferrable=True)
    """

    template_fields: Sequence[str] = ("delta",)

    def __init__(
        self, *, delta: Union[dt.timedelta, int], deferrable: Optional[bool] = None, end_from_trigger: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)
        self.end_from_trigger = end_from_trigger

    def poke(self, context: Any) -> bool:
        target = self._target(context)
        self.log.info("Checking if the time (%s) has come", target)
        return dt.datetime.now(dt.timezone.utc) > target

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        if self.poke(context):
            return True
        from vortex.triggers.temporal import DateTimeTrigger

        self.defer(
            trigger=DateTimeTrigger(moment=self._target(context)),
            method_name="execute_complete",
            timeout=dt.timedelta(seconds=self.timeout),
        )

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time has passed."""

    def _target(self, context: Any) -> dt.datetime:
        base = context.get("data_interval_end") or getattr(context.get("dag_run"), "run_after", None)
        if base is None:
            raise AirflowException("The run has neither a data interval nor a time at which it was due.")
        return base + read_minutes(self.delta, "delta", self.task_id)


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """TimeDeltaSensor(deferrable=True), by its older name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["deferrable"] = True
        super().__init__(**kwargs)


class WaitSensor(BaseSensorOperator):
    """
    Waits for some time from its own start.

    time_to_wait: a timedelta, or whole minutes.
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.

    Raises AirflowException for a time that is neither.
    Source: Airflow, WaitSensor.

    Example:

        from datetime import timedelta
        from vortex import DAG, WaitSensor

        with DAG("example_wait_sensor", schedule=None):
            WaitSensor(task_id="breathe", time_to_wait=timedelta(seconds=1), deferrable=True)
    """

    template_fields: Sequence[str] = ("time_to_wait",)

    def __init__(self, time_to_wait: Union[dt.timedelta, int], deferrable: Optional[bool] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_to_wait = time_to_wait
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)

    def execute(self, context: Any) -> None:
        delta = read_minutes(self.time_to_wait, "time_to_wait", self.task_id)
        if not self.deferrable:
            time.sleep(max(0.0, delta.total_seconds()))
            return
        from vortex.triggers.temporal import TimeDeltaTrigger

        self.defer(trigger=TimeDeltaTrigger(delta), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The time has passed."""


def read_minutes(value: Any, argument: str, task_id: str) -> dt.timedelta:
    """A timedelta, or a number of minutes, also as text. Raises AirflowException for anything else."""
    if isinstance(value, dt.timedelta):
        return value
    try:
        return dt.timedelta(minutes=int(value))
    except (TypeError, ValueError, OverflowError):
        raise AirflowException(f"Task {task_id!r}: {argument} must be a timedelta or a whole number of minutes, not {value!r}.") from None
