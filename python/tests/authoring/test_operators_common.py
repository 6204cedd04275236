import datetime as dt

import pytest

from vortex import DAG, BaseOperator, BashOperator, EmptyOperator, PythonOperator, TaskGroup, TriggerRule
from vortex.exceptions import AirflowException, DuplicateTaskIdFound

from .conftest import START

# Every common argument of Airflow 1.10 to 3.x (airflow-compat 3.3), with `secrets` of VORTEX.
ARGUMENTS = {
    "owner": "me",
    "email": "me@example.com",
    "email_on_retry": False,
    "email_on_failure": False,
    "retries": 3,
    "retry_delay": 30,
    "retry_exponential_backoff": True,
    "max_retry_delay": dt.timedelta(minutes=10),
    "start_date": dt.datetime(2026, 2, 1),
    "end_date": dt.datetime(2026, 3, 1),
    "depends_on_past": True,
    "ignore_first_depends_on_past": False,
    "wait_for_past_depends_before_skipping": True,
    "wait_for_downstream": True,
    "params": {"p": 1},
    "default_args": {},
    "priority_weight": 7,
    "weight_rule": "upstream",
    "queue": "q",
    "pool": "p",
    "pool_slots": 2,
    "sla": dt.timedelta(hours=1),
    "execution_timeout": dt.timedelta(minutes=1),
    "on_execute_callback": print,
    "on_failure_callback": [print],
    "on_success_callback": print,
    "on_retry_callback": print,
    "on_skipped_callback": print,
    "pre_execute": print,
    "post_execute": print,
    "trigger_rule": "all_done",
    "resources": {"cpus": 1},
    "run_as_user": "nobody",
    "map_index_template": "{{ ds }}",
    "task_concurrency": 4,
    "max_active_tis_per_dagrun": 5,
    "executor": "x",
    "executor_config": {"a": 1},
    "do_xcom_push": False,
    "multiple_outputs": False,
    "inlets": [],
    "outlets": [],
    "doc": "d",
    "doc_md": "m",
    "doc_json": "{}",
    "doc_yaml": "y",
    "doc_rst": "r",
    "task_display_name": "T",
    "logger_name": "l",
    "allow_nested_operators": True,
    "provide_context": True,
    "xcom_push": True,
    "adhoc": True,
    "secrets": {"DB": "db.password"},
}


def test_every_common_argument(dag, spec, task_spec, schema_errors):
    task = EmptyOperator(task_id="t", **ARGUMENTS)
    found = task_spec(task)
    assert schema_errors([spec(dag)]) == [[]]
    expected = {
        "owner": "me",
        "retries": 3,
        "retry_delay_ms": 30_000,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay_ms": 600_000,
        "start_date": "2026-02-01T00:00:00.000Z",
        "end_date": "2026-03-01T00:00:00.000Z",
        "depends_on_past": True,
        "wait_for_downstream": True,
        "priority_weight": 7,
        "weight_rule": "upstream",
        "queue": "q",
        "pool": "p",
        "pool_slots": 2,
        "execution_timeout_ms": 60_000,
        "trigger_rule": "all_done",
        "max_active_tis_per_dag": 4,
        "max_active_tis_per_dagrun": 5,
        "do_xcom_push": False,
        "doc_md": "m",
        "task_display_name": "T",
        "secrets": {"DB": "db.password"},
        "callbacks": ["execute", "success", "failure", "retry", "skipped"],
        "kind": "python",
    }
    assert {name: found[name] for name in expected} == expected
    assert len(spec(dag)["notices"]) == 5


def test_defaults(dag, task_spec):
    found = task_spec(EmptyOperator(task_id="t"))
    expected = {
        "retries": 0,
        "retry_delay_ms": 300_000,
        "retry_exponential_backoff": 0.0,
        "execution_timeout_ms": None,
        "pool": "default_pool",
        "queue": "default",
        "priority_weight": 1,
        "weight_rule": "downstream",
        "trigger_rule": "all_success",
        "owner": "airflow",
        "kind": "empty",
    }
    assert {name: found[name] for name in expected} == expected


def test_default_args_precedence():
    """explicit, then the operator's default_args, then inner group, outer group, DAG."""
    with DAG("d", schedule=None, default_args={"retries": 1, "owner": "dag", "queue": "dag", "pool": "dag", "priority_weight": 1}):
        with TaskGroup("outer", default_args={"retries": 2, "owner": "outer", "queue": "outer", "pool": "outer"}):
            with TaskGroup("inner", default_args={"retries": 3, "owner": "inner", "queue": "inner"}):
                task = EmptyOperator(task_id="t", default_args={"retries": 4, "owner": "operator"}, retries=5)
    assert (task.retries, task.owner, task.queue, task.pool, task.priority_weight) == (5, "operator", "inner", "outer", 1)


def test_default_args_are_copied_and_may_hold_anything():
    given = {"retries": 1, "depends_onpast": True, "postgres_conn_id": "x", "start_date": "2026-01-01", "catchup": False}
    with DAG("d", schedule=None, default_args=given):
        task = EmptyOperator(task_id="t")
    assert given["start_date"] == "2026-01-01"
    assert task.start_date.year == 2026
    assert task.notices == []


class Copies(BaseOperator):
    """A class as authors write them: Airflow 1 style, a required argument, everything else passed on."""

    template_fields = ("sql",)
    template_ext = (".sql",)
    ui_color = "#abc"

    def __init__(self, sql, conn_id, rows=10, *args, **kwargs):
        super(Copies, self).__init__(*args, **kwargs)
        self.sql = sql
        self.conn_id = conn_id
        self.rows = rows

    def execute(self, context):
        return self.sql


class CopiesTwice(Copies):
    def __init__(self, times=2, **kwargs):
        super().__init__(**kwargs)
        self.times = times


def test_default_args_fill_required_arguments_of_every_class_in_the_chain():
    with DAG("d", schedule=None, default_args={"conn_id": "db", "times": 3, "retries": 2, "rows": 5}):
        task = CopiesTwice(task_id="t", sql="select 1", rows=6)
    assert (task.conn_id, task.times, task.retries, task.rows) == ("db", 3, 2, 6)


def test_positional_arguments_of_airflow_1(dag):
    task = Copies("select 1", "db", task_id="t")
    assert (task.sql, task.conn_id) == ("select 1", "db")


def test_a_missing_argument_is_named(dag):
    with pytest.raises(AirflowException, match="Copies of task 't' is missing the keyword argument 'conn_id'"):
        Copies(task_id="t", sql="x")
    with pytest.raises(AirflowException, match="missing the keyword argument 'task_id'"):
        EmptyOperator()


def test_a_constructor_that_forgets_super(dag):
    class Forgets(BaseOperator):
        def __init__(self, **kwargs):
            pass

    with pytest.raises(AirflowException, match="did not call super"):
        Forgets(task_id="t")


@pytest.mark.parametrize("kind", [AirflowException, TypeError])
def test_unknown_arguments_are_refused_with_the_name_that_was_meant(dag, kind):
    words = r"passed to BashOperator \(task_id: t\). Invalid arguments were: retires \(did you mean retries\?\), token.$"
    with pytest.raises(kind, match=words):
        BashOperator(task_id="t", bash_command="x", retires=1, token="hunter2")
    assert "t" not in dag.task_dict


def test_a_mapped_operator_refuses_unknown_arguments_too(dag):
    with pytest.raises(TypeError, match=r"retires \(did you mean retries\?\)"):
        BashOperator.partial(task_id="t", retires=1).expand(bash_command=["a", "b"])
    with pytest.raises(TypeError, match="Invalid arguments were: comand"):
        BashOperator.partial(task_id="t").expand(comand=["a", "b"])
    BashOperator.partial(task_id="t", retries=1).expand(bash_command=["a", "b"])


def test_arguments_that_airflow_1_had_are_tolerated(dag, spec):
    BashOperator(task_id="t", bash_command="x", provide_context=True, xcom_push=True)
    assert spec(dag)["notices"] == []


@pytest.mark.parametrize(
    "argument, value, words",
    [
        ("trigger_rule", "all_sucess", "Did you mean 'all_success'"),
        ("weight_rule", "up", "weight rule 'up'"),
        ("retries", "many", "retries must be a whole number"),
        ("retries", -1, "retries must be 0 or more"),
        ("retry_delay", "5m", "retry_delay must be a timedelta or a number"),
        ("retry_delay", -5, "negative"),
        ("pool_slots", 0, "pool_slots must be 1 or more"),
        ("task_id", "a b", "may consist of"),
        ("task_id", "Größe 1", "letters, digits.* only. Any other text can be its task_display_name"),
        ("secrets", {"A-B": "x"}, "cannot be the name of an environment variable"),
        ("start_date", "soon", "not a date"),
    ],
)
def test_malformed_arguments(dag, argument, value, words):
    with pytest.raises(AirflowException, match=words):
        EmptyOperator(**{"task_id": "t", argument: value})


def test_execution_timeout_is_a_timedelta(dag):
    with pytest.raises(ValueError, match="must be a timedelta"):
        EmptyOperator(task_id="t", execution_timeout=60)


def test_old_trigger_rules(dag, task_spec):
    assert task_spec(EmptyOperator(task_id="a", trigger_rule="dummy"))["trigger_rule"] == "always"
    assert task_spec(EmptyOperator(task_id="b", trigger_rule="none_failed_or_skipped"))["trigger_rule"] == "none_failed_min_one_success"
    assert TriggerRule.ALL_DONE == "all_done" and str(TriggerRule.ALL_DONE) == "all_done"


def test_duplicate_task_ids(dag):
    EmptyOperator(task_id="a")
    with pytest.raises(DuplicateTaskIdFound, match="Task id 'a' has already been added to the DAG 'd'|task id 'a' has already been added"):
        EmptyOperator(task_id="a")
    with TaskGroup("g"):
        pass
    with pytest.raises(DuplicateTaskIdFound, match="'g' has already been added"):
        EmptyOperator(task_id="g")


def test_secrets_as_a_list(dag):
    assert EmptyOperator(task_id="t", secrets=["TOKEN", "db.password"]).secrets == {"TOKEN": "TOKEN", "db_password": "db.password"}


def test_the_dag_of_a_task():
    one = DAG("one", schedule=None)
    with DAG("two", schedule=None) as two:
        inside, elsewhere = EmptyOperator(task_id="a"), EmptyOperator(task_id="a", dag=one)
    assert (inside.dag, elsewhere.dag) == (two, one)
    alone = EmptyOperator(task_id="b")
    with pytest.raises(AirflowException, match="has not been assigned to a DAG"):
        alone.dag
    inside >> alone
    assert alone.dag is two
    with pytest.raises(AirflowException, match="belongs to DAG 'two' already"):
        alone.dag = one


def test_python_callable_must_be_callable(dag):
    with pytest.raises(AirflowException, match="must be something that can be called"):
        PythonOperator(task_id="t", python_callable="print")


def test_hooks_around_execute(dag):
    calls = []
    task = EmptyOperator(task_id="t", pre_execute=calls.append, post_execute=lambda context, result: calls.append(result))
    task.pre_execute({"ds": 1})
    task.post_execute({}, "result")
    assert calls == [{"ds": 1}, "result"]


def test_an_operator_without_execute(dag):
    with pytest.raises(NotImplementedError, match="has no execute"):
        BaseOperator(task_id="t").execute({})


def test_relatives(dag):
    a, b, c = (EmptyOperator(task_id=name) for name in "abc")
    a >> b >> c
    assert a.get_flat_relative_ids(upstream=False) == {"b", "c"}
    assert [task.task_id for task in c.get_direct_relatives(upstream=True)] == ["b"]
    assert dag.roots == [a] and dag.leaves == [c]
    assert [task.task_id for task in dag.topological_sort()] == ["a", "b", "c"]


def test_a_task_starts_no_earlier_than_its_dag():
    with DAG("d", schedule=None, start_date=START):
        assert EmptyOperator(task_id="t", start_date=dt.datetime(2020, 1, 1)).start_date.year == 2026
