"""ExternalTaskSensor: what it counts, for which dates, and what it refuses; runs are in memory."""
import datetime as dt

import pytest

from vortex import DAG
from vortex.exceptions import AirflowException
from vortex.execution import xcom_codec
from vortex.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor

DATE = "2024-02-29T00:00:00.000Z"
EARLIER = "2024-02-28T22:00:00.000Z"


def dag_file(arguments, function=""):
    return f"""
        import datetime as dt
        from airflow import DAG
        from airflow.sensors.external_task import ExternalTaskSensor
        {function}
        with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1)):
            ExternalTaskSensor(task_id='t', mode='reschedule', external_dag_id='other', {arguments})
    """


def outcome(runner, arguments, function="", **job):
    result = runner.load(dag_file(arguments, function)).run(**job)
    return result["outcome"] if result["outcome"] != "rescheduled" else "waits"


@pytest.mark.parametrize(
    "arguments, state, expected",
    [
        ("", "success", "success"),
        ("", "running", "waits"),
        ("", "failed", "waits"),
        ("failed_states=['failed']", "failed", "failed"),
        ("failed_states=['failed'], soft_fail=True", "failed", "skipped"),
        ("allowed_states=['failed'], failed_states=['success']", "failed", "success"),
        ("skipped_states=['failed']", "failed", "skipped"),
        ("allowed_states=['success', 'failed']", "failed", "success"),
    ],
)
def test_a_run(runner, arguments, state, expected):
    runner.channel.runs.add("other", "r", state, DATE)
    assert outcome(runner, arguments) == expected


@pytest.mark.parametrize(
    "arguments, tasks, expected",
    [
        ("external_task_id='a'", {"a": "success", "b": "failed"}, "success"),
        ("external_task_id='a'", {"a": "none"}, "waits"),
        ("external_task_id='{{ dag.dag_id }}'", {"d": "success"}, "success"),
        ("external_task_id='gone'", {"a": "success"}, "waits"),
        ("external_task_ids=['a', 'b']", {"a": "success", "b": "running"}, "waits"),
        ("external_task_ids=['a', 'b']", {"a": "success", "b": "success"}, "success"),
        ("external_task_ids=['a', 'b'], failed_states=['failed']", {"a": "success", "b": "failed"}, "failed"),
        ("external_task_ids=['a', 'b'], skipped_states=['skipped']", {"a": "running", "b": "skipped"}, "skipped"),
        ("external_task_ids=['a', 'b'], skipped_states=['skipped'], failed_states=['failed']", {"a": "failed", "b": "skipped"}, "failed"),
        ("external_task_ids=['a', 'a']", {"a": "success"}, "failed"),
        ("external_task_id='m'", {("m", 0): "success", ("m", 1): "success"}, "success"),
        ("external_task_id='m'", {("m", 0): "success", ("m", 1): "running"}, "waits"),
        ("external_task_group_id='g'", {"g.a": "success", "g.b": "success", "x": "failed"}, "success"),
        ("external_task_group_id='g'", {"g.a": "success", "g.b": "running"}, "waits"),
        ("external_task_group_id='nobody'", {"g.a": "success"}, "waits"),
    ],
)
def test_tasks_and_groups(runner, arguments, tasks, expected):
    runner.channel.runs.add("other", "r", "running", DATE, tasks)
    runner.channel.runs.dags["other"]["groups"]["g"] = ["g.a", "g.b"]
    assert outcome(runner, arguments) == expected


@pytest.mark.parametrize(
    "arguments, function",
    [
        ("execution_delta=dt.timedelta(hours=2)", ""),
        ("execution_date_fn=lambda date: date - dt.timedelta(hours=2)", ""),
        ("execution_date_fn=lambda date, context: context['logical_date'] - dt.timedelta(hours=2)", ""),
        ("execution_date_fn=lambda date, ctx: ctx['logical_date'] - dt.timedelta(hours=2)", ""),
        ("execution_date_fn=lambda d, ds, **kwargs: d - dt.timedelta(hours=len(ds) - 8) if kwargs['ti'] else None", ""),
        ("execution_date_fn=lambda date: dt.datetime(2024, 2, 28, 22)", ""),
    ],
)
def test_other_dates(runner, arguments, function):
    runner.channel.runs.add("other", "same", "failed", DATE)
    runner.channel.runs.add("other", "earlier", "success", EARLIER)
    assert outcome(runner, arguments, function) == "success"
    runner.channel.runs.runs = [run for run in runner.channel.runs.runs if run["run_id"] == "same"]
    assert outcome(runner, arguments, function) == "waits"


def test_several_dates_are_all_waited_for(runner):
    arguments = "external_task_id='a', execution_date_fn=lambda date: [date, date - dt.timedelta(hours=2)]"
    runner.channel.runs.add("other", "same", "running", DATE, {"a": "success"})
    assert outcome(runner, arguments) == "waits"
    runner.channel.runs.add("other", "earlier", "running", EARLIER, {"a": "success"})
    assert outcome(runner, arguments) == "success"
    assert outcome(runner, "execution_date_fn=lambda date: []") == "success"
    result = runner.load(dag_file("execution_date_fn=lambda date: 'yesterday'")).run()
    assert "must return a datetime or several, not str" in result["reason"]


def test_of_several_runs_for_a_date_the_newest_counts(runner):
    runner.channel.runs.add("other", "first", "failed", DATE)
    runner.channel.runs.add("other", "again", "success", DATE, run_type="manual", queued_time="2024-03-02T00:00:00.000Z")
    assert outcome(runner, "failed_states=['failed']") == "success"


def test_a_run_without_a_date_looks_for_when_it_was_due(runner):
    runner.channel.runs.add("other", "r", "success", "2024-03-01T00:00:00.000Z")
    assert outcome(runner, "", logical_date=None, data_interval_start=None, data_interval_end=None, dialect="3") == "success"


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("external_task_id='a'", "The external task a in DAG other does not exist"),
        ("external_task_group_id='a'", "The external task group 'a' in DAG other does not exist"),
        ("external_task_id='here'", None),
        ("external_task_group_id='g'", None),
        ("", None),
    ],
)
def test_check_existence(runner, arguments, words):
    runs = runner.channel.runs
    result = runner.load(dag_file(f"check_existence=True, {arguments}")).run()
    assert "The external DAG other does not exist" in result["reason"]
    runs.add("other", "r", "success", DATE, {"here": "success", "g.x": "success"})
    runs.dags["other"].update(tasks=["here"], groups={"g": ["g.x"]})
    result = runner.run()
    assert result["outcome"] == ("failed" if words else "success") and (words or "") in result["reason"], result
    runs.dags["other"]["is_stale"] = True
    assert "was deleted" in runner.run()["reason"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"external_task_id": "a", "external_task_ids": ["b"]}, "Give one of"),
        ({"external_task_id": "a", "external_task_group_id": "g"}, "Give one of"),
        ({"allowed_states": ["skipped"]}, "'skipped' is no state of a DAG run"),
        ({"external_task_id": "a", "failed_states": ["broken"]}, "'broken' is no state of a task"),
        ({"failed_states": ["success"]}, "only one of allowed_states"),
        ({"execution_delta": dt.timedelta(1), "execution_date_fn": print}, "not both"),
    ],
)
def test_bad_arguments(arguments, words):
    with DAG("d", schedule=None):
        with pytest.raises(AirflowException, match=words) as caught:
            ExternalTaskSensor(task_id="t", external_dag_id="other", **arguments)
        assert isinstance(caught.value, ValueError)


def test_poll_interval_is_the_older_name():
    with DAG("d", schedule=None):
        assert ExternalTaskSensor(task_id="a", external_dag_id="o", poll_interval=7).poke_interval == 7


def test_deferrable(runner):
    runs = runner.channel.runs
    runs.add("other", "r", "running", DATE)
    result = runner.load(dag_file("deferrable=True, timeout=30")).run()
    assert (result["outcome"], result["deferral_timeout_ms"]) == ("deferred", 30_000), result
    body = xcom_codec.decode(result["deferral_json"])
    assert (body["trigger"], body["kwargs"]["external_dag_id"]) == ("vortex.triggers.external_task:WorkflowTrigger", "other")
    for event, expected in (
        ({"event": {"status": "success"}}, "success"),
        ({"event": {"status": "failed"}}, "failed"),
        ({"event": {"status": "skipped"}}, "skipped"),
        ({"event": 5}, "failed"),
        ({"timeout": True}, "failed_final"),
    ):
        found = runner.run(deferral={"body": result["deferral_json"], "event": xcom_codec.encode(event, 1000, "e"), "output": ""})
        assert found["outcome"] == expected, found
    runs.runs[0]["state"] = "success"
    assert runner.run()["outcome"] == "success"


def test_a_marker_does_nothing(runner, task_spec):
    with DAG("d", schedule=None):
        marker = ExternalTaskMarker(task_id="t", external_dag_id="other", external_task_id="a", execution_date=dt.datetime(2024, 1, 1))
        assert marker.logical_date == "2024-01-01T00:00:00"
        with pytest.raises(TypeError, match="logical_date"):
            ExternalTaskMarker(task_id="u", external_dag_id="other", external_task_id="a", logical_date=5)
        with pytest.raises(ValueError, match="positive"):
            ExternalTaskMarker(task_id="v", external_dag_id="other", external_task_id="a", recursion_depth=0)
    assert task_spec(marker)["kind"] == "empty"


@pytest.fixture
def task_spec():
    from vortex.serialization import serialize_dag

    return lambda task: next(one for one in serialize_dag(task.dag, file="d.py")["tasks"] if one["task_id"] == task.task_id)
