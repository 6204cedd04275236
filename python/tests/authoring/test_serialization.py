import datetime as dt
import json
import os
import subprocess
import sys

import pytest

from vortex import DAG, BashOperator, EmptyOperator, PythonOperator
from vortex.loading.parse_file import parse_file

from .conftest import REPOSITORY, START

DAGS = os.path.join(REPOSITORY, "dags")
EXAMPLES = {
    "mapped_regions.py": {"mapped_regions": (6, "2")},
    "airflow_style.py": {"airflow_style": (4, "2")},
    "assets.py": {"orders": (1, "3"), "rates": (1, "3"), "revenue": (1, "3"), "alerts": (1, "3"), "publish": (1, "3")},
    "branching.py": {"branching": (6, "3")},
    "dynamic_loops.py": {"dynamic_customers": (4, "3"), "dynamic_orders": (5, "3"), "dynamic_stock": (6, "3")},
    "hundred_tasks.py": {"hundred_tasks": (100, "3")},
    "my_pipeline.py": {"my_pipeline": (3, "3")},
    "parallel_benchmark.py": {"parallel_benchmark": (6, "3")},
    "retries_and_timeouts.py": {"retries_and_timeouts": (4, "3")},
    "taskflow_etl.py": {"taskflow_etl": (6, "3")},
}


def test_every_example_is_known():
    # shop_steps.py has the functions that shop_factory.yaml names.
    assert sorted(name for name in os.listdir(DAGS) if name.endswith(".py")) == sorted([*EXAMPLES, "shop_steps.py"])


def test_examples_fit_the_schema_and_have_no_notices(schema_errors):
    specs = []
    for file, expected in EXAMPLES.items():
        result = parse_file(DAGS, file)
        assert result["error"] is None, result["error"]
        assert {spec["dag_id"]: (len(spec["tasks"]), spec["dialect"]) for spec in result["dags"]} == expected
        specs += result["dags"]
    assert schema_errors(specs) == [[]] * len(specs)
    assert all(spec["doc_md"] and not spec["notices"] and spec["is_paused_upon_creation"] is None for spec in specs)


def test_the_schema_check_can_fail(dag, spec, schema_errors):
    broken = {**spec(dag), "unknown": 1}
    del broken["tags"]
    assert len(schema_errors([broken])[0]) >= 2


def test_the_same_file_gives_the_same_text_in_every_process(tmp_path):
    """Hash seeds, memory addresses and sets must not make a new DAG version."""
    (tmp_path / "d.py").write_text(
        "from vortex import DAG, PythonOperator, EmptyOperator\n"
        "class Thing: pass\n"
        "with DAG('d', schedule=None, tags={'x', 'y', 'z'}) as dag:\n"
        "    ends = [EmptyOperator(task_id=f't{i}') for i in range(20)]\n"
        "    PythonOperator(task_id='p', python_callable=print, op_args=[Thing(), print, {'b', 'a'}, lambda: 1]) >> ends\n"
    )
    program = (
        "import json, sys; from vortex.loading.parse_file import parse_file; r = parse_file(sys.argv[1], 'd.py'); "
        "assert r['error'] is None, r; print(json.dumps(r['dags']))"
    )
    texts = set()
    for seed in "0", "1", "2":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.path.join(REPOSITORY, "python")}
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        texts.add(done.stdout)
    assert len(texts) == 1
    assert " at 0x" not in texts.pop()


class MyBash(BashOperator):
    pass


@pytest.mark.parametrize(
    "kwargs, kind",
    [
        ({"bash_command": "echo 1"}, "bash"),
        ({"bash_command": "echo 1", "env": {"A": "b"}, "cwd": "/tmp", "append_env": True, "retries": 3, "secrets": ["x"]}, "bash"),
        ({"bash_command": "run.sh "}, "bash"),
        ({"bash_command": "echo {{ ds }}"}, "python"),
        ({"bash_command": "{% if x %}"}, "python"),
        ({"bash_command": "{# no #}"}, "python"),
        ({"bash_command": "run.sh"}, "python"),
        ({"bash_command": "x", "env": {"A": "{{ ds }}"}}, "python"),
        ({"bash_command": "x", "env": {"A": 1}}, "python"),
        ({"bash_command": "x", "cwd": "/{{ ds }}"}, "python"),
        ({"bash_command": "x", "on_failure_callback": print}, "python"),
        ({"bash_command": "x", "pre_execute": print}, "python"),
        ({"bash_command": "x", "output_processor": str}, "python"),
        ({"bash_command": "x", "output_encoding": "latin-1"}, "python"),
        ({"bash_command": "x" * 200_000}, "python"),
    ],
)
def test_which_bash_commands_need_no_python(dag, task_spec, kwargs, kind):
    task = BashOperator(task_id="t", **kwargs)
    found = task_spec(task)
    assert found["kind"] == kind
    assert (found["bash"] is not None) == (kind == "bash")


def test_plain_bash_in_full(dag, task_spec):
    task = BashOperator(task_id="t", bash_command="x", env={"A": "b"}, append_env=True, cwd="/tmp", skip_on_exit_code=[1, 2])
    assert task_spec(task)["bash"] == {"command": "x", "env": {"A": "b"}, "append_env": True, "cwd": "/tmp", "skip_on_exit_codes": [1, 2]}


def test_a_subclass_or_a_changed_jinja_needs_python(dag, task_spec, spec):
    assert task_spec(MyBash(task_id="t", bash_command="x"))["kind"] == "python"
    with DAG("j", schedule=None, jinja_environment_kwargs={"variable_start_string": "<<"}) as other:
        BashOperator(task_id="t", bash_command="<< ds >>")
    assert spec(other)["tasks"][0]["kind"] == "python"


def test_which_empty_tasks_need_no_worker(dag, task_spec):
    class Works(EmptyOperator):
        def execute(self, context):
            return 1

    assert task_spec(EmptyOperator(task_id="a"))["kind"] == "empty"
    assert task_spec(EmptyOperator(task_id="b", on_success_callback=print))["kind"] == "python"
    assert task_spec(EmptyOperator(task_id="c", post_execute=lambda *_: None))["kind"] == "python"
    assert task_spec(Works(task_id="d"))["kind"] == "python"


def test_template_fields_are_cut(dag, task_spec):
    task = PythonOperator(
        task_id="t",
        python_callable=print,
        op_kwargs={"text": "x" * 100_000, "rows": list(range(1000)), "deep": json.loads("[" * 50 + "]" * 50)},
    )
    assert len(json.dumps(task_spec(task)["template_fields"])) < 40_000


FOREVER = dt.timedelta.max
CENTURY_MS = 36_525 * 86_400_000


def test_what_means_for_ever_is_as_much_as_the_server_can_store(spec, schema_errors):
    with DAG("d", schedule=None, max_active_runs=sys.maxsize, max_active_tasks=sys.maxsize, dagrun_timeout=FOREVER) as dag:
        EmptyOperator(
            task_id="t",
            retries=sys.maxsize,
            retry_delay=FOREVER,
            max_retry_delay=FOREVER,
            execution_timeout=FOREVER,
            priority_weight=sys.maxsize,
            max_active_tis_per_dag=sys.maxsize,
            max_active_tis_per_dagrun=10**30,
        )
    found = spec(dag)
    task = found["tasks"][0]
    assert (task["retries"], task["max_active_tis_per_dag"], task["max_active_tis_per_dagrun"]) == (10**9,) * 3
    assert (found["max_active_runs"], found["max_active_tasks"], task["priority_weight"]) == (10**9, 10**9, 2**31 - 1)
    durations = [task[name] for name in ("retry_delay_ms", "max_retry_delay_ms", "execution_timeout_ms")]
    assert [found["dagrun_timeout_ms"], *durations] == [CENTURY_MS] * 4
    assert schema_errors([found]) == [[]]


@pytest.mark.parametrize(
    "kwargs, words",
    [
        ({"pool_slots": 1_000_001}, "task 't': pool_slots must be at most 1,000,000, not 1000001"),
        ({"retries": float("inf")}, "retries must be a whole number, not inf"),
    ],
)
def test_what_no_server_can_store_names_task_and_argument(dag, task_spec, kwargs, words):
    with pytest.raises(Exception, match=words):
        task_spec(EmptyOperator(task_id="t", **kwargs))


def test_a_schedule_steps_by_a_century_at_most(spec):
    with pytest.raises(Exception, match="schedule=40000 days, 0:00:00 is longer than 100 years"):
        spec(DAG("d", start_date=START, schedule=dt.timedelta(days=40_000)))


def test_the_server_refuses_numbers_beyond_its_columns(dag, spec, schema_errors):
    EmptyOperator(task_id="t")
    good = spec(dag)
    beyond = [{**good, "max_active_runs": 2**31}, {**good, "dagrun_timeout_ms": CENTURY_MS + 1}]
    for name, value in (("retries", sys.maxsize), ("pool_slots", 2**31), ("retry_delay_ms", 2**53), ("priority_weight", 2**40)):
        beyond.append({**good, "tasks": [{**good["tasks"][0], name: value}]})
    assert [len(errors) > 0 for errors in schema_errors([good, *beyond])] == [False] + [True] * len(beyond)


def test_airflow_2_file_end_to_end():
    result = parse_file(DAGS, "airflow_style.py")
    spec = result["dags"][0]
    assert spec["timetable"] == {"type": "cron_data_interval", "cron": "0 4 * * *", "timezone": "UTC"}
    assert spec["schedule"] == "0 4 * * *"
    assert result["inputs"]["variables"] == ["example_bucket"]
    assert [task["kind"] for task in spec["tasks"]] == ["empty", "python", "python", "empty"]


def test_large_dag_is_quick(spec):
    """5,000 tasks, a fan-out and fan-in: far below the 30 s that a file may take to load."""
    import time

    started = time.process_time()
    with DAG("big", schedule=None, start_date=START) as dag:
        first, last = EmptyOperator(task_id="first"), EmptyOperator(task_id="last")
        for number in range(5000):
            first >> BashOperator(task_id=f"t{number}", bash_command=":") >> last
    found = spec(dag)
    assert len(found["edges"]) == 10_000
    assert time.process_time() - started < 10
