"""
A small stand-in for pendulum, imported as `pendulum` where the package is missing (vortex.airflow_compat.finder chooses). It covers
what DAG files call at import and what VORTEX itself needs: datetime, timezone, parse, duration, now, today, instance, and the
commonest methods of DateTime. Anything else says what to install.
"""

from __future__ import annotations

import calendar
import datetime as _dt
import sys
from typing import Any, Optional, Union
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__version__ = "0.0.0+vortex"


class Timezone(ZoneInfo):
    """A zone by its IANA name."""

    @property
    def name(self) -> str:
        return self.key


class FixedTimezone(_dt.tzinfo):
    """A zone by its distance from UTC in seconds."""

    def __init__(self, offset: int, name: Optional[str] = None) -> None:
        self.offset = offset
        sign = "-" if offset < 0 else "+"
        self.name = name or f"{sign}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"

    def utcoffset(self, moment: Optional[_dt.datetime]) -> _dt.timedelta:
        return _dt.timedelta(seconds=self.offset)

    def dst(self, moment: Optional[_dt.datetime]) -> _dt.timedelta:
        return _dt.timedelta(0)

    def tzname(self, moment: Optional[_dt.datetime]) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FixedTimezone) and other.offset == self.offset

    def __hash__(self) -> int:
        return hash(self.offset)

    def __repr__(self) -> str:
        return f"FixedTimezone({self.offset}, name={self.name!r})"


UTC = FixedTimezone(0, "UTC")


def timezone(name: Union[str, int]) -> Any:
    """A zone by name, or by seconds east of UTC. Raises ValueError for a name that does not exist."""
    if isinstance(name, int):
        return FixedTimezone(name)
    if name.upper() == "UTC":
        return UTC
    try:
        return Timezone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"There is no time zone {name!r} here. If the name is right: `{sys.executable} -m pip install tzdata`") from None


def local_timezone() -> Any:
    offset = _dt.datetime.now().astimezone().utcoffset() or _dt.timedelta(0)
    return FixedTimezone(int(offset.total_seconds()))


def _zone(tz: Any) -> Any:
    if tz is None:
        return UTC
    return timezone(tz) if isinstance(tz, (str, int)) else tz


class Duration(_dt.timedelta):
    """A timedelta that remembers calendar years and months; inside they count as 365 and 30 days."""

    def __new__(
        cls,
        days: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
        milliseconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        weeks: float = 0,
        years: int = 0,
        months: int = 0,
    ) -> "Duration":
        made = super().__new__(cls, days + years * 365 + months * 30, seconds, microseconds, milliseconds, minutes, hours, weeks)
        made._years, made._months = years, months
        return made

    @property
    def years(self) -> int:
        return self._years

    @property
    def months(self) -> int:
        return self._months

    def in_seconds(self) -> int:
        return int(self.total_seconds())

    def in_minutes(self) -> int:
        return int(self.total_seconds() // 60)

    def in_hours(self) -> int:
        return int(self.total_seconds() // 3600)

    def in_days(self) -> int:
        return int(self.total_seconds() // 86400)

    def total_minutes(self) -> float:
        return self.total_seconds() / 60

    def total_hours(self) -> float:
        return self.total_seconds() / 3600

    def total_days(self) -> float:
        return self.total_seconds() / 86400

    def __reduce__(self) -> Any:
        rest = _dt.timedelta(seconds=self.total_seconds()) - _dt.timedelta(days=365 * self._years + 30 * self._months)
        return (Duration, (rest.days, rest.seconds, rest.microseconds, 0, 0, 0, 0, self._years, self._months))


class DateTime(_dt.datetime):
    """A datetime with pendulum's commonest methods."""

    @classmethod
    def now(cls, tz: Any = None) -> "DateTime":
        return instance(_dt.datetime.now(_zone(tz) if tz is not None else local_timezone()))

    @classmethod
    def utcnow(cls) -> "DateTime":
        return cls.now("UTC")

    @property
    def timezone(self) -> Any:
        return self.tzinfo

    tz = timezone

    @property
    def timezone_name(self) -> Optional[str]:
        return getattr(self.tzinfo, "name", None)

    @property
    def int_timestamp(self) -> int:
        return int(self.timestamp() // 1)

    @property
    def day_of_week(self) -> int:
        return self.weekday()

    @property
    def days_in_month(self) -> int:
        return calendar.monthrange(self.year, self.month)[1]

    def in_timezone(self, tz: Any) -> "DateTime":
        return instance(self.astimezone(_zone(tz)))

    in_tz = in_timezone

    def add(
        self,
        years: int = 0,
        months: int = 0,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
    ) -> "DateTime":
        """Calendar units by the local clock, hours and smaller by elapsed time."""
        count = self.year * 12 + self.month - 1 + years * 12 + months
        year, month = divmod(count, 12)
        moved = self.replace(year=year, month=month + 1, day=min(self.day, calendar.monthrange(year, month + 1)[1]))
        moved = instance(_dt.datetime.__add__(moved, _dt.timedelta(weeks=weeks, days=days)))
        step = _dt.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
        if not step:
            return moved
        return instance((_dt.datetime.__add__(moved.astimezone(_dt.timezone.utc), step)).astimezone(moved.tzinfo))

    def subtract(self, **units: Any) -> "DateTime":
        return self.add(**{name: -value for name, value in units.items()})

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Duration):
            rest = _dt.timedelta(seconds=other.total_seconds()) - _dt.timedelta(days=365 * other.years + 30 * other.months)
            return self.add(years=other.years, months=other.months, days=rest.days, seconds=rest.seconds, microseconds=rest.microseconds)
        moved = _dt.datetime.__add__(self, other)
        return moved if moved is NotImplemented else instance(moved)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Duration):
            return self + Duration(
                days=-(other.days - 365 * other.years - 30 * other.months), seconds=-other.seconds, years=-other.years, months=-other.months
            )
        found = _dt.datetime.__sub__(self, other)
        return instance(found) if isinstance(found, _dt.datetime) else found

    def at(self, hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> "DateTime":
        return self.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)

    def start_of(self, unit: str) -> "DateTime":
        """second, minute, hour, day, week (Monday), month or year."""
        if unit == "second":
            return self.replace(microsecond=0)
        if unit in ("minute", "hour"):
            return self.at(self.hour, self.minute if unit == "minute" else 0)
        day = self.at(0)
        if unit == "week":
            return day.subtract(days=day.weekday())
        if unit in ("day", "month", "year"):
            return day.replace(day=day.day if unit == "day" else 1, month=1 if unit == "year" else day.month)
        raise ValueError(f"Invalid unit {unit!r} for start_of()")

    def end_of(self, unit: str) -> "DateTime":
        start = self.start_of(unit)
        return start.add(**{unit + "s": 1}) - _dt.timedelta(microseconds=1)

    def to_date_string(self) -> str:
        return self.strftime("%Y-%m-%d")

    def to_time_string(self) -> str:
        return self.strftime("%H:%M:%S")

    def to_datetime_string(self) -> str:
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def to_iso8601_string(self) -> str:
        text = self.isoformat()
        return text[:-6] + "Z" if text.endswith("+00:00") else text

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"DateTime.{name} needs the package pendulum: `{sys.executable} -m pip install pendulum`")


def datetime(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0, tz: Any = UTC, fold: int = 1
) -> DateTime:
    return DateTime(year, month, day, hour, minute, second, microsecond, tzinfo=_zone(tz), fold=fold)


def naive(*fields: int) -> DateTime:
    return DateTime(*fields)


def instance(moment: _dt.datetime, tz: Any = UTC) -> DateTime:
    """A datetime as a DateTime; a naive one gets the zone."""
    zone = moment.tzinfo or _zone(tz)
    if zone is _dt.timezone.utc:
        zone = UTC
    return DateTime(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond, tzinfo=zone, fold=moment.fold
    )


def now(tz: Any = None) -> DateTime:
    return DateTime.now(tz)


def today(tz: Any = "local") -> DateTime:
    return now(None if tz == "local" else tz).start_of("day")


def tomorrow(tz: Any = "local") -> DateTime:
    return today(tz).add(days=1)


def yesterday(tz: Any = "local") -> DateTime:
    return today(tz).subtract(days=1)


def duration(**units: Any) -> Duration:
    return Duration(**units)


def from_timestamp(timestamp: float, tz: Any = UTC) -> DateTime:
    return instance(_dt.datetime.fromtimestamp(timestamp, _zone(tz)))


def parse(text: str, tz: Any = UTC, strict: bool = True, **_: Any) -> DateTime:
    """ISO 8601 date, or date and time. Raises ValueError for other text."""
    tidy = text.strip().replace("Z", "+00:00").replace("/", "-")
    if len(tidy) == 8 and tidy.isdigit():
        tidy = f"{tidy[:4]}-{tidy[4:6]}-{tidy[6:]}"
    try:
        return instance(_dt.datetime.fromisoformat(tidy), tz=tz)
    except ValueError:
        raise ValueError(f"Unable to parse string [{text}]") from None


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"pendulum.{name} needs the package pendulum: `{sys.executable} -m pip install pendulum`")
