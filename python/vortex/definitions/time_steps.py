"""Steps in time (timedelta, pendulum's Duration, dateutil's relativedelta) and cron texts, as far as Python checks them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

from vortex.dates import cron_presets
from vortex.exceptions import AirflowTimetableInvalid

# Presets that are no cron expression are timetables of their own; croniter itself knows the last two.
_PRESETS = set(cron_presets) | {"@midnight", "@annually"}
_FIELD = re.compile(r"[0-9A-Za-z*/,#?-]+")
# Further than any date that a schedule can name.
_LONGEST_MS = 36_525 * 86_400_000
_ABSOLUTE = ("year", "month", "day", "hour", "minute", "second", "microsecond", "weekday")


class TimeStep(NamedTuple):
    """Both parts are added: first the calendar months, then the milliseconds."""

    ms: int
    months: int

    def fixed_ms(self, argument: str) -> int:
        if self.months:
            raise AirflowTimetableInvalid(
                f"{argument}= has calendar months or years; it must have a fixed length, such as timedelta(days=30)."
            )
        return self.ms


def is_relativedelta(value: Any) -> bool:
    return type(value).__name__ == "relativedelta" and hasattr(value, "leapdays")


def read_step(value: Any, argument: str, allow_zero: bool = False) -> TimeStep:
    """Raises AirflowTimetableInvalid for what is no step, or does not go forward."""
    if is_relativedelta(value):
        step = _relative(value, argument)
    elif isinstance(value, dt.timedelta):
        step = _duration(value)
    else:
        raise AirflowTimetableInvalid(f"{argument}={value!r} is not a timedelta or relativedelta.")
    # 28 days is the shortest month.
    length = step.months * 28 * 86_400_000 + step.ms
    if length < 0 or (length == 0 and not allow_zero):
        raise AirflowTimetableInvalid(f"{argument}={value} must be longer than nothing.")
    if abs(step.ms) > _LONGEST_MS or abs(step.months) > 1200:
        raise AirflowTimetableInvalid(f"{argument}={value} is longer than 100 years.")
    return step


def _relative(value: Any, argument: str) -> TimeStep:
    given = [name for name in _ABSOLUTE if getattr(value, name, None) is not None]
    if given or value.leapdays:
        raise AirflowTimetableInvalid(
            f"{argument}={value!r} sets a fixed {given[0] if given else 'leapdays'}; "
            "use the plural (years, months, days, ...) or a cron text."
        )
    fixed = dt.timedelta(days=value.days, hours=value.hours, minutes=value.minutes, seconds=value.seconds, microseconds=value.microseconds)
    return TimeStep(ms=_ms(fixed), months=value.years * 12 + value.months)


def _duration(value: dt.timedelta) -> TimeStep:
    """pendulum's Duration counts years as 365 and months as 30 days inside, and adds them as calendar months."""
    years, months = int(getattr(value, "years", 0)), int(getattr(value, "months", 0))
    return TimeStep(
        ms=_ms(dt.timedelta(seconds=value.total_seconds()) - dt.timedelta(days=365 * years + 30 * months)), months=12 * years + months
    )


def _ms(value: dt.timedelta) -> int:
    return value // dt.timedelta(milliseconds=1)


def check_cron(text: Any) -> str:
    """
    The text if it has the form of a cron expression or is a preset; the server reads its fields. Raises AirflowTimetableInvalid.
    """
    if not isinstance(text, str):
        raise AirflowTimetableInvalid(f"{text!r} is not a cron text.")
    words = text.split()
    if text.startswith("@"):
        if text.lower() in _PRESETS:
            return cron_presets.get(text, text)
        raise AirflowTimetableInvalid(f"{text!r} is no preset. Known are {', '.join(sorted(_PRESETS | {'@once', '@continuous'}))}.")
    if text in ("None", ""):
        raise AirflowTimetableInvalid(f"schedule is the text {text!r}. For no schedule write None, without quotes.")
    if not 5 <= len(words) <= 7 or not all(_FIELD.fullmatch(word) for word in words):
        raise AirflowTimetableInvalid(
            f"{text!r} is not a cron expression: it needs 5 fields (minute hour day month weekday), has {len(words)}."
            if len(words) < 5 or len(words) > 7
            else f"{text!r} is not a cron expression: a field may hold digits, names and * / , - # ? only."
        )
    return text
