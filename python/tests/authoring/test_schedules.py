import datetime as dt

import pendulum
import pytest
from dateutil.relativedelta import relativedelta

from vortex import DAG
from vortex.definitions.timetables import (
    ContinuousTimetable,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    EventsTimetable,
    MultipleCronTriggerTimetable,
    NullTimetable,
    OnceTimetable,
    Timetable,
)
from vortex.exceptions import AirflowTimetableInvalid, DagInvalid

from .conftest import START

DAY = 86_400_000


def timetable(spec, schedule, dialect="3", **kwargs):
    return spec(DAG("d", schedule=schedule, start_date=START, **kwargs), dialect=dialect)["timetable"]


def test_a_cron_text_means_what_its_dialect_says(spec):
    assert timetable(spec, "@daily", "2") == {"type": "cron_data_interval", "cron": "0 0 * * *", "timezone": "UTC"}
    assert timetable(spec, "@daily", "3")["type"] == "cron_trigger"


def test_a_timedelta_too(spec):
    assert timetable(spec, dt.timedelta(hours=2), "2") == {
        "type": "delta_data_interval",
        "delta_ms": 7_200_000,
        "months": 0,
        "timezone": "UTC",
    }
    assert timetable(spec, dt.timedelta(hours=2), "3")["type"] == "delta_trigger"


def test_no_schedule_given(spec):
    two = DAG("d", start_date=START)
    two_spec = spec(two, dialect="3")
    assert two_spec["timetable"] == {"type": "null"}
    assert two_spec["schedule"] is None


def test_no_schedule_given_in_an_airflow_2_file(spec, monkeypatch):
    monkeypatch.setenv("VORTEX_COMPAT", "2")
    found = spec(DAG("d", start_date=START))
    assert (found["dialect"], found["timetable"]["delta_ms"], found["schedule"]) == ("2", DAY, "1 day, 0:00:00")


def test_calendar_months(spec):
    assert timetable(spec, relativedelta(months=1, days=2))["months"] == 1
    assert timetable(spec, relativedelta(years=1))["months"] == 12
    found = timetable(spec, pendulum.duration(months=1, hours=1))
    assert (found["months"], found["delta_ms"]) == (1, 3_600_000)


@pytest.mark.parametrize(
    "schedule, expected",
    [
        (None, {"type": "null"}),
        ("@once", {"type": "once"}),
        (NullTimetable(), {"type": "null"}),
        (OnceTimetable(), {"type": "once"}),
        (ContinuousTimetable(), {"type": "continuous"}),
        (
            CronDataIntervalTimetable("0 3 * * *", timezone="Asia/Tokyo"),
            {"type": "cron_data_interval", "cron": "0 3 * * *", "timezone": "Asia/Tokyo"},
        ),
        (
            CronTriggerTimetable("@hourly", timezone="UTC", interval=dt.timedelta(days=1), run_immediately=dt.timedelta(minutes=5)),
            {"type": "cron_trigger", "crons": ["0 * * * *"], "timezone": "UTC", "interval_ms": DAY, "run_immediately": 300_000},
        ),
        (
            MultipleCronTriggerTimetable("0 1 * * *", "0 2 * * *", timezone=pendulum.timezone("UTC"), run_immediately=True),
            {"type": "cron_trigger", "crons": ["0 1 * * *", "0 2 * * *"], "timezone": "UTC", "interval_ms": 0, "run_immediately": True},
        ),
        (
            DeltaDataIntervalTimetable(dt.timedelta(days=1)),
            {"type": "delta_data_interval", "delta_ms": DAY, "months": 0, "timezone": "UTC"},
        ),
        (
            DeltaTriggerTimetable(dt.timedelta(days=1), interval=dt.timedelta(hours=1)),
            {"type": "delta_trigger", "delta_ms": DAY, "months": 0, "timezone": "UTC", "interval_ms": 3_600_000},
        ),
        (
            EventsTimetable([dt.datetime(2026, 2, 1), pendulum.datetime(2026, 1, 1, tz="Europe/Helsinki")], description="two"),
            {
                "type": "events",
                "dates": ["2025-12-31T22:00:00.000Z", "2026-02-01T00:00:00.000Z"],
                "description": "two",
                "restrict_to_events": False,
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_timetables(spec, schema_errors, schedule, expected):
    dag = DAG("d", schedule=schedule, start_date=START)
    found = spec(dag)
    assert found["timetable"] == expected
    assert schema_errors([found]) == [[]]


def test_continuous_means_one_run_at_a_time(spec):
    assert spec(DAG("d", schedule="@continuous", start_date=START))["max_active_runs"] == 1
    with pytest.raises(DagInvalid, match="needs max_active_runs=1, not 3"):
        spec(DAG("d", schedule="@continuous", start_date=START, max_active_runs=3))


@pytest.mark.parametrize(
    "schedule, words",
    [
        ("0 0 * *", "needs 5 fields"),
        ("@dayly", "is no preset"),
        ("None", "without quotes"),
        ("0 0 * * ;", "digits, names"),
        (dt.timedelta(0), "longer than nothing"),
        (dt.timedelta(days=-1), "longer than nothing"),
        (relativedelta(day=1), "sets a fixed day"),
        (5, "is no schedule"),
    ],
)
def test_schedules_that_make_no_sense(spec, schedule, words):
    with pytest.raises(AirflowTimetableInvalid, match=f"DAG 'd': .*{words}"):
        spec(DAG("d", schedule=schedule, start_date=START))


def test_what_cannot_be_planned_is_said(spec):
    class Mine(Timetable):
        pass

    found = spec(DAG("d", schedule=Mine(), start_date=START))
    assert found["timetable"] == {"type": "null"}
    assert "cannot be planned by VORTEX" in found["notices"][0]


def test_an_airflow_2_schedule_without_a_start_is_said(spec):
    assert "no start_date" in spec(DAG("d", schedule="@daily"), dialect="2")["notices"][0]
    assert spec(DAG("d", schedule="@daily"), dialect="3")["notices"] == []
