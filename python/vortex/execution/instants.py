"""Instants of the job document as the date objects that authors expect: pendulum's, in UTC."""
from __future__ import annotations

import datetime as dt
from typing import Any, Optional

import pendulum


def to_datetime(text: Optional[str]) -> Optional[Any]:
    """ISO 8601 in UTC, or None."""
    if text is None:
        return None
    return pendulum.instance(dt.datetime.fromisoformat(text.replace("Z", "+00:00"))).in_timezone("UTC")


def utcnow() -> Any:
    return pendulum.now("UTC")


def to_epoch_ms(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return round(moment.timestamp() * 1000)
