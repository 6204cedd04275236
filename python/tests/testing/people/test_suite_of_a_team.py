"""
What test suites of Airflow users look like (Airflow best-practices "Testing a DAG", "Unit tests and mocking", and the integrity tests that
teams copy from each other). Nothing in it knows of VORTEX but the last two tests: it must pass as it is.
"""

import datetime
from pathlib import Path
from unittest import mock
import pytest
import pendulum
from airflow.models import DagBag, TaskInstance, Variable, Connection
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.utils.state import DagRunState, TaskInstanceState, State
from airflow.utils.types import DagRunType
from airflow.utils.dag_cycle_tester import check_cycle

DAGS = Path(__file__).parent / "dags"


@pytest.fixture(scope="session")
def dagbag():
    return DagBag(dag_folder=str(DAGS), include_examples=False)


def test_no_import_errors(dagbag):
    assert len(dagbag.import_errors) == 0, dagbag.import_errors
    assert not dagbag.import_errors
    assert dagbag.size() == 1 and dagbag.dag_ids == ["orders"]


def test_integrity(dagbag):
    for dag_id, dag in dagbag.dags.items():
        assert dag.default_args is not None
        assert dag.schedule_interval == "@daily"
        assert len(dag.tasks) == 4
        check_cycle(dag)
        for t in dag.tasks:
            assert t.owner
            assert t.retries >= 0
        assert dag.tags and not dag.catchup and dag.test_cycle() is None


def assert_dag_dict_equal(source, dag):
    assert dag.task_dict.keys() == source.keys()
    for task_id, downstream_list in source.items():
        assert dag.has_task(task_id)
        task = dag.get_task(task_id)
        assert task.downstream_task_ids == set(downstream_list)


def test_dag(dagbag):
    dag = dagbag.get_dag(dag_id="orders")
    assert dag is not None
    assert_dag_dict_equal({"extract": ["parts"], "parts": ["double"], "double": ["total"], "total": []}, dag)
    assert dag.get_task("parts").upstream_task_ids == {"extract"}
    assert [t.task_id for t in dag.topological_sort()] == ["extract", "parts", "double", "total"]


DATA_INTERVAL_START = pendulum.datetime(2021, 9, 13, tz="UTC")
DATA_INTERVAL_END = DATA_INTERVAL_START + datetime.timedelta(days=1)


@pytest.fixture()
def dag():
    with DAG(dag_id="my_custom_dag", schedule="@daily", start_date=DATA_INTERVAL_START) as dag:
        PythonOperator(task_id="t", python_callable=lambda ds, **kw: ds, op_kwargs={"x": "{{ ds }}"})
    return dag


def test_my_custom_operator_execute_no_trigger(dag):
    dagrun = dag.create_dagrun(
        state=DagRunState.RUNNING,
        execution_date=DATA_INTERVAL_START,
        data_interval=(DATA_INTERVAL_START, DATA_INTERVAL_END),
        start_date=DATA_INTERVAL_END,
        run_type=DagRunType.MANUAL,
    )
    ti = dagrun.get_task_instance(task_id="t")
    ti.task = dag.get_task(task_id="t")
    ti.run(ignore_ti_state=True)
    assert ti.state == TaskInstanceState.SUCCESS
    assert ti.xcom_pull(task_ids="t") == "2021-09-13"


def test_execute_with_empty_context():
    assert BashOperator(task_id="x", bash_command="echo hello").execute(context={}) == "hello"
    assert PythonOperator(task_id="y", python_callable=lambda: 3).execute({}) == 3


def test_ti_by_hand(dag):
    ti = TaskInstance(task=dag.get_task("t"), execution_date=datetime.datetime(2021, 9, 14))
    context = ti.get_template_context()
    assert context["ds"] == "2021-09-14"
    ti.render_templates()
    assert ti.task.op_kwargs == {"x": "2021-09-14"}
    assert ti.task.execute(context) == "2021-09-14"
    ti.run()
    assert ti.state == State.SUCCESS


def test_ti_failure_raises():
    with DAG("f", start_date=DATA_INTERVAL_START) as f:
        t = PythonOperator(task_id="t", python_callable=lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        TaskInstance(task=t, execution_date=DATA_INTERVAL_START).run()
    f.clear()
    with pytest.raises(ZeroDivisionError):
        t.run(start_date=DATA_INTERVAL_START, end_date=DATA_INTERVAL_START, ignore_ti_state=True)


def test_variables_mocked(dag):
    with mock.patch.dict("os.environ", AIRFLOW_VAR_KEY="env-value"):
        assert "env-value" == Variable.get("key")
    conn = Connection(conn_type="gcpssh", login="cat", host="conn-host")
    with mock.patch.dict("os.environ", AIRFLOW_CONN_MY_CONN=conn.get_uri()):
        assert "cat" == Connection.get_connection_from_secrets("my_conn").login
    with mock.patch("airflow.models.Variable.get", return_value="m"):
        assert Variable.get("zzz") == "m"
    with mock.patch("airflow.hooks.base.BaseHook.get_connection", return_value=conn):
        from airflow.hooks.base import BaseHook

        assert BaseHook.get_connection("q").host == "conn-host"


def test_dag_test(dag):
    run = dag.test(execution_date=DATA_INTERVAL_START, run_conf={"a": 1})
    assert run.state == DagRunState.SUCCESS
    assert run.conf == {"a": 1}
    assert run.get_task_instance("t").state == "success"


def test_provide_session():
    from airflow.utils.db import create_session
    from airflow.models import DagRun, TaskInstance, XCom

    with create_session() as session:
        session.query(DagRun).delete()
        session.query(TaskInstance).delete()


def test_airflow_3():
    from airflow.sdk import DAG, task
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from airflow.utils.state import DagRunState

    with DAG("three", schedule="@daily", start_date=datetime.datetime(2024, 1, 1)) as dag:

        @task
        def t():
            return 1

        t()
    date = pendulum.datetime(2024, 1, 5, tz="UTC")
    run = dag.create_dagrun(
        run_id="test1",
        logical_date=date,
        data_interval=(date, date),
        run_type=DagRunType.MANUAL,
        state=DagRunState.RUNNING,
        run_after=date,
        triggered_by=DagRunTriggeredByType.TEST,
    )
    ti = run.get_task_instance("t")
    ti.task = dag.get_task("t")
    ti.run()
    assert ti.state == "success" and ti.xcom_pull("t") == 1
    from airflow.models import TaskInstance

    ti = TaskInstance(dag.get_task("t"), run_id="test1", dag_version_id=None)
    assert ti.state == "success"


def test_sensor_poke():
    from airflow.sensors.base import BaseSensorOperator

    class S(BaseSensorOperator):
        def poke(self, context):
            return context["x"] > 1

    s = S(task_id="s", poke_interval=1)
    assert s.poke({"x": 2}) and not s.poke({"x": 0})
    s.execute({"x": 2})


def test_mock_context():
    from airflow.operators.python import PythonOperator, BranchPythonOperator

    def f(**kwargs):
        kwargs["ti"].xcom_push("k", 1)
        return kwargs["ds"]

    ti = mock.MagicMock()
    assert PythonOperator(task_id="p", python_callable=f).execute({"ti": ti, "ds": "2024"}) == "2024"
    ti.xcom_push.assert_called_once_with("k", 1)


def test_decorated_function():
    from airflow.decorators import task

    @task
    def add(a, b):
        return a + b

    assert add.function(1, 2) == 3
    assert add.__wrapped__(1, 2) == 3


def test_schedule_names():
    from airflow import DAG

    dag = DAG("two", schedule_interval="0 5 * * *", start_date=datetime.datetime(2024, 1, 1), default_args={"owner": "x", "retries": 2})
    assert dag.timetable.summary == "0 5 * * *"
    assert dag.default_args["retries"] == 2
    assert dag.normalized_schedule_interval == "0 5 * * *"
    assert dag.following_schedule(datetime.datetime(2024, 1, 1)).isoformat() == "2024-01-01T05:00:00+00:00"
    assert dag.previous_schedule(datetime.datetime(2024, 1, 1)).isoformat() == "2023-12-31T05:00:00+00:00"


def test_patch_operator(tmp_path):
    with mock.patch("airflow.operators.bash.BashOperator.execute", return_value="mocked"):
        from airflow.operators.bash import BashOperator

        assert BashOperator(task_id="b", bash_command="x").execute({}) == "mocked"
    with mock.patch("airflow.providers.postgres.hooks.postgres.PostgresHook.get_records", return_value=[(1,)]):
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        assert PostgresHook("x").get_records("select 1") == [(1,)]
    with mock.patch("airflow.providers.google.cloud.hooks.gcs.GCSHook.download") as download:
        from airflow.providers.google.cloud.hooks.gcs import GCSHook

        GCSHook("gcp").download("bucket")
        download.assert_called_once_with("bucket")


def test_fixture(vortex_dag, vortex_secrets):
    vortex_secrets.variable("v", {"a": 1})
    run = vortex_dag(DAGS / "orders.py", logical_date="2024-02-02")
    assert run.states["total"] == "success" and run.xcom("total") == 12


def test_readable_failure(vortex_dag):
    with DAG("f", start_date=DATA_INTERVAL_START) as f:
        PythonOperator(task_id="t", python_callable=lambda: print("no such table: orders") or 1 / 0)
    with pytest.raises(AssertionError, match=r"(?s)t: ZeroDivisionError.*no such table: orders.*division by zero"):
        vortex_dag(f)
