"""Dynamic task mapping at load time: what a mapped task depends on, how many instances it will have, what is refused."""
import pytest

from vortex import BashOperator, TaskGroup, task, task_group


@task
def source():
    return [1, 2]


@task
def plain(x, y=2):
    return x + y


def literal(length):
    return {"step": "literal", "length": length}


def xcom(task_id):
    return {"step": "xcom", "task_id": task_id}


def test_a_mapped_task_is_one_task_with_its_dependencies(dag, edges, task_spec, schema_errors, spec):
    mapped = plain.partial(y=source()).expand(x=source())
    again = BashOperator.partial(task_id="b", retries=2, env={"A": source()}).expand(bash_command=["a", "b"])
    mapped >> again
    assert edges(dag) == {("source", "plain"), ("source__1", "plain"), ("source__2", "b"), ("plain", "b")}
    found = task_spec(again)
    assert (found["operator"], found["retries"], found["kind"], found["bash"]) == ("BashOperator", 2, "python", None)
    assert schema_errors([spec(dag)]) == [[]]


@pytest.mark.parametrize(
    "expand, program",
    [
        (lambda: plain.expand(x=[1, 2, 3]), [literal(3)]),
        (lambda: plain.expand(x={"a": 1}), [literal(1)]),
        (lambda: plain.expand(x=[]), [literal(0)]),
        (lambda: plain.expand(x=[1, 2], y=source()), [literal(2), xcom("source"), {"step": "product", "of": 2}]),
        (lambda: plain.expand(x=source().map(str)), [xcom("source")]),
        (lambda: plain.expand(x=source().zip(source())), [xcom("source"), xcom("source__1"), {"step": "shortest", "of": 2}]),
        (lambda: plain.expand(x=source().zip(source(), fillvalue=0)), [xcom("source"), xcom("source__1"), {"step": "longest", "of": 2}]),
        (lambda: plain.expand(x=source().concat(source())), [xcom("source"), xcom("source__1"), {"step": "sum", "of": 2}]),
        (lambda: plain.partial(y=1).expand_kwargs([{"x": 1}, {"x": 2}]), [literal(2)]),
        (lambda: plain.expand_kwargs(source()), [xcom("source")]),
    ],
)
def test_how_many_instances(dag, task_spec, expand, program, schema_errors, spec):
    assert task_spec(expand().operator)["map_length"] == program
    assert schema_errors([spec(dag)]) == [[]]


def test_the_result_of_a_bash_task_that_is_mapped_over_needs_python(dag, task_spec):
    lines = BashOperator(task_id="lines", bash_command="echo")
    other = BashOperator(task_id="other", bash_command="echo")
    plain.expand(x=lines.output)
    assert (task_spec(lines)["kind"], task_spec(other)["kind"]) == ("python", "bash")


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda: plain.expand(), "needs at least one argument"),
        (lambda: plain.expand(x="text"), "unexpected type 'str' for keyword argument 'x'"),
        (lambda: plain.expand(x=3), "unexpected type 'int'"),
        (lambda: plain.partial(x=1).expand(x=[1]), "mapping already partial argument: x"),
        (lambda: plain.expand(z=[1]), "unexpected keyword argument 'z'"),
        (lambda: plain.expand(x=source()["part"]), "custom key 'part'"),
        (lambda: plain.expand_kwargs([1]), r"expects a list\[dict\]"),
        (lambda: plain.expand_kwargs({"x": 1}), "takes a list of dicts"),
        (lambda: plain.partial(x=1).expand_kwargs([{"x": 1}]), "mapping already partial argument: x"),
        (lambda: BashOperator.partial(task_id="b").expand(task_id=["a"]), "cannot be mapped: task_id"),
        (lambda: BashOperator.partial(task_id="b").expand(bash_comand=["a"]), "bash_comand"),
        (lambda: source().map(plain), "takes a plain function"),
    ],
)
def test_what_cannot_be_mapped(dag, wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        wrong()


def test_a_mapped_group(dag, edges, spec, schema_errors):
    @task_group
    def each(item, fixed):
        first = plain(item)
        plain(first, y=fixed)

    after = plain(1)
    each.partial(fixed=source()).expand(item=source()) >> after
    found = spec(dag)
    assert [(group["group_id"], group.get("map_length")) for group in found["task_groups"]] == [("each", [xcom("source__1")])]
    assert edges(dag) == {
        ("source__1", "each.plain"),
        ("source", "each.plain__1"),
        ("each.plain", "each.plain__1"),
        ("each.plain__1", "plain"),
    }
    assert schema_errors([found]) == [[]]


def test_nothing_is_mapped_within_a_mapped_group(dag):
    @task_group
    def inner(item):
        plain(item)

    @task_group
    def outer(item):
        plain.expand(x=[1])

    @task_group
    def nested(item):
        inner.expand(item=[1])

    for wrong in (outer, nested):
        with pytest.raises(NotImplementedError, match="mapped|expanded"):
            wrong.expand(item=[1])


def test_the_argument_of_a_mapped_group_is_no_value_yet(dag):
    @task_group
    def each(item):
        BashOperator(task_id="b", bash_command=f"echo {item}")

    with pytest.raises(TypeError, match="has no value before a task runs"):
        each.expand(item=[1])


def test_a_plain_group_within_a_mapped_one_is_mapped_with_it(dag):
    @task_group
    def each(item):
        with TaskGroup("inner"):
            plain(item)

    inner = each.expand(item=[1, 2]).children["each.inner"]
    made = inner.children["each.inner.plain"]
    assert (made.is_mapped, made.mapped_group.group_id) == (True, "each")


def test_a_mapped_group_gives_what_its_function_returns(dag):
    @task_group
    def each(item):
        return plain(item)

    assert each.expand(item=[1, 2]).operator.task_id == "each.plain"
    # Tasks elsewhere take the results of all of its instances.
    plain.override(task_id="after").expand(x=each.override(group_id="again").expand(item=source()))
    assert dag.task_dict["after"].upstream_task_ids == {"again.plain"}


def test_a_mapped_task_is_a_setup_of_a_teardown(dag):
    setup = plain.expand(x=[1, 2]).operator
    teardown = source().operator.as_teardown(setups=setup)
    assert setup.is_setup and teardown.upstream_task_ids == {"plain"}
