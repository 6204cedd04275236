"""Time zones and instants, with the names of `airflow.utils.timezone`. A date without a zone is in the site's default zone, UTC."""

from __future__ import annotations

import datetime as _dt
from typing import Any, Optional

import pendulum

utc = pendulum.timezone("UTC")


def default_timezone() -> Any:
    """The zone of dates that name none: AIRFLOW__CORE__DEFAULT_TIMEZONE, else UTC."""
    from vortex.configuration import conf

    name = conf.get("core", "default_timezone", fallback="utc")
    return utc if name.lower() == "utc" else parse_timezone(name)


def parse_timezone(name: Any) -> Any:
    """A zone by IANA name, or by its distance from UTC in seconds. Raises ValueError for a name that does not exist."""
    return pendulum.timezone(name)


def is_localized(value: _dt.datetime) -> bool:
    return value.utcoffset() is not None


def is_naive(value: _dt.datetime) -> bool:
    return value.utcoffset() is None


def utcnow() -> Any:
    return pendulum.now("UTC")


def utc_epoch() -> Any:
    return pendulum.datetime(1970, 1, 1, tz="UTC")


def make_aware(value: Optional[_dt.datetime], timezone: Any = None) -> Any:
    """The wall-clock time in a zone. Raises ValueError if the value has a zone already."""
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    return coerce_datetime(value, timezone)


def make_naive(value: _dt.datetime, timezone: Any = None) -> _dt.datetime:
    """The wall-clock time that a zone's clock shows, without the zone."""
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(timezone or default_timezone()).replace(tzinfo=None)


def convert_to_utc(value: Optional[_dt.datetime]) -> Any:
    return None if value is None else pendulum.instance(coerce_datetime(value)).in_timezone("UTC")


def coerce_datetime(value: Optional[_dt.datetime], tz: Any = None) -> Any:
    """As a pendulum DateTime with a zone: its own, else `tz`, else the default."""
    if value is None:
        return None
    if is_localized(value):
        return value if isinstance(value, pendulum.DateTime) else pendulum.instance(_with_named_zone(value))
    return pendulum.instance(value, tz=tz or default_timezone())


def _with_named_zone(value: _dt.datetime) -> _dt.datetime:
    """pendulum keeps only the offset of a zone of dateutil."""
    name = _dateutil_name(value.tzinfo) if value.tzinfo is not None else None
    try:
        return value if name is None else value.replace(tzinfo=parse_timezone(name))
    except ValueError:
        return value


def parse(text: str, timezone: Any = None, *, strict: bool = False) -> Any:
    """Reads ISO 8601. Raises ValueError for other text."""
    found = pendulum.parse(text, tz=timezone or default_timezone(), strict=strict)
    if isinstance(found, _dt.datetime):
        return found
    raise ValueError(f"{text!r} is not a date and time")


def datetime(*args: Any, **kwargs: Any) -> Any:
    """As datetime.datetime, in UTC unless tzinfo says otherwise."""
    value = _dt.datetime(*args, **kwargs)
    return coerce_datetime(value, utc)


def name_of(tzinfo: Optional[_dt.tzinfo], at: Optional[_dt.datetime] = None) -> str:
    """
    IANA name (pendulum, zoneinfo, pytz, dateutil), else the offset that holds `at`, such as `+05:30`. None means the default zone.
    """
    if tzinfo is None:
        tzinfo = default_timezone()
    for attribute in ("key", "zone", "name"):
        name = getattr(tzinfo, attribute, None)
        if isinstance(name, str) and name and not name.startswith(("+", "-")):
            return "UTC" if name.lower() in ("utc", "etc/utc", "z") else name
    name = _dateutil_name(tzinfo)
    if name is not None:
        return name
    offset = tzinfo.utcoffset(at.replace(tzinfo=None) if at is not None else _dt.datetime(1970, 1, 1))
    return _offset_name(offset or _dt.timedelta(0))


def _dateutil_name(tzinfo: _dt.tzinfo) -> Optional[str]:
    path = getattr(tzinfo, "_filename", None)
    if not isinstance(path, str):
        return None
    _, found, name = path.replace("\\", "/").rpartition("zoneinfo/")
    return name if found or "/" in path and not path.startswith("/") else None


def _offset_name(offset: _dt.timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
