"""What each sensor waits for, and what it refuses."""
import datetime as dt
import os
from types import SimpleNamespace

import pytest

from vortex import DAG
from vortex.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException
from vortex.sensors.bash import BashSensor
from vortex.sensors.date_time import DateTimeSensor
from vortex.sensors.filesystem import FileSensor
from vortex.sensors.python import PythonSensor
from vortex.sensors.time_delta import TimeDeltaSensor, WaitSensor
from vortex.sensors.time_sensor import TimeSensor
from vortex.sensors.weekday import DayOfWeekSensor
from vortex.weekday import WeekDay

UTC = dt.timezone.utc


def make(kind, tz="UTC", **arguments):
    import pendulum

    with DAG("d", schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz=tz)):
        return kind(task_id="t", **arguments)


def now():
    return dt.datetime.now(UTC)


# PythonSensor


@pytest.mark.parametrize("value, done", [(1, True), ("", False), ([], False), ("x", True), (None, False)])
def test_python(value, done):
    seen = []

    def check(word, ds, templates_dict, **context):
        seen.append((word, ds, templates_dict, sorted(context)))
        return value

    sensor = make(PythonSensor, python_callable=check, op_args=["w"], templates_dict={"a": 1})
    assert [bool(sensor.poke({"ds": "2024-02-29", "run_id": "r"})) for _ in range(2)] == [done, done]
    assert seen[0] == seen[1] == ("w", "2024-02-29", {"a": 1}, ["run_id"])


def test_python_needs_a_callable():
    with pytest.raises(AirflowException, match="python_callable must be something that can be called"):
        make(PythonSensor, python_callable="f")


# BashSensor


@pytest.mark.parametrize(
    "command, arguments, found",
    [
        ("true", {}, True),
        ("exit 4", {}, False),
        ("exit 4", {"retry_exit_code": 4}, False),
        ("exit 0", {"retry_exit_code": 4}, True),
        ('test "$WHO" = me', {"env": {"WHO": "me"}}, True),
        ('test -z "$HOME"', {"env": {"WHO": "me"}}, True),
        ('test -n "$HOME"', {}, True),
        ("kill -9 $$", {}, False),
        ("echo " + "x" * 200_000 + " > /dev/null", {}, True),
    ],
)
def test_bash(command, arguments, found, monkeypatch):
    monkeypatch.setenv("HOME", "/home")
    assert make(BashSensor, bash_command=command, **arguments).poke({}) is found


def test_bash_fails_for_good_on_any_other_exit_code():
    with pytest.raises(AirflowFailException, match="non-zero exit code 3; only 4 means"):
        make(BashSensor, bash_command="exit 3", retry_exit_code=4).poke({})


def test_what_a_bash_sensor_prints_is_in_the_log_and_its_folder_goes(capfd):
    make(BashSensor, bash_command="echo seen; echo err >&2; pwd").poke({})
    lines = capfd.readouterr().out.split()
    assert lines[:2] == ["seen", "err"] and not os.path.exists(lines[2])


# FileSensor


def test_file(tmp_path):
    path = tmp_path / "in" / "data.csv"
    sensor = make(FileSensor, filepath=str(path))
    folder = make(FileSensor, filepath=str(tmp_path / "in"))
    pattern = make(FileSensor, filepath=str(tmp_path / "**" / "*.csv"), recursive=True)
    assert [s.poke({}) for s in (sensor, folder, pattern)] == [False, False, False]
    (tmp_path / "in" / "empty").mkdir(parents=True)
    assert [s.poke({}) for s in (sensor, folder, pattern)] == [False, False, False]
    path.write_text("x")
    assert [s.poke({}) for s in (sensor, folder, pattern)] == [True, True, True]
    deep = tmp_path / "in" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "deep.txt").write_text("x")
    assert not make(FileSensor, filepath=str(tmp_path / "**" / "deep.txt")).poke({})


def test_a_file_below_the_path_of_a_connection(tmp_path, monkeypatch):
    (tmp_path / "data.csv").write_text("x")
    monkeypatch.setenv("AIRFLOW_CONN_INBOX", '{"conn_type": "fs", "extra": {"path": "%s"}}' % tmp_path)
    assert make(FileSensor, filepath="data.csv", fs_conn_id="inbox").poke({})
    assert make(FileSensor, filepath=str(tmp_path / "data.csv").lstrip("/")).poke({})
    with pytest.raises(AirflowNotFoundException, match="`outbox` isn't defined"):
        make(FileSensor, filepath="data.csv", fs_conn_id="outbox").poke({})


# Moments


@pytest.mark.parametrize(
    "target, found",
    [
        (dt.datetime(2020, 1, 1), True),
        (dt.datetime(2020, 1, 1, tzinfo=UTC), True),
        ("2020-01-01T00:00:00+05:00", True),
        ("2200-01-01 00:00", False),
        (dt.datetime(2200, 1, 1), False),
    ],
)
def test_date_time(target, found):
    assert make(DateTimeSensor, target_time=target).poke({}) is found


@pytest.mark.parametrize("target, error", [("soon", AirflowException), (5, TypeError), (dt.date(2024, 1, 1), TypeError)])
def test_date_time_refuses(target, error):
    with pytest.raises(error, match="target_time"):
        make(DateTimeSensor, target_time=target).poke({})


def test_a_time_of_day_is_one_of_the_dags_zone_on_the_day_of_the_first_poke():
    sensor = make(TimeSensor, tz="Asia/Tokyo", target_time=dt.time(9, 30))
    # 23:00 UTC is eight in the morning of the next day in Tokyo.
    since = dt.datetime(2024, 3, 10, 23, 0, tzinfo=UTC)
    assert sensor._moment(since) == dt.datetime(2024, 3, 11, 0, 30, tzinfo=UTC)
    late = make(TimeSensor, target_time=dt.time(23, 59, 59))
    assert late.poke({"ti": SimpleNamespace(waiting_since=now() - dt.timedelta(days=1))}) is True
    assert make(TimeSensor, target_time=(dt.time(0, 0))).poke({}) is True
    assert make(TimeSensor, target_time=dt.time(9, tzinfo=UTC), tz="Asia/Tokyo")._moment(since).hour == 9


def test_a_time_of_day_across_a_change_of_clocks():
    sensor = make(TimeSensor, tz="Europe/Berlin", target_time=dt.time(9))
    assert [sensor._moment(dt.datetime(2024, 3, day, 3, tzinfo=UTC)).hour for day in (30, 31)] == [8, 7]


@pytest.mark.parametrize("target", ["09:30", dt.datetime(2024, 1, 1), None])
def test_time_refuses(target):
    with pytest.raises(AirflowException, match="target_time must be a datetime.time"):
        make(TimeSensor, target_time=target)


@pytest.mark.parametrize(
    "delta, ended_ago, found",
    [
        (dt.timedelta(hours=1), dt.timedelta(hours=2), True),
        (dt.timedelta(hours=1), dt.timedelta(minutes=30), False),
        (60, dt.timedelta(minutes=61), True),
        ("60", dt.timedelta(minutes=59), False),
    ],
)
def test_time_delta_counts_from_the_end_of_the_data_interval(delta, ended_ago, found):
    sensor = make(TimeDeltaSensor, delta=delta)
    assert sensor.poke({"data_interval_end": now() - ended_ago}) is found
    assert sensor.poke({"dag_run": SimpleNamespace(run_after=now() - ended_ago)}) is found


def test_time_delta_refuses():
    with pytest.raises(AirflowException, match="delta must be a timedelta or a whole number of minutes, not 'an hour'"):
        make(TimeDeltaSensor, delta="an hour").poke({"data_interval_end": now()})
    with pytest.raises(AirflowException, match="neither a data interval nor a time"):
        make(TimeDeltaSensor, delta=1).poke({})


def test_wait_sensor(runner):
    runner.load(
        """
        import datetime as dt
        from airflow import DAG
        from airflow.sensors.time_delta import WaitSensor
        with DAG('d', schedule=None):
            WaitSensor(task_id='t', time_to_wait=dt.timedelta(milliseconds=50))
        """
    )
    before = now()
    assert runner.value() is None
    assert now() - before >= dt.timedelta(milliseconds=50)
    with pytest.raises(AirflowException, match="time_to_wait"):
        make(WaitSensor, time_to_wait="x").execute({})


# DayOfWeekSensor


@pytest.mark.parametrize("days", ["thursday", WeekDay.THURSDAY, {"Thursday", WeekDay.FRIDAY}, ["MONDAY", "Thursday"]])
def test_day_of_the_logical_date(days):
    context = {"logical_date": dt.datetime(2024, 2, 29, tzinfo=UTC)}
    for name in ("use_task_logical_date", "use_task_execution_day", "use_task_execution_date"):
        assert make(DayOfWeekSensor, week_day=days, **{name: True}).poke(context)
    assert not make(DayOfWeekSensor, week_day="Sunday", use_task_logical_date=True).poke(context)
    without_date = {"dag_run": SimpleNamespace(run_after=dt.datetime(2024, 2, 29, tzinfo=UTC))}
    assert make(DayOfWeekSensor, week_day=days, use_task_logical_date=True).poke(without_date)


def test_day_of_today():
    today = WeekDay(now().isoweekday())
    others = [day for day in WeekDay if day != today]
    assert [make(DayOfWeekSensor, week_day=days).poke({}) for days in (today, others)] == [True, False]


@pytest.mark.parametrize("days, error", [("Caturday", AttributeError), (4, TypeError), ([9], AttributeError), (None, TypeError)])
def test_days_that_are_none(days, error):
    with pytest.raises(error):
        make(DayOfWeekSensor, week_day=days)


def test_templates_of_sensors(runner):
    runner.load(
        """
        from airflow import DAG
        from airflow.sensors.date_time import DateTimeSensor
        from airflow.sensors.bash import BashSensor
        from airflow.sensors.filesystem import FileSensor
        from airflow.sensors.time_delta import TimeDeltaSensor
        with DAG('d', schedule=None):
            DateTimeSensor(task_id='moment', target_time='{{ data_interval_end.add(hours=1) }}')
            BashSensor(task_id='bash', bash_command='test {{ ds_nodash }} = 20240229')
            FileSensor(task_id='file', filepath='{{ dag_run.conf.folder }}/file.py')
            TimeDeltaSensor(task_id='delta', delta='{{ dag_run.conf.minutes }}')
        """
    )
    for task_id in ("moment", "bash", "file", "delta"):
        result = runner.run(task_id=task_id, conf={"folder": str(runner.folder), "minutes": 5})
        assert result["outcome"] == "success", result
