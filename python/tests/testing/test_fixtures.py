"""The fixtures, the DAG bag, and the clock."""
from __future__ import annotations

import datetime as dt
import textwrap
import time

import pytest

from vortex import DAG, PythonOperator, Variable, task
from vortex.execution.connections import get_connection
from vortex.testing import DagBag, DagTestFailed


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


GOOD = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\nwith DAG('{0}', schedule=None) as dag:\n    BashOperator(task_id='t', bash_command='echo {0}')\n"


def test_a_dag_of_a_file_with_variables_and_connections_of_the_test(tmp_path, vortex_dag, vortex_secrets):
    vortex_secrets.variable("limits", {"rows": 3})
    vortex_secrets.connection("db", conn_type="postgres", host="db.example", password="s3cret-s3cret", extra={"a": 1})
    write(
        tmp_path,
        d_py="""
            from airflow.decorators import dag, task
            from airflow.models import Variable
            from airflow.hooks.base import BaseHook
            @dag(schedule=None)
            def d():
                @task
                def reads(params=None):
                    Variable.set("seen", "yes")
                    return [Variable.get("limits", deserialize_json=True)["rows"], BaseHook.get_connection("db").host, params.get("x")]
                reads()
            d()
        """,
    )
    run = vortex_dag(tmp_path / "d.py", conf={"x": 1}, logical_date="2024-02-02")
    assert run.xcom("reads") == [3, "db.example", 1] and vortex_secrets.variables["seen"] == "yes"
    assert Variable.get("seen") == "yes" and get_connection("db").extra_dejson == {"a": 1}


def test_files_that_do_not_load_and_dags_that_are_not_there(tmp_path, vortex_dag, vortex_dags):
    write(tmp_path, broken_py="import airflow, no_such_module_here as dag\n", two_py=GOOD.format("a") + GOOD.format("b"))
    with pytest.raises(DagTestFailed, match="(?s)does not load.*no_such_module_here"):
        vortex_dag(tmp_path / "broken.py")
    with pytest.raises(DagTestFailed, match="defines a, b; name one with dag_id="):
        vortex_dag(tmp_path / "two.py")
    assert vortex_dag(tmp_path / "two.py", dag_id="b").xcom("t") == "b"
    with pytest.raises(AssertionError, match="(?s)broken.py.*ModuleNotFoundError"):
        vortex_dags(tmp_path)


def test_one_task(vortex_task):
    with DAG("d", schedule=None) as dag:

        @task
        def extract():
            return [1, 2]

        @task
        def double(values, ds=None):
            print("doubles", values)
            return [ds, *(value * 2 for value in values)]

        doubled = double(extract())
    ti = vortex_task(doubled, xcoms={"extract": [4]}, logical_date="2024-02-02")
    assert (ti.state, ti.value, ti.xcom_pull("extract")) == ("success", ["2024-02-02", 8], [4]) and "doubles [4]" in ti.output
    assert vortex_task(PythonOperator(task_id="alone", python_callable=lambda: 3)).value == 3
    flaky = vortex_task(PythonOperator(task_id="t", python_callable=lambda: 1 / 0, retries=2), check=False)
    assert (flaky.state, flaky.try_number, type(flaky.error)) == ("failed", 3, ZeroDivisionError)
    with pytest.raises(DagTestFailed, match="t: ZeroDivisionError"):
        vortex_task(PythonOperator(task_id="t", python_callable=lambda: 1 / 0))
    assert dag.task_ids == ["extract", "double"]


def test_frozen_time(vortex_time, vortex_dag):
    clock = vortex_time("2026-01-01T06:00")
    with DAG("d", schedule=None) as dag:
        PythonOperator(task_id="t", python_callable=lambda: [dt.datetime.now(dt.timezone.utc).isoformat(), time.sleep(60), time.time()])
    run = vortex_dag(dag)
    assert run.xcom("t") == ["2026-01-01T06:00:00+00:00", None, 1767247260.0] and str(run.logical_date)[:19] == "2026-01-01 06:00:00"
    flaky = PythonOperator(task_id="flaky", python_callable=lambda ti: 1 // (ti.try_number - 1), retries=1, dag=DAG("e", schedule=None))
    assert flaky.dag.test().state == "success"
    clock.shift(3300)
    assert dt.datetime.now(dt.timezone.utc).isoformat() == "2026-01-01T07:01:00+00:00"
    clock.move_to("2030-01-01T00:00Z")
    assert time.gmtime().tm_year == 2030


def test_time_goes_on_after_the_test():
    assert dt.datetime.now().year != 2030


def test_without_time_machine_only_waits_are_passed_over(monkeypatch, vortex_time, vortex_task):
    monkeypatch.setattr("vortex.testing.clock._time_machine", lambda: None)
    with pytest.raises(Exception, match="pip install time-machine"):
        vortex_time("2026-01-01")
    began = time.time()
    ti = vortex_task(PythonOperator(task_id="t", python_callable=lambda: [time.sleep(3600), time.time(), time.monotonic()]))
    assert 3600 <= ti.value[1] - began < 7200


def test_dag_bag(tmp_path, monkeypatch):
    write(
        tmp_path,
        good_py=GOOD.format("good"),
        again__good_py=GOOD.format("good"),
        helper_py="x = 1\n",
        ignored__never_py="from airflow import DAG\nraise ValueError('it was loaded')\n",
        hidden_py="from airflow import DAG\nraise ValueError('it was loaded')\n",
        exits_py="import sys\nfrom airflow import DAG\nsys.exit(1)\n",
    )
    (tmp_path / ".airflowignore").write_text("ignored/\n*idden.py  # not a DAG\n")
    bag = DagBag(str(tmp_path), include_examples=False)
    assert bag.dag_ids == ["good"] and bag.size() == 1 and bag.get_dag("nope") is None
    assert {path[len(str(tmp_path)) + 1 :]: text.splitlines()[-1].partition(":")[0].rpartition(".")[2] for path, text in bag.import_errors.items()} == {
        "exits.py": "SystemExit",
        "good.py": "AirflowDagDuplicatedIdException",
    }
    assert str(bag.dags["good"].relative_fileloc) == "again/good.py" and "1 DAGs" in bag.dagbag_report()
    (tmp_path / ".airflowignore").write_text("^again|never|hidden|exits\n")
    assert DagBag(tmp_path).import_errors == {} and DagBag(tmp_path, collect_dags=False).dags == {}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="There is no DAG folder .*dags"):
        DagBag()
    assert "There is no folder" in next(iter(DagBag(tmp_path / "none").import_errors.values()))
