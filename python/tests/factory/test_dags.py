"""What a file defines: the same objects that Python authoring makes."""
import datetime as dt

import pytest

from vortex.operators.bash import BashOperator
from vortex.serialization import serialize_dag

LIBRARY = '''
from vortex.definitions.base_operator import BaseOperator

calls = []

def work(n=1):
    return n

def pair(a, b):
    return a + b

def tell(context):
    calls.append(context)

class Fetch(BaseOperator):
    template_fields = ("table",)

    def __init__(self, *, table, where=None, every=None, **kwargs):
        super().__init__(**kwargs)
        self.table, self.where, self.every = table, where, every

class Thing:
    def __init__(self, size):
        self.size = size
'''


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A module of the DAG folder, under a name of its own for each test."""
    import sys

    name = f"lib_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(LIBRARY, encoding="utf-8")
    yield name
    sys.modules.pop(name, None)


def one(dags):
    (dag,) = dags.values()
    return dag


def edges(dag):
    return {(up, down) for down, task in dag.task_dict.items() for up in task.upstream_task_ids}


def test_several_dags_with_defaults_at_three_levels(dags_of):
    dags = dags_of("""
default_args: {owner: file, retries: 1, retry_delay: 5m}
defaults: {tags: [all], schedule: "@daily", timezone: Europe/Berlin, start_date: 2026-01-01}
dags:
  first:
    default_args: {retries: 2}
    tasks:
      a: {operator: empty}
      b: {operator: empty, retries: 3}
    task_groups:
      g:
        default_args: {retries: 4, owner: group}
        tasks: {c: {operator: empty}}
  second:
    tags: [own]
    schedule: null
    tasks: {a: {operator: empty}}
""")
    first, second = dags["first"], dags["second"]
    assert [(task.task_id, task.owner, task.retries) for task in first.tasks] == [("a", "file", 2), ("b", "file", 3), ("g.c", "group", 4)]
    assert first.get_task("a").retry_delay == dt.timedelta(minutes=5)
    assert (first.tags, first.schedule, second.tags, second.schedule) == (["all"], "@daily", ["own"], None)
    assert first.start_date.isoformat() == "2026-01-01T00:00:00+01:00"
    assert serialize_dag(first, file="a.yaml", dialect="3")["timetable"]["timezone"] == "Europe/Berlin"


def test_it_is_the_dag_that_python_makes(dags_of):
    from vortex import DAG, TaskGroup

    loaded = one(dags_of("""
dags:
  same:
    description: the same
    schedule: 0 3 * * *
    start_date: 2026-01-01T00:00Z
    max_active_runs: 2
    dagrun_timeout: 1h
    tasks:
      a: {operator: bash, bash_command: echo 1, retries: 2, retry_delay: 30, outlets: ["s3://x"]}
      d: {operator: empty, trigger_rule: all_done, dependencies: g}
    task_groups:
      g: {tooltip: two, tasks: {b: {operator: empty}, c: {operator: empty, dependencies: b}}}
    dependencies: [a >> Label("go") >> g]
"""))
    with DAG("same", description="the same", schedule="0 3 * * *", start_date=dt.datetime(2026, 1, 1), max_active_runs=2, dagrun_timeout=3600) as made:
        from vortex import Asset, EmptyOperator, Label

        a = BashOperator(task_id="a", bash_command="echo 1", retries=2, retry_delay=30, outlets=[Asset("s3://x")])
        d = EmptyOperator(task_id="d", trigger_rule="all_done")
        with TaskGroup("g", tooltip="two") as g:
            EmptyOperator(task_id="b") >> EmptyOperator(task_id="c")
        a >> Label("go") >> g >> d
    of_file, of_python = (serialize_dag(dag, file="x", dialect="3") for dag in (loaded, made))
    assert sorted(of_file.pop("edges")) == sorted(of_python.pop("edges"))
    assert of_file == of_python


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a >> b >> c", {("a", "b"), ("b", "c")}),
        ("a >> [b, c] >> d", {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}),
        ("[a, b] >> c", {("a", "c"), ("b", "c")}),
        ("d << [b, c] << a", {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}),
        ("a >> Label('x') >> b", {("a", "b")}),
        ("a>>b", {("a", "b")}),
    ],
)
def test_expressions(dags_of, text, expected):
    tasks = "".join(f"      {name}: {{operator: empty}}\n" for name in "abcd")
    assert edges(one(dags_of(f'dags:\n  x:\n    tasks:\n{tasks}    dependencies: ["{text}"]\n'))) == expected


def test_names_are_looked_up_from_the_inside_out(dags_of):
    dag = one(dags_of("""
dags:
  x:
    tasks: {a: {operator: empty}, b: {operator: empty}}
    task_groups:
      g:
        tasks: {a: {operator: empty}, c: {operator: empty, dependencies: [a, b]}}
        task_groups:
          h: {dependencies: c, tasks: {d: {operator: empty, dependencies: [g.a]}}}
      bare: {prefix_group_id: false, tasks: {e: {operator: empty, dependencies: [g.h.d, g]}}}
"""))
    assert edges(dag) == {("g.a", "g.c"), ("b", "g.c"), ("g.c", "g.h.d"), ("g.a", "g.h.d"), ("g.h.d", "e")}


def test_python_callables_callbacks_objects_and_custom_operators(dags_of, library):
    dag = one(dags_of(f"""
dags:
  x:
    on_failure_callback: {library}:tell
    user_defined_macros: {{thing: {{$object: "{library}:Thing", size: 3}}}}
    tasks:
      a:
        operator: python
        python_callable: {library}:work
        op_kwargs: {{n: {{$literal: {{$xcom: 1}}}}, f: {{$import: "{library}:work"}}, d: {{$duration: 5m}}, t: {{$datetime: 2026-01-31T03:00+01:00}}}}
        on_success_callback: [{library}.tell, {{$import: "{library}:tell"}}]
      b:
        operator: {library}.Fetch
        table: orders
        where: {{$xcom: a, key: where}}
        dependencies: a
      c: {{operator: airflow.operators.bash.BashOperator, bash_command: x}}
      d: {{operator: airflow.providers.snowflake.operators.snowflake.SnowflakeOperator, sql: select 1}}
"""))
    import importlib

    module = importlib.import_module(library)
    a = dag.get_task("a")
    assert a.python_callable is module.work
    assert a.op_kwargs == {
        "n": {"$xcom": 1}, "f": module.work, "d": dt.timedelta(minutes=5), "t": dt.datetime.fromisoformat("2026-01-31T03:00:00+01:00"),
    }  # fmt: skip
    assert a.on_success_callback == [module.tell, module.tell]
    assert dag.on_failure_callback is module.tell
    assert dag.user_defined_macros["thing"].size == 3
    assert (type(dag.get_task("b")), dag.get_task("b").table) == (module.Fetch, "orders")
    assert type(dag.get_task("c")) is BashOperator
    assert dag.get_task("d").stub_package == "apache-airflow-providers-snowflake"
    assert edges(dag) == {("a", "b")}


def test_mapping(dags_of, library):
    dag = one(dags_of(f"""
dags:
  x:
    tasks:
      pairs: {{operator: python, python_callable: "{library}:pair", op_kwargs: {{b: 1}}, expand: {{a: {{$xcom: list}}}}}}
      shells: {{operator: bash, partial: {{env: {{A: 1}}}}, expand: {{bash_command: [echo 1, echo 2]}}}}
      rows: {{operator: bash, expand_kwargs: [{{bash_command: a}}, {{bash_command: b, env: {{X: "1"}}}}]}}
      list: {{operator: python, python_callable: "{library}:work"}}
"""))
    spec = {task["task_id"]: task for task in serialize_dag(dag, file="x", dialect="3")["tasks"]}
    assert spec["pairs"]["map_length"] == [{"step": "xcom", "task_id": "list"}]
    assert "map_length" not in spec["list"]
    assert edges(dag) == {("list", "pairs")}
    made, _ = dag.get_task("shells").unmap({}, 1)
    assert (made.bash_command, made.env) == ("echo 2", {"A": "1"})
    made, _ = dag.get_task("rows").unmap({}, 1)
    assert (made.bash_command, made.env) == ("b", {"X": "1"})


def test_environment_is_text_as_written(dags_of):
    dag = one(dags_of("dags:\n  x:\n    tasks:\n      a: {operator: bash, bash_command: x, env: {A: 08, B: 2026-01-01, C: true, D: 1.50}}\n"))
    assert dag.get_task("a").env == {"A": "08", "B": "2026-01-01", "C": "true", "D": "1.50"}


def test_setup_and_teardown(dags_of):
    dag = one(dags_of("""
dags:
  x:
    tasks:
      up: {operator: empty, setup: true}
      work: {operator: empty, dependencies: up}
      down: {operator: empty, setups: up, dependencies: work, on_failure_fail_dagrun: true}
      last: {operator: empty, teardown: true}
"""))
    up, down = dag.get_task("up"), dag.get_task("down")
    assert (up.is_setup, down.is_teardown, down.on_failure_fail_dagrun, dag.get_task("last").is_teardown) == (True, True, True, True)
    assert edges(dag) == {("up", "work"), ("work", "down"), ("up", "down")}


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("'@hourly'", {"type": "cron_trigger", "crons": ["0 * * * *"]}),
        ("'*/5 * * * *'", {"type": "cron_trigger", "crons": ["*/5 * * * *"]}),
        ("'@once'", {"type": "once"}),
        ("null", {"type": "null"}),
        ("6h", {"type": "delta_trigger", "delta_ms": 21_600_000}),
        ("PT90M", {"type": "delta_trigger", "delta_ms": 5_400_000}),
        ("{every: 1d}", {"type": "delta_trigger", "delta_ms": 86_400_000}),
        ("{cron: '@daily'}", {"type": "cron_trigger"}),
        ("{timetable: CronDataIntervalTimetable, arguments: {cron: 0 3 * * *}}", {"type": "cron_data_interval", "timezone": "Asia/Tokyo"}),
        ("{timetable: CronTriggerTimetable, arguments: {cron: 0 3 * * *, interval: 1h}}", {"type": "cron_trigger", "interval_ms": 3_600_000}),
        ("{timetable: MultipleCronTriggerTimetable, arguments: {args: [0 3 * * *, 0 9 * * *], timezone: UTC}}", {"type": "cron_trigger", "timezone": "UTC"}),
        ("{cron: '@daily', assets: [a, b]}", {"type": "cron_trigger"}),
    ],
)
def test_schedules(dags_of, schedule, expected):
    dag = one(dags_of(f"dags:\n  x:\n    timezone: Asia/Tokyo\n    schedule: {schedule}\n    tasks: {{}}\n"))
    timetable = serialize_dag(dag, file="x", dialect="3")["timetable"]
    assert {key: timetable.get(key) for key in expected} == expected, timetable


def test_schedules_of_assets(dags_of):
    from vortex.assets.asset import Asset, AssetAlias

    dag = one(dags_of("dags:\n  x:\n    schedule: {assets: [s3://a, {any: [b, {alias: c}, {all: [d, {uri: 's3://e', extra: {k: 1}}]}]}]}\n    tasks: {}\n"))
    first = dag.schedule.objects[0]
    assert first == Asset("s3://a")
    inner = dag.schedule.objects[1]
    assert inner.objects[1] == AssetAlias("c")
    assert inner.objects[2].objects[1].extra == {"k": 1}


def test_params_with_json_schema(dags_of):
    dag = one(dags_of("dags:\n  x:\n    params: {plain: 3, map: {a: 1}, n: {type: integer, minimum: 1, default: 2, description: how many}, must: {type: string}}\n    tasks: {}\n"))
    assert {name: dag.params.get_param(name).dump() for name in dag.params} == {
        "plain": {"value": 3, "description": None, "schema": {}},
        "map": {"value": {"a": 1}, "description": None, "schema": {}},
        "n": {"value": 2, "description": "how many", "schema": {"type": "integer", "minimum": 1}},
        "must": {"value": None, "description": None, "schema": {"type": "string"}},
    }


def test_json_makes_the_same(dags_of):
    import json

    document = {"dags": {"x": {"schedule": "@daily", "tasks": [{"task_id": "a", "operator": "bash", "bash_command": "echo", "retry_delay": "1m"}]}}}
    dag = one(dags_of(json.dumps(document), "case.json"))
    assert dag.get_task("a").retry_delay == dt.timedelta(minutes=1)


def test_the_earlier_form_stays_valid(dags_of):
    dag = one(dags_of("""
id: old
name: Old one
schedule_interval: "@daily"
timezone: Europe/Berlin
max_active_runs: 1
catchup: false
sla_seconds: 60
tasks:
  - {id: wait, name: Wait, type: sensor, sensor_config: {sensor_type: file, poke_interval_secs: 5, timeout_secs: 60, mode: reschedule, config: {path: /tmp/x}}}
  - {id: there, type: sensor, sensor_config: {sensor_type: http, config: {url: "http://x/y", expected_status: 200}}}
  - {id: other, type: sensor, sensor_config: {sensor_type: external_task, config: {external_dag_id: d, external_task_id: t}}}
  - {id: rows, type: sensor, sensor_config: {sensor_type: sql, config: {conn_id: db, query: select 1}}}
  - {id: shell, type: bash, command: echo 1, dependencies: [wait, later]}
  - {id: later, type: python, code: "print(1)\\nresult = 2", task_group: g}
"""))
    kinds = {task.task_id: type(task).__name__ for task in dag.tasks}
    assert kinds == {
        "wait": "FileSensor", "there": "HttpSensor", "other": "ExternalTaskSensor", "rows": "SqlSensor", "shell": "BashOperator",
        "later": "PythonCodeOperator",
    }  # fmt: skip
    wait = dag.get_task("wait")
    assert (wait.filepath, wait.poke_interval, wait.timeout, wait.mode, wait.task_display_name) == ("/tmp/x", 5, 60, "reschedule", "Wait")
    assert (dag.dag_display_name, dag.max_active_runs, str(dag.timezone)) == ("Old one", 1, "Europe/Berlin")
    assert dag.get_task("later").task_group.group_id == "g"
    assert edges(dag) == {("wait", "shell"), ("later", "shell")}
    assert dag.get_task("later").execute({}) == 2


def test_other_files_are_left_alone(dags_of):
    assert dags_of("apiVersion: v1\n---\nkind: !Ref x\n") == {}
    assert dags_of("[1, 2]", "a.json") == {}


def test_aliases_of_tasks_make_tasks_of_their_own(dags_of):
    dag = one(dags_of("x-t: &t {operator: bash, bash_command: echo}\ndags:\n  x:\n    tasks:\n      a: *t\n      b: {<<: *t, retries: 1, dependencies: a}\n"))
    assert (dag.get_task("a").retries, dag.get_task("b").retries, edges(dag)) == (0, 1, {("a", "b")})
