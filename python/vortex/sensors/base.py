"""BaseSensorOperator: a task that asks again and again whether something is there."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import traceback
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from vortex.configuration import conf
from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.operator_arguments import read_seconds
from vortex.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    InvalidArguments,
    TaskDeferralError,
    TaskDeferralTimeout,
)

# Airflow's own default of AIRFLOW__SENSORS__DEFAULT_TIMEOUT.
DEFAULT_TIMEOUT_SECONDS = 7 * 24 * 60 * 60.0
# A growing wait doubles with each poke; beyond a century the exponent only costs memory.
_LARGEST_EXPONENT = 40


class PokeReturnValue:
    """What `poke` may return instead of a truth value: with `is_done`, `xcom_value` becomes the XCom of the sensor."""

    def __init__(self, is_done: Any, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return bool(self.is_done)

    def __repr__(self) -> str:
        return f"PokeReturnValue(is_done={self.is_done!r}, xcom_value={self.xcom_value!r})"


class BaseSensorOperator(BaseOperator):
    """
    Waits until `poke(context)`, which you write, returns something true; a PokeReturnValue brings the XCom along.

    poke_interval: seconds or timedelta between two pokes.
    timeout: seconds or timedelta until it gives up (None = AIRFLOW__SENSORS__DEFAULT_TIMEOUT, else 7 days); then it fails without a
        retry. It counts from the first poke: in mode "poke" of this try, in mode "reschedule" of the first try, so that retries do not
        wait anew.
    mode: "poke" sleeps between pokes and keeps its worker slot; "reschedule" gives the slot back between pokes.
    soft_fail: skipped, not failed, when it times out or raises AirflowFailException.
    never_fail: skipped as well when poke raises anything else; excludes soft_fail.
    silent_fail: what poke raises is logged, and it goes on waiting.
    exponential_backoff: whether the wait between pokes grows.
    max_wait: seconds or timedelta, cap of a growing wait. None = no cap.

    Returns nothing, or the xcom_value of a PokeReturnValue.
    Raises AirflowSensorTimeout when it gives up; AirflowException at load for an argument that makes no sense.
    Source: Airflow core-concepts/sensors, BaseSensorOperator.

    Example:

        from pathlib import Path
        from vortex import DAG, BaseSensorOperator, PokeReturnValue

        class FolderSensor(BaseSensorOperator):
            def __init__(self, folder, **kwargs):
                super().__init__(**kwargs)
                self.folder = folder

            def poke(self, context):
                names = sorted(path.name for path in Path(self.folder).iterdir())
                return PokeReturnValue(is_done=bool(names), xcom_value=names)

        with DAG("example_sensor_of_your_own", schedule=None):
            FolderSensor(task_id="wait", folder="/etc", poke_interval=30, timeout=3600, mode="reschedule")
    """

    ui_color = "#e6f1f2"
    valid_modes: Iterable[str] = ("poke", "reschedule")

    def __init__(
        self,
        *,
        poke_interval: Union[dt.timedelta, float] = 60,
        timeout: Union[dt.timedelta, float, None] = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: Union[dt.timedelta, float, None] = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = read_seconds(poke_interval, "poke_interval", self.task_id).total_seconds()
        if timeout is None:
            timeout = conf.getfloat("sensors", "default_timeout", fallback=DEFAULT_TIMEOUT_SECONDS)
        self.timeout = read_seconds(timeout, "timeout", self.task_id).total_seconds()
        self.max_wait = None if max_wait is None else read_seconds(max_wait, "max_wait", self.task_id)
        if mode not in self.valid_modes:
            words = ", ".join(repr(word) for word in self.valid_modes)
            raise SensorArgumentError(f"Task {self.task_id!r}: mode must be one of {words}, not {mode!r}.")
        if soft_fail and never_fail:
            raise SensorArgumentError(f"Task {self.task_id!r}: soft_fail and never_fail exclude each other. Give one of them.")
        self.mode = mode
        self.soft_fail = soft_fail
        self.never_fail = never_fail
        self.silent_fail = silent_fail
        self.exponential_backoff = exponential_backoff

    @property
    def reschedule(self) -> bool:
        """Whether it gives its worker slot back between pokes."""
        return self.mode == "reschedule"

    def poke(self, context: Any) -> Any:
        """Whether what it waits for is there. Authors override it."""
        raise AirflowException(f"{type(self).__name__} has no poke(self, context)")

    def execute(self, context: Any) -> Any:
        started, run_duration = self._clock(context)
        poke_count = 1
        while True:
            found = self._poke(context)
            if found:
                break
            duration = run_duration()
            if duration > self.timeout:
                message = f"Sensor has timed out; run duration of {duration:.3f} seconds exceeds the specified timeout of {self.timeout}."
                raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
            wait = self._next_wait(started, duration, poke_count)
            if self.reschedule:
                raise AirflowRescheduleException(_utcnow() + dt.timedelta(seconds=wait))
            time.sleep(wait)
            poke_count += 1
        self.log.info("Success criteria met. Exiting.")
        return found.xcom_value if isinstance(found, PokeReturnValue) else None

    def resume_execution(self, next_method: str, next_kwargs: Optional[Mapping[str, Any]], context: Any) -> Any:
        """Goes on after a deferral. A trigger that failed or came too late fails the sensor as a poke would."""
        try:
            try:
                return super().resume_execution(next_method, next_kwargs, context)
            except TaskDeferralTimeout as error:
                raise AirflowSensorTimeout(*error.args) from error
        except AirflowSkipException:
            raise
        except (AirflowException, TaskDeferralError) as error:
            self._skip_instead(error)
            raise

    def _clock(self, context: Any) -> "tuple[Any, Callable[[], float]]":
        """When it began to wait, and how many seconds ago that is."""
        if self.reschedule:
            # Each poke is another process: only the wall clock is common to them.
            since = getattr(context.get("ti"), "waiting_since", None) or _utcnow()
            return since, lambda: (_utcnow() - since).total_seconds()
        start = time.monotonic()
        return start, lambda: time.monotonic() - start

    def _poke(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except (AirflowSkipException, AirflowRescheduleException):
            raise
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            self._skip_instead(error)
            raise
        except Exception as error:  # noqa: BLE001 - an author's poke may raise anything
            if self.silent_fail:
                self.log.error("Sensor poke failed:\n%s", traceback.format_exc())
                return False
            if self.never_fail:
                self._skip_instead(error)
            raise

    def _skip_instead(self, error: BaseException) -> None:
        for name in ("soft_fail", "never_fail"):
            if getattr(self, name):
                raise AirflowSkipException(f"Skipping due to {name} is set to True: {error}") from error

    def _next_wait(self, started: Any, duration: float, poke_count: int) -> float:
        """Seconds until the next poke. A growing wait has a fixed part and one that differs between sensors, so that they do not poke at once."""
        if not self.exponential_backoff:
            return self.poke_interval
        if self.reschedule:
            # The earlier pokes were other processes: how many there were follows from the time they took.
            poke_count = 0
            past = 0.0
            while past <= duration:
                poke_count += 1
                past += self._backoff(started, poke_count)
        wait = min(self.timeout - int(duration), self._backoff(started, poke_count))
        if self.max_wait is not None:
            wait = min(self.max_wait.total_seconds(), wait)
        self.log.info("new %s interval is %s", self.mode, wait)
        return max(0.0, wait)

    def _backoff(self, started: Any, poke_count: int) -> float:
        least = max(int(self.poke_interval * 2 ** min(poke_count - 2, _LARGEST_EXPONENT)), 1)
        text = f"{self.dag_id}#{self.task_id}#{started}#{poke_count}"
        return least + int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16) % least


class SensorArgumentError(InvalidArguments, ValueError):
    """Airflow 2 raises AirflowException for it, Airflow 3 ValueError."""


def poke_mode_only(cls: Any) -> Any:
    """Decorates a sensor class whose pokes need each other's memory: its mode is always "poke"."""
    if not (isinstance(cls, type) and issubclass(cls, BaseSensorOperator)):
        raise ValueError(f"poke_mode_only decorates subclasses of BaseSensorOperator, not {cls!r}.")

    def refuse_other(_sensor: Any, mode: str) -> None:
        if mode != "poke":
            raise ValueError(f"Cannot set mode to {mode!r}: {cls.__name__} can only poke.")

    cls.mode = property(lambda _sensor: "poke", refuse_other)
    return cls


def default_deferrable() -> bool:
    """AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE: what `deferrable` is where it is left out."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


def _utcnow() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)
