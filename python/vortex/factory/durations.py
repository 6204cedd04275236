"""Durations: `90` (seconds), `5m`, `1h 30m`, `1d`, `PT5M`, `P1DT12H`. No months and years: they have no one length."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Optional

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
# One text for the reader and for the schema.
SHORT_PATTERN = rf"^(?:{_NUMBER} ?(?:ms|s|m|h|d|w) ?)+$"
ISO_PATTERN = rf"^P(?=[0-9T])(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?$"
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORT_PART = re.compile(rf"({_NUMBER}) ?(ms|s|m|h|d|w)")
_ISO_PART = re.compile(rf"({_NUMBER})([WDHMS])|(T)")


def read_duration(value: Any) -> Optional[dt.timedelta]:
    """None = it is none."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return dt.timedelta(seconds=value) if value >= 0 else None
        if not isinstance(value, str):
            return None
        if re.match(SHORT_PATTERN, value):
            return sum((dt.timedelta(**{_UNITS[unit]: float(number)}) for number, unit in _SHORT_PART.findall(value)), dt.timedelta())
        if re.match(ISO_PATTERN, value):
            return _iso(value)
    except (OverflowError, ValueError):
        return None
    return None


def _iso(text: str) -> dt.timedelta:
    total, in_time = dt.timedelta(), False
    for number, unit, mark in _ISO_PART.findall(text):
        if mark:
            in_time = True
            continue
        name = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}[unit]
        if unit == "M" and not in_time:
            raise ValueError(text)
        total += dt.timedelta(**{name: float(number)})
    return total
