import pytest

from vortex import DAG, Asset, EmptyOperator, Label, TaskGroup, chain, chain_linear, cross_downstream
from vortex.exceptions import AirflowDagCycleException, AirflowException, DuplicateTaskIdFound


@pytest.fixture
def abcd(empty):
    return [empty(name) for name in "abcd"]


def test_shifts_return_the_right_operand(dag, abcd, edges):
    a, b, c, d = abcd
    assert (a >> b) is b
    assert (d << c) is c
    assert edges(dag) == {("a", "b"), ("c", "d")}


def test_lists_on_both_sides(dag, abcd, edges):
    a, b, c, d = abcd
    a >> [b, c] >> d
    assert edges(dag) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


def test_set_upstream_and_downstream(dag, abcd, edges):
    a, b, c, d = abcd
    b.set_upstream(a)
    b.set_downstream([c, d])
    dag.set_dependency("a", "d")
    assert edges(dag) == {("a", "b"), ("b", "c"), ("b", "d"), ("a", "d")}


def test_labels(dag, abcd, spec):
    a, b, c, d = abcd
    a >> Label("one") >> b
    [a, b] >> Label("two") >> c
    d << Label("three") << c
    a.set_downstream(d, Label("four"))
    assert sorted(spec(dag)["edges"]) == [["a", "b", "one"], ["a", "c", "two"], ["a", "d", "four"], ["b", "c", "two"], ["c", "d", "three"]]


def test_chain(dag, empty, edges):
    a, b, c, d, e, f = (empty(name) for name in "abcdef")
    chain(a, [b, c], [d, e], f)
    assert edges(dag) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "e"), ("d", "f"), ("e", "f")}


def test_chain_with_labels(dag, abcd, spec):
    a, b, c, _ = abcd
    chain(a, [Label("x"), Label("y")], [b, c])
    assert spec(dag)["edges"] == [["a", "b", "x"], ["a", "c", "y"]]


def test_chain_refuses(abcd):
    a, b, c, d = abcd
    with pytest.raises(AirflowException, match="different lengths, 2 and 1"):
        chain([a, b], [c])
    with pytest.raises(TypeError, match="Chain not supported between str"):
        chain(a, "b")


def test_chain_linear(dag, abcd, edges):
    a, b, c, d = abcd
    chain_linear(a, [b, c], [], d)
    assert edges(dag) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}
    with pytest.raises(ValueError):
        chain_linear(a)


def test_cross_downstream(dag, abcd, edges):
    a, b, c, d = abcd
    cross_downstream([a, b], [c, d])
    assert edges(dag) == {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")}


def test_what_cannot_be_connected(dag, abcd):
    a = abcd[0]
    with pytest.raises(AirflowException, match="received str 'b'"):
        a >> "b"
    with pytest.raises(AirflowException, match="cannot depend on itself"):
        a >> a
    with pytest.raises(AirflowException, match="must be called"):
        a >> (lambda: None)
    with pytest.raises(TypeError):
        [a] >> [a]
    other = EmptyOperator(task_id="x", dag=DAG("other", schedule=None))
    with pytest.raises(AirflowException, match="of DAG 'd' run before 'x' of DAG 'other'"):
        a >> other


def test_tasks_without_a_dag():
    with pytest.raises(AirflowException, match="neither belongs to a DAG"):
        EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")


def test_a_cycle_is_named(dag, abcd, spec):
    a, b, c, d = abcd
    a >> b >> c >> b
    c >> d
    with pytest.raises(AirflowDagCycleException, match="'d' has a cycle: b -> c -> b"):
        spec(dag)


def test_groups(dag, empty, edges):
    start, end = empty("start"), empty("end")
    with TaskGroup("g") as group:
        a, b, c = empty("a"), empty("b"), empty("c")
        a >> b
        with TaskGroup("inner") as inner:
            d = empty("d")
        b >> inner
    start >> group >> end
    assert d.task_id == "g.inner.d" and d.label == "d"
    assert edges(dag) == {
        ("g.a", "g.b"),
        ("g.b", "g.inner.d"),
        ("start", "g.a"),
        ("start", "g.c"),
        ("g.c", "end"),
        ("g.inner.d", "end"),
    }
    assert c.task_id == "g.c"


def test_lists_of_groups(dag, empty, edges):
    groups = []
    for name in ("x", "y"):
        with TaskGroup(name) as group:
            empty("t")
        groups.append(group)
    empty("start") >> groups >> empty("end")
    assert edges(dag) == {("start", "x.t"), ("start", "y.t"), ("x.t", "end"), ("y.t", "end")}


def test_group_without_prefix(dag, empty, spec):
    with TaskGroup("g", prefix_group_id=False):
        task = empty("a")
    assert task.task_id == "a"
    found = spec(dag)
    assert found["tasks"][0]["group_id"] == "g"
    assert found["task_groups"] == [{"group_id": "g", "label": "g", "parent_id": None, "tooltip": "", "ui_color": "CornflowerBlue"}]


def test_empty_groups_pass_on(dag, empty, edges):
    a, b = empty("a"), empty("b")
    with TaskGroup("g1") as one:
        pass
    with TaskGroup("g2") as two:
        pass
    a >> one >> two >> b
    assert edges(dag) == {("a", "b")}


def test_a_group_that_is_filled_after_it_was_connected(dag, empty, edges):
    group = TaskGroup("g")
    empty("a") >> group
    with group:
        empty("t")
    assert edges(dag) == {("a", "g.t")}


def test_group_ids_are_unique(dag, empty):
    TaskGroup("g")
    with pytest.raises(DuplicateTaskIdFound, match="'g' has already been added"):
        TaskGroup("g")
    assert TaskGroup("g", add_suffix_on_collision=True).group_id == "g__1"
    with pytest.raises(AirflowException, match="group_id 'a.b' may consist of"):
        TaskGroup("a.b")


def test_a_group_outside_of_a_with_block(edges):
    dag = DAG("x", schedule=None)
    with TaskGroup("g", dag=dag) as group:
        task = EmptyOperator(task_id="a")
    assert (task.task_id, task.dag) == ("g.a", dag)
    EmptyOperator(task_id="b", dag=dag) >> group
    assert edges(dag) == {("b", "g.a")}


def test_a_dag_inside_another_s_group_starts_without_it(dag, empty):
    with TaskGroup("g"):
        with DAG("inner", schedule=None):
            assert EmptyOperator(task_id="a").task_id == "a"
        assert empty("b").task_id == "g.b"


def test_teardown_is_no_leaf_of_a_group(dag, empty, spec, edges):
    with TaskGroup("g") as group:
        make, work, remove = empty("make"), empty("work"), empty("remove")
        make >> work >> remove.as_teardown(setups=make)
    group >> empty("after")
    assert ("g.work", "after") in edges(dag) and ("g.remove", "after") not in edges(dag)
    found = {task["task_id"]: task for task in spec(dag)["tasks"]}
    assert found["g.make"]["is_setup"] and found["g.remove"]["is_teardown"]
    assert found["g.remove"]["trigger_rule"] == "all_done_setup_success"


def test_with_teardown_wraps_the_work(dag, empty, edges):
    make, remove = empty("make"), empty("remove")
    with remove.as_teardown(setups=make):
        empty("one") >> empty("two")
    assert edges(dag) == {("make", "remove"), ("make", "one"), ("one", "two"), ("two", "remove")}


def test_greater_than_is_no_dependency(dag, abcd, monkeypatch):
    a, b, *_ = abcd
    monkeypatch.setattr("vortex.definitions.lineage.current_dialect", lambda: "2")
    assert (a > b > a) is b and not a.downstream_task_ids and not a.outlets
    assert a.notices == ["> between tasks makes no dependency and is ignored; >> makes one"]
    assert (a > Asset("out")) is a and [asset.name for asset in a.outlets] == ["out"]
    assert (Asset("in") > a) is a and [asset.name for asset in a.inlets] == ["in"]
    with pytest.raises(TypeError, match="'table' is no asset"):
        a > "table"
    monkeypatch.setattr("vortex.definitions.lineage.current_dialect", lambda: "3")
    with pytest.raises(TypeError, match=">> makes a dependency"):
        a > b
