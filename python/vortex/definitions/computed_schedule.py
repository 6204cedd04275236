"""
The runs of a timetable class of the author's own. The server plans runs, and calls no author's code: so they are worked out here, while the
DAG file is parsed, and travel as a list (`computed` of TimetableSpec in server/contract/dagSpec.ts). The server has the file parsed
again before the list ends.

Source of the rules: Airflow authoring-and-scheduling/timetable.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from vortex import timezone
from vortex.definitions.notices import Notices
from vortex.definitions.timetables import DagRunInfo, DataInterval, TimeRestriction, Timetable
from vortex.exceptions import AirflowTimetableInvalid

# A year of workdays; each costs the author's method a call. The server takes 500.
MAX_RUNS = 300
AHEAD = dt.timedelta(days=366)
BACK = dt.timedelta(days=366)
# A method that looks things up (pandas' holidays take 20 ms) may be slow, and a parse has to end: of one list, and of all those of a file.
SECONDS = 1.5
SECONDS_OF_FILE = 8.0
# So many runs are worked out in any case.
LEAST_RUNS = 3
# Moments that tell how the interval of a run by hand depends on the moment.
SAMPLES = 40

Row = Tuple[int, int, int]
_ask: Optional[Callable[[str, Dict[str, Any]], Any]] = None
_spent = 0.0


def use_server(ask: Optional[Callable[[str, Dict[str, Any]], Any]]) -> None:
    """A file begins. Where questions of this module go: the newest run of a DAG, and what VORTEX's own timetables answer."""
    global _ask, _spent
    _ask, _spent = ask, 0.0


class _Stopwatch:
    """Seconds that a list may take, counted against those of the file."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._allowed = min(SECONDS, SECONDS_OF_FILE - _spent)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @property
    def is_over(self) -> bool:
        return self.elapsed > self._allowed

    def stop(self) -> None:
        global _spent
        _spent += self.elapsed


def is_own_class(timetable: Timetable) -> bool:
    """Whether the author says which runs there are, in a class of their own or in one derived from a timetable of Airflow."""
    kind = type(timetable)
    return (
        kind.next_dagrun_info is not Timetable.next_dagrun_info
        or kind.infer_manual_data_interval is not Timetable.infer_manual_data_interval
    )


class Bounds(NamedTuple):
    """Of a DAG: its effective start, its end, and whether missed runs are made up for."""

    earliest: Any
    latest: Any
    catchup: bool


def computed_spec(timetable: Timetable, dag_id: str, bounds: Bounds, notices: Notices) -> Dict[str, Any]:
    """What fails in the author's methods becomes a remark: the DAG still runs when somebody triggers it."""
    now = timezone.utcnow()
    earliest, latest = timezone.convert_to_utc(bounds.earliest), timezone.convert_to_utc(bounds.latest)
    last = _last_interval(dag_id)
    coming = _Walk(timetable, notices)
    coming.go(last, TimeRestriction(earliest, latest, bounds.catchup), until=now + AHEAD)
    history: List[Row] = []
    if coming.error is None and not (bounds.catchup and last is None):
        history = _history(coming, earliest, now)
    return {
        "type": "computed",
        "summary": str(timetable.summary),
        "computed_at": _ms(now),
        "runs": coming.rows,
        "history": history,
        "is_complete": coming.is_complete,
        "manual": _manual(timetable, [*history, *coming.rows], now, notices),
    }


def _history(coming: "_Walk", earliest: Any, now: Any) -> List[Row]:
    """
    Runs of the past as a backfill asks for them, with catchup: without a gap up to those that come, from as long ago as there is time for.
    """
    rows = coming.rows
    apart = (rows[-1][2] - rows[0][2]) / (len(rows) - 1) if len(rows) > 1 else 86_400_000
    count = min(MAX_RUNS, SECONDS / max(coming.elapsed / max(1, len(rows)), 1e-6)) * 0.5
    begin = now - min(BACK, dt.timedelta(milliseconds=min(apart * count, BACK.total_seconds() * 1000)))
    before = _Walk(coming.timetable, Notices())
    before.go(None, TimeRestriction(begin if earliest is None else max(earliest, begin), now, True), until=now)
    if not (before.is_complete or before.is_through):
        return []
    return [row for row in before.rows if not rows or row[0] < rows[0][0]]


class _Walk:
    """One run after the other, each told of the one before."""

    def __init__(self, timetable: Timetable, notices: Notices) -> None:
        self.timetable = timetable
        self.notices = notices
        self.rows: List[Row] = []
        # It said that nothing follows; it came as far as it was asked to.
        self.is_complete = False
        self.is_through = False
        self.error: Optional[BaseException] = None
        self.elapsed = 0.0

    def go(self, last: Optional[DataInterval], restriction: TimeRestriction, until: Any) -> None:
        watch = _Stopwatch()
        self._go(last, restriction, until, watch)
        self.elapsed = watch.elapsed
        watch.stop()

    def _go(self, last: Optional[DataInterval], restriction: TimeRestriction, until: Any, watch: _Stopwatch) -> None:
        name = type(self.timetable).__name__
        while len(self.rows) < MAX_RUNS and (len(self.rows) < LEAST_RUNS or not watch.is_over):
            try:
                info = self.timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
                if info is None:
                    self.is_complete = True
                    return
                row, last = _row(info, f"{name}.next_dagrun_info")
            except Exception as error:  # noqa: BLE001 - the author's method may raise anything
                self.error = error
                self.notices.add(f"the timetable {name} {self._reach()}, for it failed: {type(error).__name__}: {error}")
                return
            if self.rows and (row[2], row[0]) <= (self.rows[-1][2], self.rows[-1][0]):
                self.notices.add(f"the timetable {name} {self._reach()}: after it, it gives the same run again")
                return
            self.rows.append(row)
            if info.run_after > until:
                self.is_through = True
                return

    def _reach(self) -> str:
        if not self.rows:
            return "plans no run"
        return f"plans no run after {dt.datetime.fromtimestamp(self.rows[-1][2] / 1000, dt.timezone.utc):%Y-%m-%d %H:%M} UTC"


def _row(info: Any, method: str) -> Tuple[Row, DataInterval]:
    interval = getattr(info, "data_interval", None)
    run_after = getattr(info, "run_after", None)
    if interval is None or run_after is None:
        raise AirflowTimetableInvalid(f"{method} must return a DagRunInfo or None, not {info!r}")
    start, end = _instant(interval.start, method), _instant(interval.end, method)
    return (_ms(start), _ms(end), _ms(_instant(run_after, method))), DataInterval(start, end)


def _instant(value: Any, method: str) -> Any:
    if not isinstance(value, dt.datetime) or value.utcoffset() is None:
        raise AirflowTimetableInvalid(f"{method} gave {value!r}, which is no datetime with a time zone")
    return timezone.convert_to_utc(value)


def _ms(value: dt.datetime) -> int:
    return round(value.timestamp() * 1000)


def _from_ms(value: int) -> Any:
    return timezone.convert_to_utc(dt.datetime.fromtimestamp(value / 1000, dt.timezone.utc))


def _manual(timetable: Timetable, rows: List[Row], now: Any, notices: Notices) -> Dict[str, Any]:
    """How the interval of a run by hand depends on its moment, from what the author's method says of some moments."""
    at = [row[2] for row in rows] or [_ms(now)]
    step = max(1, len(at) // SAMPLES)
    moments = sorted({moment for index in range(0, len(at), step) for moment in (at[index], _between(at, index))})
    watch = _Stopwatch()
    found: List[Row] = []
    try:
        for moment in moments:
            if len(found) < LEAST_RUNS or not watch.is_over:
                found.append((moment, *_inferred(timetable, moment)))
        offsets = {(start - moment, end - moment) for moment, start, end in found}
        if len(offsets) == 1:
            ((start_ms, end_ms),) = offsets
            return {"type": "offset", "start_ms": start_ms, "end_ms": end_ms}
        if rows and all(_newest(rows, moment) == (start, end) for moment, start, end in found):
            return {"type": "runs"}
        return {"type": "list", "slots": found if watch.is_over else [(moment, *_inferred(timetable, moment)) for moment in at]}
    except Exception as error:  # noqa: BLE001 - as above
        name = type(timetable).__name__
        notices.add(f"runs by hand cover no time, for {name}.infer_manual_data_interval failed: {type(error).__name__}: {error}")
        return {"type": "offset", "start_ms": 0, "end_ms": 0}
    finally:
        watch.stop()


def _between(at: List[int], index: int) -> int:
    following = at[index + 1] if index + 1 < len(at) else at[index] + 60_000
    return (at[index] + following) // 2


def _inferred(timetable: Timetable, moment: int) -> Tuple[int, int]:
    method = f"{type(timetable).__name__}.infer_manual_data_interval"
    interval = timetable.infer_manual_data_interval(run_after=_from_ms(moment))
    return _ms(_instant(interval.start, method)), _ms(_instant(interval.end, method))


def _newest(rows: List[Row], moment: int) -> Optional[Tuple[int, int]]:
    found = [row for row in rows if row[2] <= moment]
    return (found[-1][0], found[-1][1]) if found else None


# What the server answers


def _last_interval(dag_id: str) -> Optional[DataInterval]:
    found = _ask("schedule.last", {"dag_id": dag_id}) if _ask is not None else None
    return None if found is None else DataInterval(_from_ms(found["start"]), _from_ms(found["end"]))


def _ask_timetable(method: str, timetable: Timetable, question: Dict[str, Any]) -> Any:
    spec = timetable.spec()
    if spec is None:
        raise NotImplementedError(f"the class has no {'next_dagrun_info' if method == 'next' else 'infer_manual_data_interval'}")
    if _ask is None:
        raise AirflowTimetableInvalid(f"what {type(timetable).__mro__[1].__name__} plans is known only to a server that parses the file")
    return _ask(f"timetable.{method}", {"spec": spec, **question})


def next_of(timetable: Timetable, last: Optional[DataInterval], restriction: TimeRestriction) -> Optional[DagRunInfo]:
    """What a timetable of Airflow plans next, for classes that derive from it."""
    optional = [None if value is None else _ms(value) for value in (restriction.earliest, restriction.latest)]
    question = {
        "last": None if last is None else [_ms(last.start), _ms(last.end)],
        "earliest": optional[0],
        "latest": optional[1],
        "catchup": bool(restriction.catchup),
        "now": _ms(timezone.utcnow()),
    }
    found = _ask_timetable("next", timetable, question)
    return found and DagRunInfo(_from_ms(found["run_after"]), DataInterval(_from_ms(found["start"]), _from_ms(found["end"])))


def manual_of(timetable: Timetable, run_after: Any) -> DataInterval:
    """The data interval that a timetable of Airflow gives a run by hand."""
    found = _ask_timetable("manual", timetable, {"at": _ms(run_after)})
    return DataInterval(_from_ms(found["start"]), _from_ms(found["end"]))
