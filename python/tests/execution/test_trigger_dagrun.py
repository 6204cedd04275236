"""TriggerDagRunOperator and trigger_dag, against runs in memory."""
import pytest

from vortex import DAG
from vortex.exceptions import AirflowException
from vortex.execution import xcom_codec
from vortex.host.channel import ChannelError
from vortex.operators.trigger_dagrun import TriggerDagRunOperator

DATE = "2024-02-29T00:00:00+00:00"


def dag_file(arguments):
    return f"""
        import datetime as dt
        from airflow import DAG
        from airflow.operators.trigger_dagrun import TriggerDagRunOperator
        with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1)):
            TriggerDagRunOperator(task_id='t', poke_interval=0.01, {arguments})
    """


@pytest.fixture
def runs(runner):
    runner.channel.runs.dags["other"] = {"is_paused": False, "is_stale": False, "tasks": [], "groups": {}}
    return runner.channel.runs


def test_it_hands_on_id_date_conf_and_note(runner, runs):
    arguments = "trigger_dag_id='other', trigger_run_id='r_{{ ds }}', logical_date='{{ ds }}', conf={'n': '{{ ds_nodash }}', 'i': 1}, note='why'"
    result = runner.load(dag_file(arguments)).run()
    assert result["outcome"] == "success", result
    (run,) = runs.runs
    assert (run["run_id"], run["logical_date"], run["conf"], run["note"]) == ("r_2024-02-29", DATE, {"n": "20240229", "i": 1}, "why")
    assert runner.channel.pushed() == {"trigger_run_id": "r_2024-02-29"}


@pytest.mark.parametrize(
    "arguments, run_id, asked",
    [
        ("logical_date='{{ ts }}'", f"manual__{DATE}", {"logical_date": DATE, "without_date": False}),
        ("execution_date=dt.datetime(2024, 2, 29)", f"manual__{DATE}", {"logical_date": DATE, "without_date": False}),
        ("execution_date='2024-02-29'", f"manual__{DATE}", {"logical_date": DATE, "without_date": False}),
        ("logical_date=None", None, {"logical_date": None, "without_date": True}),
        ("conf='{\"a\": 1}'", None, {"logical_date": None, "without_date": False, "conf": {"a": 1}}),
    ],
)
def test_dates(runner, runs, arguments, run_id, asked):
    result = runner.load(dag_file("trigger_dag_id='other', " + arguments)).run()
    assert result["outcome"] == "success", result
    params = next(params for method, params in runner.channel.requests if method == "run.trigger")
    assert {name: params[name] for name in asked} == asked
    assert params["run_id"] == run_id if run_id else params["run_id"].startswith("manual__20")


@pytest.mark.parametrize(
    "arguments, outcome, reset",
    [
        ("", "failed", []),
        ("skip_when_already_exists=True", "skipped", []),
        ("reset_dag_run=True", "success", ["known"]),
        ("reset_dag_run=True, skip_when_already_exists=True", "success", ["known"]),
    ],
)
@pytest.mark.parametrize("same", ["trigger_run_id='known'", "logical_date='{{ ds }}'"])
def test_a_run_that_exists(runner, runs, same, arguments, outcome, reset):
    runs.add("other", "known", date=DATE, run_type="manual")
    result = runner.load(dag_file(f"trigger_dag_id='other', {same}, {arguments}")).run()
    assert (result["outcome"], runs.reset) == (outcome, reset), result
    if outcome == "failed":
        assert "DagRunAlreadyExists" in result["reason"]
    if outcome == "success":
        assert runner.channel.pushed() == {"trigger_run_id": "known"}


@pytest.mark.parametrize("arguments", ["skip_when_already_exists=True", "reset_dag_run=True", ""])
def test_another_conflict_is_no_run_that_exists(runner, runs, arguments):
    def run_trigger(**_):
        raise ChannelError("conflict", "The DAG is being read again; nothing was changed.")

    runs.run_trigger = run_trigger
    result = runner.load(dag_file(f"trigger_dag_id='other', {arguments}")).run()
    assert (result["outcome"], runs.reset) == ("failed", []), result
    assert "nothing was changed" in result["reason"] and "DagRunAlreadyExists" not in result["reason"]


@pytest.mark.parametrize(
    "end, arguments, outcome",
    [
        ("success", "", "success"),
        ("failed", "", "failed"),
        ("failed", "allowed_states=['failed'], failed_states=['success']", "success"),
        ("success", "allowed_states=['failed'], failed_states=['success']", "failed"),
        ("failed", "allowed_states=['success', 'failed'], failed_states=[]", "success"),
    ],
)
def test_it_waits_for_the_end(runner, runs, end, arguments, outcome):
    looks = []

    def run_state(dag_id, run_id):
        looks.append(run_id)
        return {**runs.runs[0], "state": end if len(looks) == 3 else "running"}

    triggered = runs.run_trigger

    def run_trigger(**params):
        answer = triggered(**params)
        runs.run_state = run_state
        return answer

    runs.run_trigger = run_trigger
    result = runner.load(dag_file(f"trigger_dag_id='other', wait_for_completion=True, {arguments}")).run()
    assert (result["outcome"], len(looks)) == (outcome, 3), result


def test_a_run_that_is_deleted_meanwhile(runner, runs):
    triggered = runs.run_trigger

    def run_trigger(**params):
        answer = triggered(**params)
        runs.runs.clear()
        return answer

    runs.run_trigger = run_trigger
    result = runner.load(dag_file("trigger_dag_id='other', wait_for_completion=True")).run()
    assert result["outcome"] == "failed" and "it was deleted" in result["reason"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("trigger_dag_id='nobody'", "DagNotFound"),
        ("trigger_dag_id='other', fail_when_dag_is_paused=True", "Dag other is paused"),
        ("trigger_dag_id='nobody', fail_when_dag_is_paused=True", "There is no DAG 'nobody'"),
        ("trigger_dag_id='other', conf={'a': dt}", "conf parameter should be JSON Serializable"),
        ("trigger_dag_id='other', conf={'a': float('nan')}", "conf parameter should be JSON Serializable"),
        ("trigger_dag_id='other', conf='[1]'", "conf must be a dict, not list"),
        ("trigger_dag_id='other', logical_date='soon'", "logical_date='soon' is not a date"),
        ("trigger_dag_id='other', logical_date=5", "logical_date must be a datetime"),
    ],
)
def test_what_cannot_be_triggered(runner, runs, arguments, words):
    runs.dags["other"]["is_paused"] = True
    result = runner.load(dag_file(arguments)).run()
    assert (result["outcome"], words in result["reason"]) == ("failed", True), result
    assert runs.runs == []


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"allowed_states": ["done"]}, "allowed_states are states of a DAG run, queued, running, success, failed, not 'done'"),
        ({"failed_states": ["skipped"]}, "failed_states are states"),
        ({"poke_interval": -1}, "poke_interval is negative"),
        ({"wait": True}, "Invalid arguments"),
    ],
)
def test_bad_arguments(arguments, words):
    with DAG("d", schedule=None), pytest.raises(AirflowException, match=words):
        TriggerDagRunOperator(task_id="t", trigger_dag_id="x", **arguments)


def test_deferrable_waits_in_a_trigger_and_goes_on(runner, runs):
    arguments = "trigger_dag_id='other', trigger_run_id='r', wait_for_completion=True, deferrable=True"
    result = runner.load(dag_file(arguments)).run()
    assert result["outcome"] == "deferred", result
    body = xcom_codec.decode(result["deferral_json"])
    assert body["trigger"] == "vortex.triggers.external_task:DagStateTrigger"
    assert (body["kwargs"]["run_ids"], body["kwargs"]["states"], body["method"]) == (["r"], ["success", "failed"], "execute_complete")
    for state, outcome in (("success", "success"), ("failed", "failed"), (None, "failed")):
        event = xcom_codec.encode({"event": ["x", {**body["kwargs"], "r": state}]}, 10_000, "event")
        found = runner.run(deferral={"body": result["deferral_json"], "event": event, "output": ""})
        assert found["outcome"] == outcome, found


def test_trigger_dag_from_code(runner, runs):
    runner.load(
        """
        from airflow import DAG
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.operators.python import PythonOperator

        def work():
            run = trigger_dag('other', run_id='r', conf={'a': 1})
            return [run.run_id, run.state, run.conf]

        with DAG('d', schedule=None):
            PythonOperator(task_id='t', python_callable=work)
        """
    )
    assert runner.value() == ["r", "queued", {"a": 1}]
    assert "DagRunAlreadyExists" in runner.run()["reason"]


def test_a_function_decides(runner, runs):
    """As in Airflow 1.10."""
    decide = """
        def decide(context, order):
            if context['params']['wanted']:
                order.payload = {'day': context['ds']}
                return order
    """
    for wanted in (True, False):
        arguments = f"trigger_dag_id='other', python_callable=decide, params={{'wanted': {wanted}}}"
        result = runner.load(decide + dag_file(arguments)).run()
        assert result["outcome"] == "success", result
    (run,) = runs.runs
    assert run["run_id"].startswith("trig__20") and run["conf"] == {"day": "2024-02-29"}
