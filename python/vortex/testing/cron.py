"""
Points of a cron expression around a moment, with Airflow's rules for changes of the clock: an expression whose hours are `*` follows
elapsed time; any other keeps its wall-clock time, of which the second one counts where a clock shows it twice. The server has the whole
dialect (server/domain/schedule); this reads what schedules use: numbers, names, lists, ranges, steps, `?`, `L`, `mon#2`, `L5`. It refuses
the rest.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Set, Tuple

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MINUTE, _DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
# 29 February on a given weekday comes back within 40 years.
_SEARCH_DAYS = 50 * 366


class CronPoints:
    """All points are in UTC; None = there is none within 50 years. Raises ValueError for an expression that it cannot read."""

    def __init__(self, expression: str, zone: str) -> None:
        from vortex import timezone

        words = _PRESETS.get(expression.lower(), expression).lower().split()
        if len(words) != 5:
            raise ValueError(f"{expression!r}: expressions with seconds or years are read by the server only")
        minute, hour, day, month, weekday = words
        self._zone = timezone.utc if zone == "UTC" else timezone.parse_timezone(zone) if zone[:1] not in "+-" else _fixed(zone)
        self._minutes = sorted(_values(minute, 0, 59, {}))
        self._hours = sorted(_values(hour, 0, 23, {}))
        self._follows_elapsed = len(self._hours) == 24
        self._months = _values(month, 1, 12, _MONTHS)
        self._last_day = "l" in day.split(",")
        self._days = _values(",".join(item for item in day.split(",") if item != "l"), 1, 31, {})
        self._any_day = day in ("*", "?") or (len(self._days) == 31 and "*" in weekday)
        self._weekdays, self._nth = _weekdays(weekday)
        if self._last_day and self._nth:
            raise ValueError(f"{expression!r}: L of both fields is read by the server only")
        self._any_weekday = weekday in ("*", "?") or (len(self._weekdays) == 7 and "*" in day)

    def before(self, at: dt.datetime) -> Optional[dt.datetime]:
        return self._beside(at, self._local_before)

    def after(self, at: dt.datetime) -> Optional[dt.datetime]:
        return self._beside(at, self._local_after)

    def at_or_before(self, at: dt.datetime) -> Optional[dt.datetime]:
        """The moment itself if it is a point."""
        before = self.before(at)
        return at if before is not None and self.after(before) == at else before

    def _beside(self, at: dt.datetime, search: Callable[[dt.datetime], Optional[dt.datetime]]) -> Optional[dt.datetime]:
        local = at.astimezone(self._zone).replace(tzinfo=None, fold=0)
        found = search(local)
        if found is None:
            return None
        if self._follows_elapsed:
            return at + (found - local)
        return _aware(found, self._zone).astimezone(dt.timezone.utc)

    def _local_before(self, local: dt.datetime) -> Optional[dt.datetime]:
        until = local - _MINUTE if local.second == 0 and local.microsecond == 0 else local
        day = until.date()
        times = [time for time in self._times() if time <= (until.hour, until.minute)]
        for _ in range(_SEARCH_DAYS):
            if times and self._has(day):
                return dt.datetime.combine(day, dt.time(*times[-1]))
            day -= _DAY
            times = self._times()
        return None

    def _local_after(self, local: dt.datetime) -> Optional[dt.datetime]:
        start = local.replace(second=0, microsecond=0) + _MINUTE
        day = start.date()
        times = [time for time in self._times() if time >= (start.hour, start.minute)]
        for _ in range(_SEARCH_DAYS):
            if times and self._has(day):
                return dt.datetime.combine(day, dt.time(*times[0]))
            day += _DAY
            times = self._times()
        return None

    def _times(self) -> List[Tuple[int, int]]:
        return [(hour, minute) for hour in self._hours for minute in self._minutes]

    def _has(self, day: dt.date) -> bool:
        """Day of month and day of week: if both are restricted either may match, else both must."""
        if day.month not in self._months:
            return False
        length = calendar.monthrange(day.year, day.month)[1]
        weekday = day.isoweekday() % 7
        by_day = self._any_day or day.day in self._days or (self._last_day and day.day == length)
        by_week = self._any_weekday or weekday in self._weekdays
        if self._nth:
            which = self._nth.get(weekday, frozenset())
            is_nth = (day.day - 1) // 7 + 1 in which or (0 in which and day.day + 7 > length)
            return by_day and is_nth
        return by_day and by_week if self._any_day or self._any_weekday else by_day or by_week


def _aware(local: dt.datetime, zone: Any) -> dt.datetime:
    """The second instance of a time that comes twice; one that is skipped keeps the offset from before the change."""
    second = local.replace(tzinfo=zone, fold=1)
    is_skipped = second.astimezone(dt.timezone.utc).astimezone(zone).replace(tzinfo=None, fold=0) != local
    return local.replace(tzinfo=zone, fold=0) if is_skipped else second


def _fixed(zone: str) -> dt.tzinfo:
    hours, _, minutes = zone[1:].partition(":")
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
    return dt.timezone(-offset if zone[0] == "-" else offset)


def _weekdays(text: str) -> Tuple[Set[int], Dict[int, FrozenSet[int]]]:
    """(plain weekdays, weekday -> which of them in a month, 0 = the last)."""
    nth: Dict[int, FrozenSet[int]] = {}
    plain: List[str] = []
    for item in text.split(","):
        match = re.fullmatch(r"(?:(\w+)#|l)(\d)", item)
        if match is None:
            plain.append(item)
            continue
        name, number = match.group(1), int(match.group(2))
        weekday = _number(name, _WEEKDAYS) % 7 if name is not None else number % 7
        nth[weekday] = nth.get(weekday, frozenset()) | {number if name is not None else 0}
    return {value % 7 for value in _values(",".join(plain), 0, 7, _WEEKDAYS, top=6)}, nth


def _values(text: str, low: int, high: int, names: Dict[str, int], top: Optional[int] = None) -> Set[int]:
    end = high if top is None else top
    found: Set[int] = set()
    items = [item for item in text.split(",") if item]
    if "*" in items and len(items) > 1:
        raise ValueError(f"{text!r}: a star in a list is read by the server only")
    for item in items:
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            start, stop = low, end
        else:
            start = _number(first, names)
            stop = _number(last, names) if dash else end if step else start
        if not (low <= start <= high and low <= stop <= high):
            raise ValueError(f"{item!r} is not within {low} to {high}")
        pace = int(step or 1)
        if start > stop and pace > 1:
            raise ValueError(f"{item!r}: a range that wraps with a step is read by the server only")
        if start == stop and dash:
            start, stop = low, end
        found |= set(range(start, stop + 1, pace)) if start <= stop else {*range(start, end + 1, pace), *range(low, stop + 1, pace)}
    return found


def _number(text: str, names: Dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdigit():
        raise ValueError(f"{text!r} is no number or name of a cron expression that is read here")
    return int(text)
