"""The data interval of a run by hand, against 6,000 recorded questions to Airflow (server/domain/schedule/airflow-timetables.json.gz)."""
from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from vortex.testing.intervals import manual_interval, next_interval

RECORDING = Path(__file__).parents[3] / "server" / "domain" / "schedule" / "airflow-timetables.json.gz"


def dag_of(spec):
    # Of a class of this package: one of an author's own is asked itself.
    kind = type("Recorded", (), {"__module__": "vortex.recorded", "spec": lambda self: spec})
    return SimpleNamespace(timetable=kind())


def at(second):
    return dt.datetime.fromtimestamp(second, dt.timezone.utc)


def test_manual_intervals_are_airflows():
    different, unread, compared = [], 0, 0
    for spec, question, answer in json.loads(gzip.decompress(RECORDING.read_bytes()))["questions"]:
        if answer is None or "manual" not in answer:
            continue
        if spec["type"] == "events":
            spec = {**spec, "dates": [at(second).isoformat() for second in spec["dates_s"]]}
        try:
            start, end = manual_interval(dag_of(spec), at(question["now"]))
        except ValueError:
            unread += 1
            continue
        compared += 1
        if [start.timestamp(), end.timestamp()] != answer["manual"]:
            different.append((spec, question["now"], answer["manual"], [start.timestamp(), end.timestamp()]))
    assert different == []
    # Seconds, years, `15W` and a few more: such runs get an interval without length (local_run.py).
    assert (compared, unread) == (5_757, 231)


@pytest.mark.parametrize(
    "spec, start, end, following",
    [
        ({"type": "cron_data_interval", "cron": "@daily", "timezone": "UTC"}, 0, 86400, [86400, 172800]),
        ({"type": "cron_trigger", "crons": ["0 6 * * *", "0 5 * * *"], "timezone": "UTC", "interval_ms": 0}, 0, 0, [18000, 18000]),
        ({"type": "delta_data_interval", "months": 1, "delta_ms": 0, "timezone": "UTC"}, 0, 0, [0, 31 * 86400]),
        ({"type": "null"}, 0, 0, None),
    ],
)
def test_the_interval_after_this_one(spec, start, end, following):
    found = next_interval(dag_of(spec), at(start), at(end))
    assert (None if found is None else [moment.timestamp() for moment in found]) == following
