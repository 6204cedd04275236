"""
The data interval of a run that a person starts, for runs without a server (Airflow: Timetable.infer_manual_data_interval). The server
computes it in server/domain/schedule; what is here answers this one question, and is compared with recordings of Airflow in tests/testing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Optional, Tuple

from vortex.exceptions import AirflowTimetableInvalid
from vortex.testing.cron import CronPoints

Interval = Tuple[dt.datetime, dt.datetime]


def manual_interval(dag: Any, at: dt.datetime) -> Interval:
    """(start, end) in UTC. Of a timetable of the author's own, what its infer_manual_data_interval says."""
    timetable = dag.timetable
    spec = timetable.spec()
    if not type(timetable).__module__.startswith("vortex."):
        try:
            found = timetable.infer_manual_data_interval(run_after=at)
            return found.start, found.end
        except (AirflowTimetableInvalid, NotImplementedError):
            # It asks what a timetable of Airflow would say, which only a server knows; or it has none of its own.
            pass
    kind = _KINDS.get((spec or {}).get("type", ""))
    return (at, at) if spec is None or kind is None else kind(spec, at)


def _cron_interval(spec: Any, at: dt.datetime) -> Interval:
    points = CronPoints(spec["cron"], spec["timezone"])
    end = points.at_or_before(at) or at
    return points.before(end) or end, end


def _cron_trigger(spec: Any, at: dt.datetime) -> Interval:
    return at - dt.timedelta(milliseconds=spec["interval_ms"]), at


def _delta_interval(spec: Any, at: dt.datetime) -> Interval:
    return _earlier(at, spec["months"], spec["delta_ms"]), at


def _events(spec: Any, at: dt.datetime) -> Interval:
    if not spec["restrict_to_events"] or not spec["dates"]:
        return at, at
    dates = [dt.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in spec["dates"]]
    event = max((date for date in dates if date <= at), default=min(dates))
    return event, event


def _earlier(at: dt.datetime, months: int, ms: int) -> dt.datetime:
    """By calendar months first; a day that the month does not have is its last one."""
    if months:
        whole = at.year * 12 + at.month - 1 - months
        year, month = divmod(whole, 12)
        day = at.day
        while True:
            try:
                at = at.replace(year=year, month=month + 1, day=day)
                break
            except ValueError:
                day -= 1
    return at - dt.timedelta(milliseconds=ms)


_KINDS: "dict[str, Callable[[Any, dt.datetime], Interval]]" = {
    "cron_data_interval": _cron_interval,
    "cron_trigger": _cron_trigger,
    "delta_data_interval": _delta_interval,
    "delta_trigger": _cron_trigger,
    "events": _events,
}


def next_interval(dag: Any, start: Optional[dt.datetime], end: Optional[dt.datetime]) -> Optional[Interval]:
    """The interval that the schedule has after this one; None = none, or not known here."""
    spec = dag.timetable.spec()
    if spec is None or end is None or start is None:
        return None
    if spec["type"] == "cron_data_interval":
        points = CronPoints(spec["cron"], spec["timezone"])
        begin = points.at_or_before(end) or end
        following = points.after(begin)
        return None if following is None else (begin, following)
    if spec["type"] == "cron_trigger":
        found = [CronPoints(cron, spec["timezone"]).after(end) for cron in spec["crons"]]
        following = min((point for point in found if point is not None), default=None)
        return None if following is None else (following - dt.timedelta(milliseconds=spec["interval_ms"]), following)
    if spec["type"] in ("delta_data_interval", "delta_trigger"):
        return end, _earlier(end, -spec["months"], -spec["delta_ms"])
    return None


def point_beside(dag: Any, at: dt.datetime, direction: int) -> Optional[dt.datetime]:
    """The point of a cron or delta schedule after (1) or before (-1) a moment, in UTC; None = the schedule has no such points."""
    from vortex import timezone

    moment = timezone.convert_to_utc(at)
    spec = dag.timetable.spec() or {}
    crons = spec.get("crons") or [spec[name] for name in ("cron",) if name in spec]
    if crons:
        points = [CronPoints(cron, spec["timezone"]) for cron in crons]
        found = [point.after(moment) if direction > 0 else point.before(moment) for point in points]
        known = [timezone.convert_to_utc(point) for point in found if point is not None]
        return None if not known else min(known) if direction > 0 else max(known)
    if "delta_ms" in spec:
        return timezone.convert_to_utc(_earlier(moment, -direction * spec["months"], -direction * spec["delta_ms"]))
    return None
