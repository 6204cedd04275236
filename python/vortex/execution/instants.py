"""
Instants of the job document as the date objects that authors expect: pendulum's, in UTC.

Made by the class's own constructor: pendulum.instance and pendulum.now do the same through thousands of lines, and each page of memory
that a forked child touches for them is copied for it (3 us a page).
"""
from __future__ import annotations

import datetime as dt
from typing import Any, Optional

import pendulum

_UTC = pendulum.timezone("UTC")


def to_datetime(text: Optional[str]) -> Optional[Any]:
    """ISO 8601 in UTC, or None."""
    if text is None:
        return None
    return _of(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(dt.timezone.utc))


def utcnow() -> Any:
    return _of(dt.datetime.now(dt.timezone.utc))


def _of(moment: dt.datetime) -> Any:
    return pendulum.DateTime(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond, tzinfo=_UTC)


def to_epoch_ms(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return round(moment.timestamp() * 1000)
