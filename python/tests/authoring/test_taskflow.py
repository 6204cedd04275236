from collections.abc import Mapping
from typing import Dict, TypedDict

import pytest

from vortex import DAG, BashOperator, Param, TaskGroup, XComArg, registry, setup, task, task_group, teardown
from vortex import dag as dag_decorator

from .conftest import START


class TI:
    """What XComArg.resolve asks of a task instance."""

    def __init__(self, values=None):
        self.values = values or {}
        self.skipped = None

    def xcom_pull(self, task_ids, dag_id, key, default):
        return self.values.get((task_ids, key), default)

    def skip(self, task_ids):
        self.skipped = list(task_ids)


@task
def plain(x, y=2):
    return x + y


def test_names_of_repeated_calls(dag):
    ids = [plain(1).operator.task_id for _ in range(3)]
    assert ids == ["plain", "plain__1", "plain__2"]
    with TaskGroup("g"):
        assert [plain(1).operator.task_id for _ in range(2)] == ["g.plain", "g.plain__1"]
    assert plain.override(task_id="plain__1")(1).operator.task_id == "plain__3"


def test_arguments_are_bound_at_load(dag):
    with pytest.raises(TypeError, match=r"plain\(\): missing a required argument: 'x'"):
        plain()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        plain(1, z=3)


def test_context_names_need_not_be_given(dag):
    @task
    def f(ti, x, ds=None, **kwargs):
        return x, ds, sorted(kwargs)

    made = f(x=1).operator
    assert made.execute({"ti": 5, "ds": "2026-01-01", "run_id": "r"}) == (1, "2026-01-01", ["run_id", "templates_dict"])


def test_a_default_for_a_context_name_is_refused(dag):
    with pytest.raises(ValueError, match="'ds' is filled in from the context"):

        @task
        def f(ds="today"):
            pass


def test_words_that_became_context_names_later_stay_ordinary(dag):
    @task
    def f(start_date, reason="none"):
        return start_date, reason

    assert f("2026-01-01").operator.execute({"start_date": "context", "reason": "context"}) == ("2026-01-01", "none")


def test_dependencies_follow_from_arguments(dag, edges):
    first = plain(1)
    second = plain.override(task_id="second")({"nested": [first]}, y=first["key"])
    assert isinstance(second, XComArg)
    third = plain.override(task_id="third")(1)
    second >> third
    assert edges(dag) == {("plain", "second"), ("second", "third")}


def test_override_keeps_the_rest(dag):
    f = task(retries=3, pool="p")(lambda: None)
    made = f.override(task_id="t", retries=5)().operator
    assert (made.retries, made.pool, made.task_id) == (5, "p", "t")


class Row(TypedDict):
    a: int


@pytest.mark.parametrize(
    "annotation, expected", [(dict, True), (Dict[str, int], True), (Mapping, True), (Row, True), (list, False), (str, False), (None, False)]
)
def test_multiple_outputs_are_inferred(dag, annotation, expected):
    def f():
        return None

    f.__annotations__["return"] = annotation
    assert task(f)().operator.multiple_outputs is expected
    assert task(f, multiple_outputs=False)().operator.multiple_outputs is False


def test_annotations_that_cannot_be_read(dag):
    def f() -> "OnlyForTypeCheckers":  # noqa: F821
        return None

    assert task(f)().operator.multiple_outputs is False


def test_spec_of_a_task_function(dag, task_spec):
    @task(retries=2, trigger_rule="all_done")
    def f(text):
        """Says something."""

    found = task_spec(f("{{ ds }}").operator)
    assert (found["operator"], found["kind"], found["doc_md"], found["retries"], found["trigger_rule"]) == (
        "@task",
        "python",
        "Says something.",
        2,
        "all_done",
    )
    assert found["template_fields"] == {"op_args": ["{{ ds }}"]}


def test_branch_and_short_circuit(dag, empty):
    @task.branch
    def choose():
        return "a"

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def go_on():
        return False

    branch, gate = choose().operator, go_on().operator
    a, b, c = empty("a"), empty("b"), empty("c")
    branch >> [a, b]
    gate >> a >> c
    ti = TI()
    assert branch.execute({"ti": ti, "task": branch}) == "a" and ti.skipped == ["b"]
    assert gate.execute({"ti": ti, "task": gate}) is False and ti.skipped == ["a"]


def test_methods_are_refused():
    class C:
        @task
        def f(self):
            pass

    with pytest.raises(TypeError, match="does not support methods"):
        C().f()


def test_unknown_kinds_load_and_fail(dag, task_spec):
    @task.kubernetes(image="x")
    def f():
        pass

    made = f().operator
    found = task_spec(made)
    assert (found["operator"], found["stub_package"]) == ("@task.kubernetes", "apache-airflow-providers-cncf-kubernetes")
    with pytest.raises(Exception, match="apache-airflow-providers-cncf-kubernetes"):
        made.execute({})


def test_a_bash_task_is_no_stub(dag, task_spec):
    @task.bash(env={"A": "1"}, retries=2)
    def f(name):
        return f"echo {name}"

    made = f("x").operator
    found = task_spec(made)
    assert (found["operator"], found["kind"], found["stub_package"], found["retries"]) == ("@task.bash", "python", None, 2)
    assert found["template_fields"] == {"op_args": ["x"], "env": {"A": "1"}}


def test_setup_and_teardown(dag, spec):
    @setup
    def make():
        pass

    @teardown(on_failure_fail_dagrun=True)
    @task
    def remove():
        pass

    make() >> plain(1) >> remove()
    found = {item["task_id"]: item for item in spec(dag)["tasks"]}
    assert found["make"]["is_setup"] and not found["plain"]["is_setup"]
    assert found["remove"]["is_teardown"] and found["remove"]["on_failure_fail_dagrun"]


def test_xcom_arg(dag):
    producer = BashOperator(task_id="p", bash_command="x")
    output = producer.output
    assert str(output) == "{{ task_instance.xcom_pull(task_ids='p', dag_id='d') }}"
    assert f"{output['k']}" == "{{ task_instance.xcom_pull(task_ids='p', dag_id='d', key='k') }}"
    ti = TI({("p", "return_value"): 5, ("p", "k"): 6})
    assert (output.resolve({"ti": ti}), output["k"].resolve({"ti": ti})) == (5, 6)
    assert output.resolve({"ti": TI()}) is None
    with pytest.raises(Exception, match="has not pushed an XCom with key 'k'"):
        output["k"].resolve({"ti": TI()})
    with pytest.raises(TypeError, match="not iterable"):
        list(output)
    with pytest.raises(ValueError, match="only supports str lookup"):
        output[0]


def test_xcom_args_in_any_template_field(dag, edges):
    producer = BashOperator(task_id="p", bash_command="x")
    BashOperator(task_id="c", bash_command=producer.output, env={"A": producer.output})
    late = BashOperator(task_id="late", bash_command="x")
    late.env = {"A": producer.output}
    assert edges(dag) == {("p", "c"), ("p", "late")}


def test_dag_decorator(spec):
    @dag_decorator(schedule="@daily", start_date=START, params={"typed": Param(1, type="integer")})
    def my_dag(name="x", typed=Param()):
        """Words."""
        BashOperator(task_id="t", bash_command=name)

    made = my_dag("y")
    found = spec(made)
    assert (made.dag_id, found["doc_md"]) == ("my_dag", "Words.")
    assert found["params"]["name"]["value"] == "y"
    assert found["params"]["typed"]["schema"] == {"type": "integer"}
    assert made.get_task("t").bash_command.resolve({"params": {"name": "run"}}) == "run"
    assert dag_decorator(lambda: None).__wrapped__


def test_dag_decorator_without_arguments():
    @dag_decorator
    def other():
        plain(1)

    assert other().task_ids == ["plain"]


def test_task_group_decorator(dag, spec, edges):
    @task_group(default_args={"retries": 4})
    def part(x):
        """About the part."""
        return plain(x)

    first = part(1)
    second = part(first)
    assert [first.operator.task_id, second.operator.task_id] == ["part.plain", "part__1.plain"]
    assert first.operator.retries == 4
    assert edges(dag) == {("part.plain", "part__1.plain")}
    assert [(g["group_id"], g["tooltip"]) for g in spec(dag)["task_groups"]] == [
        ("part", "About the part."),
        ("part__1", "About the part."),
    ]


def test_task_group_that_returns_nothing_is_an_operand(dag, empty, edges):
    @task_group(group_id="g")
    def part():
        empty("a")

    empty("start") >> part() >> empty("end")
    assert edges(dag) == {("start", "g.a"), ("g.a", "end")}


def test_registry_finds_dags(tmp_path):
    import types

    registry.begin_load(str(tmp_path / "f.py"), "2")
    module = types.ModuleType("f")
    module.bound = DAG("bound")
    with DAG("block"):
        pass

    @dag_decorator
    def made():
        pass

    made()
    DAG("dropped")
    with DAG("hidden", auto_register=False):
        pass
    assert registry.current_dialect() == "2"
    found = registry.finish_load(module)
    assert sorted(found) == ["block", "bound", "made"]
    assert found["bound"].dialect == "2"
    assert registry.loading_file() is None


def test_registry_refuses_two_dags_of_one_id(tmp_path):
    import types

    registry.begin_load(str(tmp_path / "f.py"), "3")
    module = types.ModuleType("f")
    module.one, module.two, module.same = DAG("x"), DAG("x"), None
    with pytest.raises(Exception, match="two DAGs with the id 'x'"):
        registry.finish_load(module)


def test_default_args_fill_parameters_of_functions(task_spec):
    @task
    def slice_of(date, kind="all"):
        return date, kind

    with DAG("d", default_args={"date": "{{ ds }}", "kind": "new"}, schedule=None) as dag:
        left_out = slice_of().operator
        given = slice_of("2026-01-01", kind="old").operator
        with TaskGroup("g", default_args={"kind": "inner"}):
            grouped = slice_of().operator
    assert (left_out.op_args, left_out.op_kwargs) == ((), {"date": "{{ ds }}", "kind": "new"})
    assert (given.op_args, given.op_kwargs) == (("2026-01-01",), {"kind": "old"})
    assert grouped.op_kwargs == {"date": "{{ ds }}", "kind": "inner"}
    assert dag.task_ids == ["slice_of", "slice_of__1", "g.slice_of"]
