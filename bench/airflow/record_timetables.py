"""Records what Apache Airflow's own timetables plan, as data for server/domain/schedule/airflowTimetables.test.ts.

Run it in a scratch environment that has apache-airflow 3.3 (writes the file), then in one that has 2.10 (adds what differs):

    python -m venv af3 && af3/bin/pip install apache-airflow==3.3.2 time-machine
    af3/bin/python record_timetables.py write ../../server/domain/schedule/airflow-timetables.json.gz
    python -m venv af2 && af2/bin/pip install apache-airflow==2.10.5 time-machine
    af2/bin/python record_timetables.py merge ../../server/domain/schedule/airflow-timetables.json.gz

If the test reports a difference, print Airflow's own list for that month:

    af3/bin/python record_timetables.py show "30 2 * * *" America/New_York 2024-03

What is recorded: for each expression and zone a walk over five years with the timetable of each family. Sparse expressions
are walked whole (a hash for each month, a list of runs around each change of the clock); dense ones (more than hourly) are
walked at the start of each month and around each change. Then random questions (schedule, last run, start and end date,
catchup, now) with their answers, and run ids. Times are seconds, or milliseconds where the name says so.
"""
from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import os
import random
import struct
import sys
import tempfile
import zoneinfo
from bisect import bisect_right
from importlib import metadata

# The zone tables of the package, not those of the host, so that the recording says which it used.
zoneinfo.reset_tzpath(to=[])
os.environ.setdefault("AIRFLOW_HOME", os.path.join(tempfile.gettempdir(), "airflow-recording"))

import croniter as croniter_package  # noqa: E402
import pendulum  # noqa: E402
import time_machine  # noqa: E402
from airflow.timetables import _cron, interval, simple, trigger  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402
from airflow.timetables.events import EventsTimetable  # noqa: E402
from dateutil.relativedelta import relativedelta  # noqa: E402

from cron_cases import YEARS, ZONES, expressions, year_start  # noqa: E402
from random_questions import random_question, random_spec  # noqa: E402

VERSION = metadata.version("apache-airflow")
IS_2 = VERSION.startswith("2.")
UTC = pendulum.UTC
HOUR = 3_600
DAY = 24 * HOUR


class RememberedCron:
    """The real croniter of one expression, that computes each answer once: zones share most wall-clock times."""

    by_expression: dict[str, "RememberedCron"] = {}

    def __init__(self, expression: str) -> None:
        self.cron = croniter_package.croniter(expression)
        self.expanded = self.cron.expanded
        self.start: dt.datetime | None = None
        self.answers: dict[tuple[bool, dt.datetime], dt.datetime] = {}

    def _answer(self, forward: bool) -> dt.datetime:
        key = (forward, self.start)
        if key not in self.answers:
            self.cron.set_current(self.start, force=True)
            self.answers[key] = (self.cron.get_next if forward else self.cron.get_prev)(dt.datetime)
        return self.answers[key]

    def get_next(self, _type: type) -> dt.datetime:
        return self._answer(True)

    def get_prev(self, _type: type) -> dt.datetime:
        return self._answer(False)


def remembered_croniter(expression: str, start_time: dt.datetime | None = None) -> RememberedCron:
    known = RememberedCron.by_expression
    if expression not in known:
        known.clear()
        known[expression] = RememberedCron(expression)
    known[expression].start = start_time
    return known[expression]


_cron.croniter = remembered_croniter


def at(seconds: float) -> pendulum.DateTime:
    return pendulum.from_timestamp(seconds, tz=UTC)


def month_starts(year: int) -> list[int]:
    return [
        int(dt.datetime(year + index // 12, index % 12 + 1, 1, tzinfo=dt.timezone.utc).timestamp())
        for index in range(YEARS * 12 + 1)
    ]


def transitions(zone: str, year: int) -> list[int]:
    """Changes of the zone's offset, by stepping hours and halving."""
    tz = pendulum.timezone(zone)

    def offset(seconds: int) -> dt.timedelta:
        return dt.datetime.fromtimestamp(seconds, tz).utcoffset()

    found = []
    for low in range(year_start(year), year_start(year + YEARS), 12 * HOUR):
        high = low + 12 * HOUR
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == offset(low):
                    low = middle
                else:
                    high = middle
            found.append(high)
    return found


def hash_times(times: list[int]) -> int:
    value = 17
    for time in times:
        value = (value * 31 + time) & 0xFFFFFFFF
    return value


def deltas(times: list[int]) -> list[int]:
    return [time - before for before, time in zip([0, *times], times)]


def unrestricted(earliest: float | None, latest: float | None = None, catchup: bool = True) -> TimeRestriction:
    return TimeRestriction(
        earliest=None if earliest is None else at(earliest),
        latest=None if latest is None else at(latest),
        catchup=catchup,
    )


stalls: list[int] = []
"""Ends of runs after which Airflow does not get on: 3.3 raises, 2.10 gives the same run again and again."""


def walk(timetable, start: int, stop: int, limit: int = 10**9) -> list[tuple[int, int]]:
    """(interval start, run_after) of the runs whose run_after is before stop, as a scheduler with catchup makes them."""
    runs: list[tuple[int, int]] = []
    last, restriction = None, unrestricted(start)
    while len(runs) < limit:
        try:
            info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        except croniter_package.CroniterBadDateError:  # no later date: an expression with a year
            break
        except ValueError:  # "timetable did not advance"
            stalls.append(runs[-1][1])
            break
        if info is not None and runs and info.data_interval.start.timestamp() <= runs[-1][0]:
            stalls.append(runs[-1][1])
            break
        if info is None or info.run_after.timestamp() >= stop:
            break
        runs.append((int(info.data_interval.start.timestamp()), int(info.run_after.timestamp())))
        # From now on the start date lies behind; leaving it out asks croniter for less and cannot change the answer.
        last, restriction = info.data_interval, unrestricted(None)
    return runs


def families(expression: str, zone: str):
    return (
        interval.CronDataIntervalTimetable(expression, timezone=zone),
        trigger.CronTriggerTimetable(expression, timezone=zone),
    )


DENSE_BELOW = HOUR
EDGE_RUNS = 40
"""Dense expressions: so many runs at the start of each month, and on each side of a change of the clock."""


def record_pair(expression: str, zone: str, year: int, changes: list[int]) -> dict:
    stalls.clear()
    by_interval, by_trigger = families(expression, zone)
    months = month_starts(year)
    sample = walk(by_trigger, months[0], months[-1], 60)
    gaps = sorted(b[1] - a[1] for a, b in zip(sample, sample[1:])) or [DAY]
    period = gaps[len(gaps) // 2]
    if period < DENSE_BELOW:
        starts = months[:-1] + [change - EDGE_RUNS * period for change in changes]
        counts = [EDGE_RUNS] * (len(months) - 1) + [2 * EDGE_RUNS] * len(changes)
        by_t = [walk(by_trigger, s, 2**40, n) for s, n in zip(starts, counts)]
        by_i = [walk(by_interval, s, 2**40, n) for s, n in zip(starts, counts)]
        hashes = [hash_times([run[1] for run in runs]) for runs in by_t]
        hashes += [hash_times([value for run in runs for value in run]) for runs in by_i]
        return {"kind": "dense", "period": period, "hashes": pack(hashes), "near": [], "stalls": list(stalls)}
    runs = [run[1] for run in walk(by_trigger, months[0], months[-1])]
    covered = walk(by_interval, months[0], months[-1])
    cuts = [bisect_right(runs, month - 1) for month in months]
    hashes = [hash_times(runs[a:b]) for a, b in zip(cuts, cuts[1:])]
    years = [year_start(year + index) for index in range(YEARS + 1)]
    for low, high in zip(years, years[1:]):
        hashes.append(hash_times([value for run in covered if low <= run[1] < high for value in run]))
    reach = 6 * HOUR if period < 6 * HOUR else 40 * HOUR
    near = [deltas([run for run in runs if change - reach <= run <= change + reach]) for change in changes]
    return {"kind": "whole", "period": period, "hashes": pack(hashes), "near": near, "stalls": list(stalls)}


def pack(hashes: list[int]) -> str:
    return base64.b64encode(struct.pack(f"<{len(hashes)}I", *hashes)).decode()


def build(spec: dict):
    """The timetable, or None if this Airflow does not have it."""
    kind = spec["type"]
    if kind == "cron_data_interval":
        return interval.CronDataIntervalTimetable(spec["cron"], timezone=spec["timezone"])
    if kind == "cron_trigger":
        span = dt.timedelta(milliseconds=spec["interval_ms"])
        if IS_2:
            if len(spec["crons"]) > 1:
                return None
            return trigger.CronTriggerTimetable(spec["crons"][0], timezone=spec["timezone"], interval=span)
        soon = spec["run_immediately"]
        options = {
            "timezone": spec["timezone"],
            "interval": span,
            "run_immediately": soon if isinstance(soon, bool) else dt.timedelta(milliseconds=soon),
        }
        if len(spec["crons"]) > 1:
            return trigger.MultipleCronTriggerTimetable(*spec["crons"], **options)
        return trigger.CronTriggerTimetable(spec["crons"][0], **options)
    if kind.startswith("delta"):
        step = dt.timedelta(milliseconds=spec["delta_ms"])
        if spec["months"]:
            step = relativedelta(months=spec["months"], seconds=spec["delta_ms"] // 1000)
        if kind == "delta_data_interval":
            return interval.DeltaDataIntervalTimetable(step)
        if IS_2:
            return None
        return trigger.DeltaTriggerTimetable(step, interval=dt.timedelta(milliseconds=spec["interval_ms"]))
    if kind == "events":
        return EventsTimetable([at(date) for date in spec["dates_s"]], restrict_to_events=spec["restrict_to_events"])
    return simple.OnceTimetable() if kind == "once" else simple.ContinuousTimetable()


def answer(timetable, question: dict) -> dict:
    last = question["last"]
    restriction = unrestricted(question["earliest"], question["latest"], question["catchup"])
    with time_machine.travel(at(question["now"]), tick=False):
        try:
            info = timetable.next_dagrun_info(
                last_automated_data_interval=None if last is None else DataInterval(at(last[0]), at(last[1])),
                restriction=restriction,
            )
            next_run = info and [
                info.data_interval.start.timestamp(), info.data_interval.end.timestamp(), info.run_after.timestamp()
            ]
            manual = timetable.infer_manual_data_interval(run_after=at(question["now"]))
        except (croniter_package.CroniterError, ValueError, AssertionError) as error:
            return {"error": type(error).__name__}
    return {"next": next_run, "manual": [manual.start.timestamp(), manual.end.timestamp()]}


def generate_questions(crons: list[str], changes: dict[str, list[int]], count: int):
    rng = random.Random(20_260_101)
    for _ in range(count):
        spec = random_spec(rng, crons)
        yield spec, random_question(rng, spec, changes[spec["zone"]])


def run_ids() -> list[list]:
    from airflow.utils.types import DagRunType

    rng = random.Random(7)
    found = []
    for kind in ("scheduled", "manual"):
        for _ in range(40):
            milliseconds = rng.randrange(10**12, 2 * 10**12)
            milliseconds -= milliseconds % 1000 if rng.random() < 0.5 else 0
            moment = at(0).add(microseconds=milliseconds * 1000)
            run_type = DagRunType(kind)
            run_id = run_type.generate_run_id(moment) if IS_2 else run_type.generate_run_id(suffix=moment.isoformat())
            found.append([kind, milliseconds, run_id])
    return found


QUESTIONS = 6_000
CHEAP_PERIOD = 6 * HOUR
"""The second Airflow is not asked for whole walks of expressions that fire more often; its cron code is the same."""


def record(known: dict[str, dict] | None = None) -> dict:
    """Everything. With `known` pairs (the recording of the other Airflow) only the cheap ones are walked again."""
    crons = expressions()
    changes = {zone: transitions(zone, year) for zone, year in ZONES}
    questions = []
    for spec, question in generate_questions(crons, changes, QUESTIONS):
        timetable = build(spec)
        questions.append([spec, question, None if timetable is None else answer(timetable, question)])
    pairs: dict[str, dict] = {}
    for index, expression in enumerate(crons):
        for zone, year in ZONES:
            key = f"{expression}|{zone}"
            if known is None or known[key]["kind"] == "dense" or known[key]["period"] >= CHEAP_PERIOD:
                pairs[key] = record_pair(expression, zone, year, changes[zone])
        print(f"{index + 1}/{len(crons)} {expression}", file=sys.stderr, flush=True)
    return {
        "versions": {"airflow": VERSION, **{name: metadata.version(name) for name in ("croniter", "pendulum", "tzdata")}},
        "years": YEARS,
        "edge_runs": EDGE_RUNS,
        "zones": [{"name": zone, "year": year, "changes": changes[zone]} for zone, year in ZONES],
        "expressions": crons,
        "pairs": pairs,
        "questions": questions,
        "run_ids": run_ids(),
    }


def merge(path: str) -> None:
    """Adds what this Airflow answers differently from the one that wrote the file."""
    with gzip.open(path, "rt") as file:
        recorded = json.load(file)
    mine = record(recorded["pairs"])
    recorded["other"] = {
        "versions": mine["versions"],
        "pairs_compared": len(mine["pairs"]),
        "pairs": {key: value for key, value in mine["pairs"].items() if value != recorded["pairs"][key]},
        "questions": {
            str(index): [spec, question, given]
            for index, (spec, question, given) in enumerate(mine["questions"])
            if given is not None and given != recorded["questions"][index][2]
        },
        "compared": sum(1 for entry in mine["questions"] if entry[2] is not None),
        "run_ids": mine["run_ids"],
    }
    print(f"{len(recorded['other']['pairs'])} pairs and {len(recorded['other']['questions'])} answers differ", file=sys.stderr)
    save(path, recorded)


def save(path: str, data: dict) -> None:
    text = json.dumps(data, separators=(",", ":"))
    with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, compresslevel=9) as packed:
        packed.write(text.encode())
    print(f"{path}: {os.path.getsize(path):,} bytes", file=sys.stderr)


def show(expression: str, zone: str, month: str) -> None:
    year, number = (int(part) for part in month.split("-"))
    start = int(dt.datetime(year, number, 1, tzinfo=dt.timezone.utc).timestamp())
    end = int((dt.datetime(year, number, 1, tzinfo=dt.timezone.utc) + relativedelta(months=1)).timestamp())
    for low, run_after in walk(families(expression, zone)[0], start, end):
        print(at(low).isoformat(), at(run_after).isoformat(), at(run_after).in_timezone(zone).isoformat())


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        save(sys.argv[2], record())
    elif sys.argv[1:2] == ["merge"]:
        merge(sys.argv[2])
    elif sys.argv[1:2] == ["show"]:
        show(*sys.argv[2:5])
    else:
        sys.exit(__doc__)
