"""Timetable classes of authors: their lists, compared with what Apache Airflow 2.10 plans (airflow_reference/record_timetables.py)."""

import datetime as dt
import json
import os
import subprocess
import sys

import pytest

from vortex import DAG, Asset
from vortex.assets.schedule import AssetOrTimeSchedule
from vortex.definitions import computed_schedule
from vortex.definitions.computed_schedule import Bounds, computed_spec
from vortex.definitions.notices import Notices
from vortex.definitions.timetables import CronTriggerTimetable, DagRunInfo, DataInterval, Timetable
from vortex.exceptions import AirflowTimetableInvalid

from .conftest import REPOSITORY, START

time_machine = pytest.importorskip("time_machine")
REFERENCE = os.path.join(REPOSITORY, "python", "tests", "airflow_reference")


@pytest.fixture(scope="module")
def own():
    """The module of timetables, imported as a DAG file imports it."""
    folder = os.path.join(REFERENCE, "timetables")
    sys.path.insert(0, folder)
    try:
        import own_timetables

        yield own_timetables
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def recorded():
    with open(os.path.join(REFERENCE, "own_timetables.json"), encoding="utf-8") as stream:
        return json.load(stream)


@pytest.fixture(scope="module")
def server():
    """What the server's own code answers."""
    node = os.path.join(REPOSITORY, "node_modules", ".bin", "node")
    script = os.path.join(os.path.dirname(__file__), "answerTimetables.ts")
    with subprocess.Popen([node, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, bufsize=1) as child:

        def ask(method, params):
            child.stdin.write(json.dumps([method, params]) + "\n")
            return json.loads(child.stdout.readline())

        yield ask
        child.stdin.close()


@pytest.fixture
def asked(server, monkeypatch):
    """Questions go to the server's code; `asked(last)` sets the newest run's interval. Lists take the time that they need."""
    monkeypatch.setattr(computed_schedule, "SECONDS", 60)
    monkeypatch.setattr(computed_schedule, "SECONDS_OF_FILE", 600)

    def use(last):
        interval = last and {"start": milliseconds(last[0]), "end": milliseconds(last[1])}
        computed_schedule.use_server(lambda method, params: interval if method == "schedule.last" else server(method, params))

    use(None)
    yield use
    computed_schedule.use_server(None)


def milliseconds(moment):
    return int(moment.timestamp()) * 1000


def in_seconds(rows):
    return [[value // 1000 for value in row] for row in rows]


@pytest.mark.parametrize("name", ["workdays", "uneven", "quarter_ends"])
@pytest.mark.parametrize("words", ["from the start", "until an end", "after a run", "missed ones left out", "without a start"])
def test_the_runs_are_those_of_airflow(own, recorded, asked, name, words):
    earliest, latest, catchup, last = own.QUESTIONS[words]
    asked(last)
    notices = Notices()
    with time_machine.travel(own.NOW, tick=False):
        found = computed_spec(own.TIMETABLES[name], "d", Bounds(earliest, latest, catchup), notices)
    wanted = recorded[name]["plans"][words]
    count = min(len(found["runs"]), own.RUNS)
    assert in_seconds(found["runs"])[:count] == wanted[:count]
    assert count == len(wanted) or (count > 3 and found["runs"][-1][2] > milliseconds(own.NOW + dt.timedelta(days=366)))
    assert found["is_complete"] is (len(wanted) < own.RUNS)
    assert not [row for row in found["history"] if wanted and row[0] // 1000 >= wanted[0][0]]
    assert notices.lines() == []


@pytest.mark.parametrize("name, kind", [("workdays", "runs"), ("uneven", "offset"), ("quarter_ends", "list")])
def test_the_intervals_of_runs_by_hand_are_those_of_airflow(own, recorded, asked, name, kind):
    timetable = own.TIMETABLES[name]
    with time_machine.travel(own.NOW, tick=False):
        found = computed_spec(timetable, "d", Bounds(own.QUESTIONS["from the start"][0], None, True), Notices())
        given = [timetable.infer_manual_data_interval(run_after=computed_schedule._from_ms(milliseconds(at))) for at in own.MANUAL]
    assert [[int(part.timestamp()) for part in interval] for interval in given] == recorded[name]["manual"]
    assert found["manual"]["type"] == kind


def test_a_spec_of_its_own(own, asked, spec, schema_errors):
    found = spec(DAG("d", schedule=own.TIMETABLES["uneven"], start_date=START, catchup=True))
    assert (found["timetable"]["type"], found["schedule"]) == ("computed", "06:00 and 16:30 in Europe/Zurich")
    beside = spec(DAG("e", schedule=AssetOrTimeSchedule(timetable=own.TIMETABLES["workdays"], assets=[Asset("a")]), start_date=START))
    assert beside["timetable"]["type"] == "computed" and beside["asset_condition"]
    assert schema_errors([found, beside]) == [[], []]


def test_a_past_without_gaps(own, asked):
    asked((own.utc(2026, 11, 20), own.utc(2026, 11, 21)))
    with time_machine.travel(own.NOW, tick=False):
        found = computed_spec(own.TIMETABLES["workdays"], "d", Bounds(own.utc(2026, 11, 1), None, False), Notices())
    days = [dt.datetime.fromtimestamp(row[0] / 1000, dt.timezone.utc).day for row in [*found["history"], *found["runs"]]]
    assert days[:18] == [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25]


def exact(moment):
    return DagRunInfo.exact(computed_schedule._from_ms(moment))


class Endless(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval.exact(run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        return exact(1_800_000_000_000)


class Short(Endless):
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        if last_automated_data_interval is not None:
            raise KeyError("2027")
        return exact(1_800_000_000_000)


class Naive(Endless):
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        return DagRunInfo.exact(dt.datetime(2026, 1, 1))


class Wordy(Endless):
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        return "tomorrow"


@pytest.mark.parametrize(
    "timetable, runs, words",
    [
        (Endless(), 1, "the timetable Endless plans no run after 2027-01-15 08:00 UTC: after it, it gives the same run again"),
        (Short(), 1, "the timetable Short plans no run after 2027-01-15 08:00 UTC, for it failed: KeyError: '2027'"),
        (Naive(), 0, "gave datetime.datetime(2026, 1, 1, 0, 0), which is no datetime with a time zone"),
        (Wordy(), 0, "must return a DagRunInfo or None, not 'tomorrow'"),
    ],
)
def test_what_fails_is_a_remark(spec, asked, timetable, runs, words):
    found = spec(DAG("d", schedule=timetable, start_date=START))
    assert len(found["timetable"]["runs"]) == runs and not found["timetable"]["is_complete"]
    assert words in found["notices"][0]


def test_an_invalid_timetable_is_refused(spec):
    class Strict(CronTriggerTimetable):
        def validate(self):
            raise AirflowTimetableInvalid("not on Sundays")

    with pytest.raises(AirflowTimetableInvalid, match="not on Sundays"):
        spec(DAG("d", schedule=Strict("0 0 * * 0", timezone="UTC"), start_date=START))


def test_classes_that_change_no_plan_stay_what_they_are(spec):
    class Named(CronTriggerTimetable):
        summary = "nightly"

    assert spec(DAG("d", schedule=Named("0 0 * * *", timezone="UTC"), start_date=START))["timetable"]["type"] == "cron_trigger"


def test_a_slow_timetable_gives_a_short_list(own, monkeypatch):
    monkeypatch.setattr(computed_schedule, "SECONDS", 0.0)
    computed_schedule.use_server(None)
    found = computed_spec(own.TIMETABLES["workdays"], "d", Bounds(own.utc(2026, 3, 1), None, True), Notices())
    assert len(found["runs"]) == computed_schedule.LEAST_RUNS and not found["is_complete"]
