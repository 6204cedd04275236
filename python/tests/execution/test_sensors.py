"""How a sensor waits, gives up and fails. Waits are hundredths of seconds."""
import datetime as dt
from types import SimpleNamespace

import pytest

from vortex import DAG
from vortex.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from vortex.sensors.base import BaseSensorOperator, PokeReturnValue, poke_mode_only

HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.exceptions import *
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue

    class Waits(BaseSensorOperator):
        pokes = 0
        def poke(self, context):
            self.pokes += 1
            print('poke', self.pokes)
            BODY

    with DAG('d', start_date=dt.datetime(2024, 1, 1), schedule='@daily'):
        Waits(task_id='t', ARGUMENTS)
    """


def sensor_file(body, arguments="poke_interval=0.01, timeout=0.2"):
    return HEAD.replace("BODY", body).replace("ARGUMENTS", arguments)


def make(poke=lambda self, context: False, **arguments):
    kind = type("Waits", (BaseSensorOperator,), {"poke": poke})
    with DAG("d", schedule=None):
        return kind(task_id="t", **arguments)


def test_it_pokes_until_something_true_comes(runner, capsys):
    result = runner.load(sensor_file("return self.pokes == 3")).run()
    assert (result["outcome"], result["xcoms"]) == ("success", [])
    assert capsys.readouterr().out.count("poke") == 3


def test_a_poke_return_value_brings_the_xcom(runner):
    assert runner.load(sensor_file("return PokeReturnValue(self.pokes == 2, xcom_value={'n': self.pokes})")).value() == {"n": 2}


@pytest.mark.parametrize(
    "arguments, outcome, code",
    [
        ("", "failed_final", "sensor_timeout"),
        (", soft_fail=True", "skipped", "skip"),
        (", never_fail=True", "failed_final", "sensor_timeout"),
        (", silent_fail=True", "failed_final", "sensor_timeout"),
    ],
)
def test_a_timeout_is_final(runner, arguments, outcome, code):
    result = runner.load(sensor_file("return False", "poke_interval=0.01, timeout=0.03" + arguments)).run(max_tries=5)
    assert (result["outcome"], result["reason_code"]) == (outcome, code)
    assert "exceeds the specified timeout of 0.03" in result["reason"]


@pytest.mark.parametrize(
    "error, arguments, outcome",
    [
        ("ValueError('x')", "", "failed"),
        ("ValueError('x')", "soft_fail=True", "failed"),
        ("ValueError('x')", "never_fail=True", "skipped"),
        ("ValueError('x')", "silent_fail=True, poke_interval=0.01", "success"),
        ("AirflowFailException('x')", "", "failed_final"),
        ("AirflowFailException('x')", "silent_fail=True", "failed_final"),
        ("AirflowFailException('x')", "soft_fail=True", "skipped"),
        ("AirflowFailException('x')", "never_fail=True", "skipped"),
        ("AirflowTaskTimeout('x')", "soft_fail=True", "skipped"),
        ("AirflowSkipException('x')", "silent_fail=True", "skipped"),
    ],
)
def test_what_a_poke_raises(runner, error, arguments, outcome):
    result = runner.load(sensor_file(f"if self.pokes > 1: return True\n            raise {error}", arguments)).run()
    assert result["outcome"] == outcome


def test_reschedule_names_the_time_of_the_next_poke(runner):
    before = dt.datetime.now(dt.timezone.utc).timestamp()
    result = runner.load(sensor_file("return False", "mode='reschedule', poke_interval=dt.timedelta(minutes=2)")).run()
    assert result["outcome"] == "rescheduled"
    assert 119 < result["reschedule_at_ms"] / 1000 - before < 130


@pytest.mark.parametrize("waited, error", [(50, AirflowRescheduleException), (70, AirflowSensorTimeout)])
def test_in_mode_reschedule_the_timeout_counts_from_the_first_poke(waited, error):
    since = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=waited)
    sensor = make(mode="reschedule", timeout=60)
    with pytest.raises(error):
        sensor.execute({"ti": SimpleNamespace(waiting_since=since)})


def test_a_growing_wait_doubles_stays_within_its_bounds_and_is_the_same_each_time():
    sensor = make(poke_interval=10, exponential_backoff=True)
    waits = [sensor._next_wait("start", 0, poke) for poke in range(1, 8)]
    assert waits == [sensor._next_wait("start", 0, poke) for poke in range(1, 8)]
    for poke, wait in enumerate(waits, start=1):
        least = max(int(10 * 2 ** (poke - 2)), 1)
        assert least <= wait < 2 * least
    assert make(poke_interval=10, exponential_backoff=True, max_wait=15)._next_wait("start", 0, 6) == 15
    assert make(poke_interval=10, exponential_backoff=True, timeout=100)._next_wait("start", 97, 5) == 3
    assert sensor._next_wait("start", 0, 100_000) <= sensor.timeout


def test_in_mode_reschedule_the_wait_grows_with_the_time_that_passed():
    sensor = make(poke_interval=10, exponential_backoff=True, mode="reschedule")
    waits = [sensor._next_wait("start", passed, 1) for passed in (0, 60, 600, 6000)]
    assert waits == sorted(waits) and waits[0] < 11 and waits[-1] > 1000


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"mode": "sleep"}, "mode must be one of 'poke', 'reschedule', not 'sleep'"),
        ({"soft_fail": True, "never_fail": True}, "exclude each other"),
        ({"poke_interval": -1}, "poke_interval is negative"),
        ({"poke_interval": "5"}, "poke_interval must be a timedelta or a number of seconds"),
        ({"timeout": "1h"}, "timeout must be"),
        ({"max_wait": -1}, "max_wait is negative"),
        ({"poke_intervall": 3}, "did you mean poke_interval"),
    ],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(AirflowException, match=words):
        make(**arguments)


def test_defaults_are_airflows(monkeypatch):
    sensor = make()
    assert (sensor.poke_interval, sensor.timeout, sensor.mode, sensor.soft_fail) == (60, 604800, "poke", False)
    monkeypatch.setenv("AIRFLOW__SENSORS__DEFAULT_TIMEOUT", "90")
    assert make().timeout == 90
    assert make(timeout=dt.timedelta(hours=1)).timeout == 3600


def test_a_class_without_poke_says_so():
    with DAG("d", schedule=None):
        sensor = BaseSensorOperator(task_id="t")
    with pytest.raises(AirflowException, match="has no poke"):
        sensor.execute({})


def test_poke_mode_only():
    kind = poke_mode_only(type("Waits", (BaseSensorOperator,), {}))
    with DAG("d", schedule=None):
        assert kind(task_id="a").mode == "poke"
        with pytest.raises(ValueError, match="can only poke"):
            kind(task_id="b", mode="reschedule")
    with pytest.raises(ValueError, match="subclasses of BaseSensorOperator"):
        poke_mode_only(str)


@pytest.mark.parametrize(
    "raised, arguments, expected",
    [
        (TaskDeferralTimeout("late"), {}, AirflowSensorTimeout),
        (TaskDeferralTimeout("late"), {"soft_fail": True}, AirflowSkipException),
        (TaskDeferralError("broke"), {}, TaskDeferralError),
        (TaskDeferralError("broke"), {"never_fail": True}, AirflowSkipException),
        (AirflowFailException("no"), {"soft_fail": True}, AirflowSkipException),
        (AirflowTaskTimeout("slow"), {"soft_fail": True}, AirflowTaskTimeout),
        (ValueError("bug"), {"soft_fail": True}, ValueError),
    ],
)
def test_a_wait_in_a_trigger_that_fails_fails_the_sensor_as_a_poke_would(raised, arguments, expected):
    def done(self, context, event):
        raise raised

    sensor = make(**arguments)
    type(sensor).done = done
    with pytest.raises(expected):
        sensor.resume_execution("done", {"event": None}, {})


def test_task_sensor(runner):
    runner.load(
        """
        from airflow.decorators import dag, task
        from airflow.sensors.base import PokeReturnValue

        @dag(schedule=None)
        def d():
            @task.sensor(poke_interval=0.01, timeout=5, mode='poke')
            def t(word, ds=None) -> PokeReturnValue:
                return PokeReturnValue(is_done=True, xcom_value=[word, ds])
            t('{{ dag.dag_id }}')
        d()
        """
    )
    assert runner.value() == ["d", "2024-02-29"]
    assert runner.loaded.dags["d"].task_dict["t"].operator_name == "@task.sensor"


def test_a_poke_value_is_as_true_as_it_is_done():
    assert PokeReturnValue(True) and not PokeReturnValue(False, xcom_value=1)
