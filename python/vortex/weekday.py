"""WeekDay: days of the week as Airflow counts them, Monday = 1."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, Set, Union


@enum.unique
class WeekDay(enum.IntEnum):
    """Days of the week by their ISO number. Source: airflow.utils.weekday."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str: str) -> "WeekDay":
        """Raises AttributeError for a text that is no day's full English name, in whatever case."""
        found = cls.__members__.get(str(week_day_str).upper())
        if found is None:
            raise AttributeError(f'Invalid Week Day passed: "{week_day_str}". It is one of {", ".join(cls.__members__)}.')
        return found

    @classmethod
    def convert(cls, day: Union[str, "WeekDay"]) -> "WeekDay":
        return day if isinstance(day, WeekDay) else cls.get_weekday_number(day)

    @classmethod
    def validate_week_day(cls, week_day: Any) -> Set[int]:
        """The numbers of one day or several. Raises TypeError for what is neither a text nor a WeekDay nor several of them."""
        if isinstance(week_day, (str, WeekDay)):
            week_day = [week_day]
        if not isinstance(week_day, Iterable):
            raise TypeError(f"week_day must be a day's name, a WeekDay, or several of them, not {type(week_day).__name__}: {week_day!r}")
        return {int(cls.convert(day)) for day in week_day}
