"""Timetables as authors write them, for Airflow and VORTEX alike."""
import datetime as dt

import pendulum

from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from airflow.timetables.interval import CronDataIntervalTimetable


class Workdays(Timetable):
    """A run after each day from Monday to Friday that is no holiday."""

    HOLIDAYS = {(1, 1), (12, 25)}

    def _workday(self, day, step):
        while day.weekday() > 4 or (day.month, day.day) in self.HOLIDAYS:
            day = day.add(days=step)
        return day

    def infer_manual_data_interval(self, *, run_after):
        start = self._workday(run_after.subtract(days=1).start_of("day"), -1)
        return DataInterval(start=start, end=start.add(days=1))

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if last_automated_data_interval is not None:
            start = last_automated_data_interval.start.add(days=1)
        elif restriction.earliest is None:
            return None
        else:
            start = restriction.earliest
            if not restriction.catchup:
                start = max(start, pendulum.now("UTC").start_of("day"))
            if start != start.start_of("day"):
                start = start.add(days=1).start_of("day")
        start = self._workday(start, 1)
        if restriction.latest is not None and start > restriction.latest:
            return None
        return DagRunInfo.interval(start=start, end=start.add(days=1))


class Uneven(Timetable):
    """At 06:00 and 16:30 of a city, for the time since the point before; a run by hand covers the six hours before it."""

    def __init__(self, zone="Europe/Zurich"):
        self.zone = zone

    def serialize(self):
        return {"zone": self.zone}

    @classmethod
    def deserialize(cls, data):
        return cls(data["zone"])

    @property
    def summary(self):
        return f"06:00 and 16:30 in {self.zone}"

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(start=run_after.subtract(hours=6), end=run_after)

    def _after(self, moment):
        local = moment.in_timezone(self.zone)
        for day in (local, local.add(days=1)):
            for hour, minute in ((6, 0), (16, 30)):
                point = pendulum.datetime(day.year, day.month, day.day, hour, minute, tz=self.zone)
                if point > moment:
                    return point.in_timezone("UTC")

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if last_automated_data_interval is not None:
            start = last_automated_data_interval.end
        elif restriction.earliest is None:
            return None
        else:
            start = self._after(restriction.earliest.subtract(microseconds=1))
        if not restriction.catchup:
            now = pendulum.now("UTC")
            while self._after(start) < now and self._after(self._after(start)) <= now:
                start = self._after(start)
        if restriction.latest is not None and start > restriction.latest:
            return None
        return DagRunInfo.interval(start=start, end=self._after(start))


class QuarterEnds(CronDataIntervalTimetable):
    """A cron of each month, of which the runs in March, June, September and December are kept."""

    def __init__(self):
        super().__init__("0 4 1 * *", timezone="America/New_York")

    def serialize(self):
        return {}

    @classmethod
    def deserialize(cls, data):
        return cls()

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        info = super().next_dagrun_info(last_automated_data_interval=last_automated_data_interval, restriction=restriction)
        while info is not None and info.data_interval.start.month % 3:
            info = super().next_dagrun_info(last_automated_data_interval=info.data_interval, restriction=restriction)
        return info


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.timezone.utc)


TIMETABLES = {"workdays": Workdays(), "uneven": Uneven(), "quarter_ends": QuarterEnds()}
# Name, start, end, catchup, start and end of the newest run's interval.
QUESTIONS = {
    "from the start": (utc(2026, 3, 1), None, True, None),
    "until an end": (utc(2025, 12, 20, 10), utc(2026, 1, 12), True, None),
    "after a run": (utc(2026, 1, 1), None, True, (utc(2026, 7, 10), utc(2026, 7, 11))),
    "missed ones left out": (utc(2020, 1, 1), None, False, None),
    "without a start": (None, None, True, None),
}
NOW = utc(2026, 11, 24, 2, 57, 31)
RUNS = 120
MANUAL = [utc(2026, 6, 1, 12), utc(2026, 6, 6, 23, 59), utc(2026, 10, 25, 0, 30), utc(2026, 12, 25, 18)]
