"""dag.test(): what it does beside the states of tasks, which test_airflow_reference.py has."""
from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time

import pytest

from vortex import DAG, BashOperator, EmptyOperator, PythonOperator, Variable, task
from vortex.exceptions import AirflowException, AirflowSkipException, ParamValidationError
from vortex.execution.connections import get_connection
from vortex.sensors.python import PythonSensor
from vortex.testing import DagTestFailed, run_dag
from vortex.triggers.base import BaseTrigger, TriggerEvent

DATE = dt.datetime(2024, 2, 2, tzinfo=dt.timezone.utc)


def one(function, **kwargs):
    with DAG("d", schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=function, **kwargs)
    return dag


def fails(**_):
    raise ValueError("no such table: orders")


def test_arguments_of_airflow_2_and_3(tmp_path):
    (tmp_path / "variables.json").write_text('{"region": "eu", "limits": {"rows": 3}}')
    (tmp_path / "connections.yaml").write_text("warehouse: postgres://ann:s3cret@db:5432/sales\nweb: {conn_type: http, host: h, extra_dejson: {a: 1}}\n")
    files = {"variable_file_path": str(tmp_path / "variables.json"), "conn_file_path": str(tmp_path / "connections.yaml")}
    seen = []
    dag = one(lambda **c: seen.append((c["ds"], c["params"]["n"], Variable.get("region"), Variable.get("limits", deserialize_json=True)["rows"], get_connection("warehouse").host, get_connection("web").extra_dejson)), params={"n": 1})
    run = dag.test(logical_date=DATE, run_conf={"n": 5}, use_executor=True, **files)
    assert (run.state, run.conf, run.logical_date) == ("success", {"n": 5}, DATE)
    dag.dialect = "2"
    dag.test(DATE, {"n": 6}, files["conn_file_path"])
    assert seen == [("2024-02-02", 5, "eu", 3, "db", {"a": 1}), ("2024-02-02", 6, "eu", 3, "db", {"a": 1})]
    dag.dialect = "3"
    assert dag.test(logical_date=None).logical_date is None and dag.test().logical_date is not None
    with pytest.raises(TypeError, match="unexpected keyword argument 'execution_time'.*mark_success_pattern"):
        dag.test(execution_time=DATE)
    with pytest.raises(TypeError, match="multiple values"):
        dag.test(DATE, run_after=DATE)


@pytest.mark.parametrize("name, text, words", [("v.json", "{", "no JSON: see line 1"), ("v.env", "A=1\nB", "line 2: it must be NAME=value"), ("v.txt", "", "ends in .json")])
def test_files_that_cannot_be_read(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(AirflowException, match=words):
        one(fails).test(variable_file_path=str(tmp_path / name))


def test_a_failure_is_no_exception_but_tells_which_task_and_its_log(capsys):
    dag = one(fails)
    with dag:
        dag.task_dict["t"] >> EmptyOperator(task_id="after")
    run = dag.test()
    assert (run.state, run.states, [ti.task_id for ti in run.failed]) == ("failed", {"t": "failed", "after": "upstream_failed"}, ["t"])
    assert isinstance(run.task("t").error, ValueError) and "t: failed, ValueError: no such table: orders" in capsys.readouterr().out
    with pytest.raises(DagTestFailed, match=r"(?s)t: ValueError: no such table.*line \d+, in fails.*upstream_failed: after"):
        run.check()
    with pytest.raises(AirflowException, match="no task instance 'x'. It has: t, after"):
        run.task("x")


def test_retries_wait_as_in_airflow_or_not_at_all(monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    tries = []

    def flaky(ti):
        tries.append(ti.try_number)
        if ti.try_number < 3:
            raise ValueError

    dag = one(flaky, retries=2, retry_delay=dt.timedelta(hours=1), retry_exponential_backoff=True)
    moments = iter([0, 0, 0, 0, 3600, 3600, 3600, 3600, 3600] + [99_999] * 50)
    assert run_dag(dag, sleep=False).state == "success" and tries == [1, 2, 3] and waited == []
    monkeypatch.setattr("vortex.testing.clock.Clock.now", lambda _: next(moments))
    assert dag.test().state == "success"
    assert waited and waited[0] == 3600


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
@pytest.mark.parametrize("has_time_machine", [True, False])
def test_sensors_without_sleeping(mode, has_time_machine, monkeypatch):
    if not has_time_machine:
        monkeypatch.setattr("vortex.testing.clock._time_machine", lambda: None)
    pokes = []

    def third():
        pokes.append(time.time())
        return len(pokes) == 3

    with DAG("d", schedule=None) as dag:
        PythonSensor(task_id="there", python_callable=third, mode=mode, poke_interval=600)
        PythonSensor(task_id="never", python_callable=lambda: False, mode=mode, poke_interval=600, timeout=3600)
    run = run_dag(dag, sleep=False)
    assert run.states == {"there": "success", "never": "failed"} and run.task("there").try_number == 1
    assert "AirflowSensorTimeout" in run.task("never").reason and 1199 < pokes[2] - pokes[0] < 1260
    assert time.sleep.__module__ == "time"


class CountTrigger(BaseTrigger):
    def __init__(self, seconds=60):
        super().__init__()
        self.seconds = seconds

    def serialize(self):
        return f"{type(self).__module__}.{type(self).__name__}", {"seconds": self.seconds}

    async def run(self):
        import asyncio

        await asyncio.sleep(self.seconds)
        if self.seconds < 0:
            raise RuntimeError("broken trigger")
        yield TriggerEvent({"waited": self.seconds})


def test_deferral_runs_the_trigger_inline(monkeypatch):
    from vortex.definitions.base_operator import BaseOperator

    class Waits(BaseOperator):
        def __init__(self, seconds, timeout=None, **kwargs):
            super().__init__(**kwargs)
            self.seconds, self.timeout = seconds, timeout

        def execute(self, context):
            self.defer(trigger=CountTrigger(self.seconds), method_name="go_on", timeout=self.timeout)

        def go_on(self, context, event):
            return event["waited"]

    with DAG("d", schedule=None) as dag:
        Waits(task_id="ok", seconds=60)
        Waits(task_id="late", seconds=7200, timeout=dt.timedelta(hours=1))
        Waits(task_id="broken", seconds=-1)
    run = run_dag(dag, sleep=False)
    assert run.states == {"ok": "success", "late": "failed", "broken": "failed"} and run.xcom("ok") == 60
    assert "TaskDeferralTimeout" in run.task("late").reason and "broken trigger" in run.task("broken").output


def test_callbacks(monkeypatch):
    called = []
    note = lambda word: lambda context: called.append((word, context["ti"].task_id, context.get("reason")))  # noqa: E731
    with DAG("d", schedule=None, on_failure_callback=note("dag failure"), on_success_callback=note("dag success")) as dag:
        PythonOperator(task_id="a", python_callable=lambda: 1, on_execute_callback=note("execute"), on_success_callback=note("success"))
        PythonOperator(task_id="b", python_callable=fails, retries=1, on_retry_callback=note("retry"), on_failure_callback=note("failure"))
    run_dag(dag, sleep=False)
    assert called == [("execute", "a", None), ("success", "a", None), ("retry", "b", None), ("failure", "b", None), ("dag failure", "b", "task_failure")]


def test_a_second_run_finds_the_first():
    def looks(dag_run, ti, prev_data_interval_start_success, **_):
        earlier = type(dag_run).find(dag_id="d")
        return [str(prev_data_interval_start_success), len(earlier), ti.xcom_pull("t", include_prior_dates=True)]

    with DAG("d", schedule="@daily", start_date=DATE) as dag:
        PythonOperator(task_id="t", python_callable=lambda ds: ds)
        PythonOperator(task_id="looks", python_callable=looks, depends_on_past=True)
    assert run_dag(dag, DATE).xcom("looks") == ["None", 1, "2024-02-02"]
    run = run_dag(dag, DATE + dt.timedelta(days=1), tasks=["looks"])
    assert run.xcom("looks") == ["2024-02-02 00:00:00+00:00", 2, "2024-02-02"]
    assert dag.clear() == 4


def test_what_a_task_changes_in_its_process_is_put_back(monkeypatch):
    before, stdout = dict(os.environ), sys.stdout

    def changes(x):
        os.environ["LEFT"] = "1"
        os.environ.pop("HOME", None)

    dag = one(changes, op_kwargs={"x": ["{{ ds }}"]})
    template = dag.task_dict["t"]
    run = run_dag(dag, DATE)
    assert run.state == "success" and json.loads(run.task("t").rendered_fields["op_kwargs"]) == {"x": ["2024-02-02"]}
    assert dict(os.environ) == before and sys.stdout is stdout
    assert dag.task_dict["t"] is template and template.op_kwargs == {"x": ["{{ ds }}"]}


def test_secrets_do_not_show(capsys):
    def tells():
        print("password", get_connection("db").password)
        raise ValueError(f"refused {get_connection('db').password}")

    run = run_dag(one(tells), connections={"db": {"conn_type": "postgres", "password": "hunter2-hunter2"}})
    assert "password ***" in capsys.readouterr().out
    assert "hunter2" not in run.task("t").output


def test_some_tasks_only():
    ran = []
    with DAG("d", schedule=None) as dag:
        a, b, c = (PythonOperator(task_id=name, python_callable=ran.append, op_args=[name]) for name in ("wait_a", "b", "c"))
        a >> b >> c
    assert run_dag(dag, mark_success_pattern="wait_.*").state == "success" and ran == ["b", "c"]
    assert run_dag(dag, tasks=["c"]).states == {"wait_a": "success", "b": "success", "c": "success"} and ran == ["b", "c", "c"]
    with pytest.raises(AirflowException, match="no task 'x'"):
        run_dag(dag, tasks=["x"])


def test_a_run_of_another_dag_is_run_when_somebody_waits_for_it():
    from vortex import TriggerDagRunOperator
    from vortex.testing import Store

    store, ran = Store(), []
    with DAG("other", schedule=None) as other:
        PythonOperator(task_id="t", python_callable=lambda dag_run: ran.append(dag_run.conf["x"]))
    with DAG("d", schedule=None) as dag:
        TriggerDagRunOperator(task_id="waits", trigger_dag_id="other", conf={"x": 1}, wait_for_completion=True)
        TriggerDagRunOperator(task_id="defers", trigger_dag_id="other", conf={"x": 2}, wait_for_completion=True, deferrable=True, trigger_run_id="r")
        TriggerDagRunOperator(task_id="leaves", trigger_dag_id="other", conf={"x": 3}, trigger_run_id="left")
        TriggerDagRunOperator(task_id="unknown", trigger_dag_id="nowhere")
    store.dags["other"] = other
    run = run_dag(dag, store=store, sleep=False)
    assert run.states == {"waits": "success", "defers": "success", "leaves": "success", "unknown": "failed"} and ran == [1, 2]
    assert store.run("other", "left").state == "queued" and "knows the DAGs of its own file" in run.task("unknown").reason


def test_mistakes_are_told():
    with DAG("d", schedule=None, params={"n": 1}) as dag:
        a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
        a >> b >> a
    with pytest.raises(AirflowException, match="cycle: "):
        dag.test()
    from vortex import Param

    typed = one(fails, params={})
    typed.params["n"] = Param(1, type="integer")
    with pytest.raises(ParamValidationError, match="'n'"):
        run_dag(typed, conf={"n": "x"})
    assert run_dag(one(lambda: sys.exit(3))).task("t").reason.startswith("the task called sys.exit(3)")

    def stops():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one(stops).test()


def test_run_timeout_and_fail_fast():
    with DAG("d", schedule=None, dagrun_timeout=dt.timedelta(hours=1)) as dag:
        PythonOperator(task_id="a", python_callable=lambda: time.sleep(7200)) >> EmptyOperator(task_id="b")
    run = run_dag(dag, sleep=False)
    assert (run.state, run.reason, run.states["b"]) == ("failed", "timed_out", "skipped")
    with DAG("e", schedule=None, fail_fast=True) as fast:
        PythonOperator(task_id="a", python_callable=fails)
        BashOperator(task_id="b", bash_command="true")
    assert run_dag(fast).states == {"a": "failed", "b": "skipped"}


def test_execution_timeout_ends_the_try():
    run = run_dag(one(lambda: time.sleep(30), execution_timeout=dt.timedelta(seconds=0.2)))
    assert "AirflowTaskTimeout" in run.task("t").reason


def test_assets_of_a_run_are_in_its_store():
    from vortex import Asset
    from vortex.testing import Store

    store = Store()
    with DAG("d", schedule=None) as dag:
        BashOperator(task_id="t", bash_command="true", outlets=[Asset("orders")])
    run_dag(dag, store=store)
    assert [(event["name"], event["source_task_id"]) for event in store.asset_events] == [("orders", "t")]


def test_skips_and_taskflow():
    with DAG("d", schedule=None) as dag:

        @task(multiple_outputs=True)
        def two():
            return {"a": 1, "b": [2]}

        @task
        def skips():
            raise AirflowSkipException("nothing to do")

        found = two()

        @task(trigger_rule="none_failed")
        def last(a, b):
            return [a, b]

        skips() >> last(found["a"], found["b"])
    run = dag.test()
    assert run.states == {"two": "success", "skips": "skipped", "last": "success"} and run.task("last").value == [1, [2]]
    assert json.dumps(run.xcom("two")) == '{"a": 1, "b": [2]}'
