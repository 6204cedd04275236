"""
Timetables as declarations: when a DAG runs. The server computes the runs (server/domain/schedule); here they are named, checked and
written as data (TimetableSpec of server/contract/dagSpec.ts).

What a cron text or a timedelta means depends on the dialect: Airflow 2 gives runs the data interval that has just ended, Airflow 3
the moment of the trigger.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

from vortex import timezone
from vortex.definitions.time_steps import TimeStep, check_cron, is_relativedelta, read_step
from vortex.exceptions import AirflowTimetableInvalid


class DataInterval(NamedTuple):
    """The time range [start, end) that a run covers."""

    start: Any
    end: Any

    @classmethod
    def exact(cls, at: Any) -> "DataInterval":
        return cls(start=at, end=at)


class TimeRestriction(NamedTuple):
    """Bounds for the next run."""

    earliest: Any
    latest: Any
    catchup: bool


class DagRunInfo(NamedTuple):
    """A run that a timetable asks for."""

    run_after: Any
    data_interval: DataInterval

    @classmethod
    def exact(cls, at: Any) -> "DagRunInfo":
        return cls(run_after=at, data_interval=DataInterval.exact(at))

    @classmethod
    def interval(cls, start: Any, end: Any) -> "DagRunInfo":
        return cls(run_after=end, data_interval=DataInterval(start, end))

    @property
    def logical_date(self) -> Any:
        return self.data_interval.start


class Timetable:
    """
    Base of timetables, and of classes of your own: `next_dagrun_info` says which run comes next, `infer_manual_data_interval` what a run
    by hand covers. They are called while the DAG file is parsed, for about a year ahead, and again before what they planned ends.
    """

    description = ""
    periodic = True
    can_be_scheduled = True
    active_runs_limit: Optional[int] = None
    run_ordering: Sequence[str] = ("data_interval_end", "logical_date")

    @property
    def summary(self) -> str:
        """The schedule in a few characters, for lists."""
        return type(self).__name__

    def spec(self) -> Optional[Dict[str, Any]]:
        """As data; None = a class of the author's own."""
        return None

    def validate(self) -> None:
        """Raises AirflowTimetableInvalid if the timetable cannot be used; called when the DAG file is parsed."""

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        """The data interval of a run by hand at `run_after`, a datetime in UTC."""
        from vortex.definitions.computed_schedule import manual_of

        return manual_of(self, run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: Optional[DataInterval], restriction: TimeRestriction
    ) -> Optional[DagRunInfo]:
        """The run after that of `last_automated_data_interval` (None: there was none), or None if there is no further one."""
        from vortex.definitions.computed_schedule import next_of

        return next_of(self, last_automated_data_interval, restriction)

    def serialize(self) -> Dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: Dict[str, Any]) -> "Timetable":
        return cls()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.summary}>"


class NullTimetable(Timetable):
    """Never by itself."""

    description = "Never, external triggers only"

    @property
    def summary(self) -> str:
        return "None"

    def spec(self) -> Dict[str, Any]:
        return {"type": "null"}


class OnceTimetable(Timetable):
    """Once, at start_date or now."""

    description = "Once, as soon as possible"

    @property
    def summary(self) -> str:
        return "@once"

    def spec(self) -> Dict[str, Any]:
        return {"type": "once"}


class ContinuousTimetable(Timetable):
    """Again when the previous run has ended."""

    description = "As frequently as possible, but only one run at a time"

    @property
    def summary(self) -> str:
        return "@continuous"

    def spec(self) -> Dict[str, Any]:
        return {"type": "continuous"}


class _Zoned(Timetable):
    def __init__(self, zone: Any) -> None:
        self.timezone = timezone.parse_timezone(zone) if isinstance(zone, str) else zone

    @property
    def _zone_name(self) -> str:
        return timezone.name_of(self.timezone)


class CronDataIntervalTimetable(_Zoned):
    """A run at each point of a cron expression, for the interval since the point before; its logical date is the interval's start."""

    def __init__(self, cron: str, timezone: Any) -> None:
        super().__init__(timezone)
        self.cron = check_cron(cron)

    @property
    def summary(self) -> str:
        return self.cron

    def spec(self) -> Dict[str, Any]:
        return {"type": "cron_data_interval", "cron": self.cron, "timezone": self._zone_name}


class MultipleCronTriggerTimetable(_Zoned):
    """
    A run at each point of any of several cron expressions, its logical date being that point.

    interval: how much time before the point the data interval covers (none). run_immediately: whether a new DAG without start_date
    runs for the point before now: True, False, or a timedelta = if it is at most so old.
    """

    def __init__(
        self, *crons: str, timezone: Any, interval: Any = dt.timedelta(), run_immediately: Union[bool, dt.timedelta] = False
    ) -> None:
        if not crons:
            raise AirflowTimetableInvalid("A cron trigger timetable needs at least one cron expression.")
        super().__init__(timezone)
        self.crons: List[str] = [check_cron(cron) for cron in crons]
        self.interval = interval
        self.run_immediately = run_immediately

    @property
    def summary(self) -> str:
        return ", ".join(self.crons)

    def spec(self) -> Dict[str, Any]:
        step = read_step(self.interval, "interval", allow_zero=True)
        immediately = self.run_immediately
        return {
            "type": "cron_trigger",
            "crons": list(self.crons),
            "timezone": self._zone_name,
            "interval_ms": step.fixed_ms("interval"),
            "run_immediately": read_step(immediately, "run_immediately", allow_zero=True).fixed_ms("run_immediately")
            if isinstance(immediately, dt.timedelta)
            else bool(immediately),
        }


class CronTriggerTimetable(MultipleCronTriggerTimetable):
    """A run at each point of one cron expression. Arguments: see MultipleCronTriggerTimetable."""

    def __init__(
        self, cron: str, *, timezone: Any, interval: Any = dt.timedelta(), run_immediately: Union[bool, dt.timedelta] = False
    ) -> None:
        super().__init__(cron, timezone=timezone, interval=interval, run_immediately=run_immediately)


class _Stepped(_Zoned):
    def __init__(self, delta: Any, zone: Any = None) -> None:
        super().__init__(zone)
        self.delta = delta
        self.step: TimeStep = read_step(delta, "schedule")

    @property
    def summary(self) -> str:
        return str(self.delta)


class DeltaDataIntervalTimetable(_Stepped):
    """A run every delta, for the delta that has just ended. `delta`: timedelta or relativedelta (years to microseconds)."""

    def spec(self) -> Dict[str, Any]:
        return {"type": "delta_data_interval", "delta_ms": self.step.ms, "months": self.step.months, "timezone": self._zone_name}


class DeltaTriggerTimetable(_Stepped):
    """A run every delta, its logical date being the trigger. `interval`: how much time before it the data interval covers (none)."""

    def __init__(self, delta: Any, *, interval: Any = dt.timedelta()) -> None:
        super().__init__(delta)
        self.interval = interval

    def spec(self) -> Dict[str, Any]:
        interval = read_step(self.interval, "interval", allow_zero=True).fixed_ms("interval")
        return {
            "type": "delta_trigger",
            "delta_ms": self.step.ms,
            "months": self.step.months,
            "timezone": self._zone_name,
            "interval_ms": interval,
        }


class EventsTimetable(Timetable):
    """Runs at given moments. restrict_to_events: a run by hand takes the last of them before now as its logical date."""

    def __init__(
        self,
        event_dates: Sequence[dt.datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: Optional[str] = None,
    ) -> None:
        dates = [timezone.convert_to_utc(date) for date in event_dates]
        self.event_dates = dates if presorted else sorted(dates)
        self.restrict_to_events = restrict_to_events
        if description is None:
            description = f"{len(dates)} events" + (f" between {self.event_dates[0]} and {self.event_dates[-1]}" if dates else "")
        self.description = description

    @property
    def summary(self) -> str:
        return self.description

    def spec(self) -> Dict[str, Any]:
        from vortex.json_values import instant

        dates = [instant(date) for date in self.event_dates]
        return {"type": "events", "dates": dates, "description": self.description, "restrict_to_events": bool(self.restrict_to_events)}


def read_schedule(schedule: Any, zone: Any, dialect: str, dag_id: str) -> Timetable:
    """The timetable that a DAG's `schedule` means in its dialect. Raises AirflowTimetableInvalid with the DAG's name."""
    try:
        return _read_schedule(schedule, zone, dialect)
    except AirflowTimetableInvalid as error:
        raise AirflowTimetableInvalid(f"DAG {dag_id!r}: {error}") from None


def _read_schedule(schedule: Any, zone: Any, dialect: str) -> Timetable:
    if schedule is None:
        return NullTimetable()
    if isinstance(schedule, Timetable):
        return schedule
    if isinstance(schedule, str):
        if schedule == "@once":
            return OnceTimetable()
        if schedule == "@continuous":
            return ContinuousTimetable()
        return CronDataIntervalTimetable(schedule, zone) if dialect == "2" else CronTriggerTimetable(schedule, timezone=zone)
    if isinstance(schedule, dt.timedelta) or is_relativedelta(schedule):
        return DeltaDataIntervalTimetable(schedule, zone) if dialect == "2" else _trigger(schedule, zone)
    from vortex import assets

    planned = _of_assets(schedule, dialect) if assets.are_in_use() else None
    return planned or UnplannedSchedule(schedule)


def _of_assets(schedule: Any, dialect: str) -> Optional[Timetable]:
    from vortex.assets.schedule import asset_timetable

    return asset_timetable(schedule, dialect)


def _trigger(delta: Any, zone: Any) -> DeltaTriggerTimetable:
    timetable = DeltaTriggerTimetable(delta)
    timetable.timezone = zone
    return timetable


class UnplannedSchedule(Timetable):
    """What VORTEX cannot plan: the DAG runs when somebody triggers it, and its page says so."""

    def __init__(self, schedule: Any) -> None:
        if isinstance(schedule, (int, float, bytes, dt.datetime)):
            raise AirflowTimetableInvalid(
                f"schedule={schedule!r} is no schedule. Give a cron text, a preset such as '@daily', a timedelta, a timetable, or None."
            )
        self.schedule = schedule

    @property
    def summary(self) -> str:
        first = next(iter(self.schedule), None) if isinstance(self.schedule, (list, tuple, set)) else self.schedule
        return type(first).__name__
