"""DagRun.find and its kin, and XCom: what tasks ask about other runs."""
import pytest

from vortex.exceptions import AirflowException
from vortex.execution.dag_run import DagRun

HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.models import DagRun, XCom
    from airflow.models.dag import get_last_dagrun
    from airflow.operators.python import PythonOperator
    from airflow.utils.state import State

    def work(ti, dag_run, **context):
        return BODY

    with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1)):
        PythonOperator(task_id='t', python_callable=work)
    """
RUN_ID = "scheduled__2024-02-29T00:00:00+00:00"


@pytest.fixture
def value(runner):
    runs = runner.channel.runs
    runs.add("d", RUN_ID, "running", "2024-02-29T00:00:00.000Z", {"a": "success", "b": "none", ("m", 0): "failed"})
    runs.add("d", "before", "failed", "2024-02-27T00:00:00.000Z")
    runs.add("d", "hand", "success", "2024-02-28T00:00:00.000Z", run_type="manual", conf={"x": 1})
    runs.add("e", "last", "success", "2024-02-28T00:00:00.000Z", end_time="2024-02-28T01:00:00.000Z")
    runner.channel.put("a", "from a")
    return lambda body: runner.load(HEAD.replace("BODY", body)).value()


@pytest.mark.parametrize(
    "body, expected",
    [
        ("[run.run_id for run in DagRun.find(dag_id='d')]", ["before", "hand", RUN_ID]),
        ("[run.run_id for run in DagRun.find(dag_id='d', state=State.FAILED)]", ["before"]),
        ("[run.run_id for run in DagRun.find(dag_id=['d', 'e'], state='success')]", ["hand", "last"]),
        ("[run.run_id for run in DagRun.find('d', external_trigger=True)]", ["hand"]),
        ("[run.run_id for run in DagRun.find('d', no_backfills=True, run_type='manual')]", ["hand"]),
        ("[run.run_id for run in DagRun.find('d', execution_date=dt.datetime(2024, 2, 28))]", ["hand"]),
        ("[run.run_id for run in DagRun.find('d', run_id='before')]", ["before"]),
        ("DagRun.find('nobody')", []),
        ("DagRun.find('d', run_id='hand')[0].conf", {"x": 1}),
        ("DagRun.find('e')[0].end_date.hour", 1),
        ("DagRun.find_duplicate('d', 'nobody')", None),
        ("DagRun.generate_run_id('manual', dt.datetime(2024, 1, 1))", "manual__2024-01-01T00:00:00+00:00"),
        ("[(x.task_id, x.map_index, x.state) for x in dag_run.get_task_instances()]", [("a", -1, "success"), ("b", -1, None), ("m", 0, "failed")]),
        ("[x.task_id for x in dag_run.get_task_instances(state=['failed', None])]", ["b", "m"]),
        ("[x.task_id for x in ti.get_dagrun().get_task_instances(state=State.SUCCESS)]", ["a"]),
        ("dag_run.get_task_instance('a').duration", 2.5),
        ("dag_run.get_task_instance('m', map_index=0).current_state()", "failed"),
        ("[dag_run.get_task_instance('m'), dag_run.get_task_instance('gone')]", [None, None]),
        ("dag_run.get_task_instance('a').xcom_pull()", "from a"),
        ("dag_run.get_previous_dagrun().run_id", "hand"),
        ("dag_run.get_previous_dagrun(state='failed').run_id", "before"),
        ("dag_run.get_previous_scheduled_dagrun().run_id", "before"),
        ("get_last_dagrun('d').run_id", RUN_ID),
        ("[get_last_dagrun('nobody'), get_last_dagrun('d', include_externally_triggered=True).state]", [None, "running"]),
        ("XCom.get_one(task_id='a')", "from a"),
        ("XCom.get_one(task_id='a', dag_id='d', execution_date=dt.datetime(2024, 2, 28))", "from a"),
        ("XCom.get_many(task_ids=['a', 'gone'], run_id='hand')", ["from a", None]),
        ("XCom.get_value(ti_key=dag_run.get_task_instance('a'))", "from a"),
    ],
)
def test_questions(value, body, expected):
    assert value(body) == expected


def test_the_run_that_xcom_looks_into_is_named(runner, value):
    value("XCom.get_one(key='k', task_id='a', dag_id='d', execution_date=dt.datetime(2024, 2, 28))")
    asked = [params for method, params in runner.channel.requests if method == "xcom.get"]
    assert {name: asked[-1][name] for name in ("dag_id", "run_id", "key", "task_ids")} == {"dag_id": "d", "run_id": "hand", "key": "k", "task_ids": ["a"]}


@pytest.mark.parametrize(
    "body, words",
    [
        ("XCom.get_one(task_id='a', execution_date=dt.datetime(1999, 1, 1))", "DAG 'd' has no run for 1999"),
        ("XCom.set(key='k', value=1)", "ti.xcom_push"),
        ("XCom.clear()", "not available"),
        ("XCom.get_many(dag_ids=['a', 'b'])", "give dag_ids one id"),
    ],
)
def test_refusals(runner, value, body, words):
    result = runner.load(HEAD.replace("BODY", body)).run()
    assert (result["outcome"], words in result["reason"]) == ("failed", True), result


def test_a_run_that_was_found_is_asked_about_again(runner, value):
    assert value("[DagRun.find('e')[0].refresh_from_db(), DagRun.find('e')[0].get_state()]") == [None, "success"]


def test_outside_of_a_task_nobody_answers():
    with pytest.raises(AirflowException, match="only a running task can ask the controller"):
        DagRun.find(dag_id="d")
