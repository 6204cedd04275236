"""`airflow.utils.dates`: the few functions of it that DAG files call."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Optional

from vortex import timezone

# Airflow's presets; `None` means that only people and other DAGs start runs.
cron_presets: Dict[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    """
    Midnight UTC, `n` days before today, moved to the given time of day. As a start_date it moves every day: prefer a fixed date.
    """
    today = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - dt.timedelta(days=n)


def parse_execution_date(text: str) -> Any:
    return timezone.parse(text)


def round_time(moment: dt.datetime, delta: Any, start_date: Optional[dt.datetime] = None) -> dt.datetime:
    """The step of `delta` from `start_date` that is nearest to `moment`."""
    if not isinstance(delta, dt.timedelta):
        raise TypeError(f"round_time() needs a timedelta, not {type(delta).__name__}")
    start = start_date if start_date is not None else timezone.make_aware(dt.datetime(1, 1, 1))
    steps = (moment - start) / delta
    return start + delta * int(steps + 0.5)
