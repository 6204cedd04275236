"""Values as JSON: instants, durations, and whatever an author put into an argument. The same file gives the same text every time."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Optional

# Nothing waits longer than 100 years: authors write timedelta.max for "never", and an instant that far away has no calendar date.
MAX_DURATION_MS = 36_525 * 86_400_000
# Template fields are shown to people; a longer text is cut with a remark.
MAX_TEXT_CHARS = 16_384
MAX_ITEMS = 200
MAX_DEPTH = 8
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def instant(value: Optional[dt.datetime]) -> Optional[str]:
    """ISO 8601 in UTC with milliseconds. Naive values are read as UTC."""
    if value is None:
        return None
    utc = value.replace(tzinfo=dt.timezone.utc) if value.utcoffset() is None else value.astimezone(dt.timezone.utc)
    return f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}T{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}.{utc.microsecond // 1000:03d}Z"


def milliseconds(value: Optional[dt.timedelta], least: int = 0) -> Optional[int]:
    """Whole milliseconds, rounded; what is longer than nothing stays at `least`, and 100 years stand for whatever is longer."""
    if value is None:
        return None
    # A pendulum.Duration does not divide by a timedelta.
    return min(MAX_DURATION_MS, max(least, round(value.total_seconds() * 1000)))


def to_json(value: Any, depth: int = 0) -> Any:
    """For display. Cuts what is long; objects become their text, without memory addresses."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        text = str(value)
        return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}... ({len(text):,} characters)"
    if depth >= MAX_DEPTH:
        return "..."
    if isinstance(value, Mapping):
        found = {str(key): to_json(item, depth + 1) for key, item in list(value.items())[:MAX_ITEMS]}
        if len(value) > MAX_ITEMS:
            found["..."] = f"{len(value) - MAX_ITEMS} more"
        return found
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else list(value)
        shown = [to_json(item, depth + 1) for item in items[:MAX_ITEMS]]
        return shown + [f"... {len(items) - MAX_ITEMS} more"] if len(items) > MAX_ITEMS else shown
    return words_for(value)


def words_for(value: Any) -> str:
    """An object in words that are the same in every process."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, functools.partial):
        return f"partial({words_for(value.func)})"
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__qualname__}"
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - an author's __str__ may do anything
        text = f"<{type(value).__name__}>"
    return to_json(_ADDRESS.sub("", text))


def exact_json(value: Any) -> Any:
    """The value as JSON without a loss. Raises TypeError or ValueError if it has none; dates become ISO texts, tuples and sets lists."""
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_text_key(key): exact_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((exact_json(item) for item in value), key=repr)
    json.dumps(value, allow_nan=False)
    return str(value) if isinstance(value, str) else value


def _text_key(key: Any) -> str:
    if not isinstance(key, (str, int, float, bool)) and key is not None:
        raise TypeError(f"keys of a JSON object are texts, not {type(key).__name__}")
    return str(key)
