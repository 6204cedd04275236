"""Instances of mapped tasks: which values each of them gets, and what a task must return that others are mapped over."""
import pytest

HEAD = """
from vortex import DAG, BashOperator, task, task_group
from vortex.exceptions import AirflowSkipException
with DAG("d", schedule=None, default_args={"retries": 1}) as dag:
    @task
    def source():
        return VALUE
    @task
    def show(a=None, b=None, ti=None):
        return [a, b]
"""


def load(runner, body, value="[10, 20]"):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    runner.text = HEAD.replace("VALUE", value) + lines + "\n"
    return runner.load(runner.text)


def values(runner, count, task_id="show"):
    """Each instance runs in a process of its own; here the file is loaded again for each."""
    return [runner.load(runner.text).value(task_id=task_id, map_index=index) for index in range(count)]


def test_all_combinations_the_last_argument_varies_fastest(runner):
    load(runner, "show.expand(a=[1, 2], b={'x': 3, 'y': 4})")
    assert values(runner, 4) == [[1, ("x", 3)], [1, ("y", 4)], [2, ("x", 3)], [2, ("y", 4)]]


def test_over_what_a_task_returned(runner):
    load(runner, "show.partial(b='{{ ds }}').expand(a=source())")
    runner.channel.put("source", [10, 20])
    assert values(runner, 2) == [[10, "2024-02-29"], [20, "2024-02-29"]]
    # Each instance asks for its item, not for all of them.
    assert [params.get("index") for method, params in runner.channel.requests if method.startswith("xcom.")] == [0, 1]


def test_literals_are_templates_and_what_tasks_made_is_not(runner):
    load(runner, "show.expand(a=['{{ ds }}'], b=source())")
    runner.channel.put("source", ["{{ ds }}"])
    assert values(runner, 1) == [["2024-02-29", "{{ ds }}"]]


def test_over_the_instances_of_a_mapped_task(runner):
    load(runner, "show.override(task_id='second').expand(a=show.expand(a=[1, 2, 3]))")
    runner.channel.put("show", "c", map_index=2)
    runner.channel.put("show", "a", map_index=0)
    assert values(runner, 2, "second") == [["a", None], ["c", None]]


def test_all_results_of_a_mapped_task_for_one_that_is_not_mapped(runner):
    load(runner, "show.override(task_id='all')(show.expand(a=[1, 2]))")
    assert runner.value(task_id="all") == [[], None]
    runner.load(runner.text)
    runner.channel.put("show", "b", map_index=1)
    runner.channel.put("show", "a", map_index=0)
    assert runner.value(task_id="all") == [["a", "b"], None]


def test_map_zip_and_concat(runner):
    body = """
    one, two = source(), source()
    show.expand(a=one.map(lambda n: n + 1).map(str))
    show.override(task_id="zipped").expand(a=one.zip(two))
    show.override(task_id="filled").expand(a=one.zip(two, fillvalue=0))
    show.override(task_id="chained").expand(a=one.concat(two))
    """
    load(runner, "\n".join(line.strip() for line in body.strip().splitlines()))
    runner.channel.put("source", [1, 2])
    runner.channel.put("source__1", [3])
    assert [first for first, _ in values(runner, 2)] == ["2", "3"]
    assert [first for first, _ in values(runner, 1, "zipped")] == [(1, 3)]
    assert [first for first, _ in values(runner, 2, "filled")] == [(1, 3), (2, 0)]
    assert [first for first, _ in values(runner, 3, "chained")] == [1, 2, 3]


def test_a_skip_in_map_skips_that_instance(runner):
    load(
        runner,
        "def odd(n):\n    if n % 2 == 0:\n        raise AirflowSkipException('even')\n    return n\nshow.expand(a=source().map(odd))",
    )
    runner.channel.put("source", [1, 2])
    assert [runner.run(task_id="show", map_index=index)["outcome"] for index in range(2)] == ["success", "skipped"]


def test_expand_kwargs(runner):
    load(runner, "show.expand_kwargs([{'a': 1}, {'a': 2, 'b': 3}])\nshow.override(task_id='made').partial(b=1).expand_kwargs(source())")
    assert values(runner, 2) == [[1, None], [2, 3]]
    runner.channel.put("source", [{"a": 5}])
    assert values(runner, 1, "made") == [[5, 1]]
    runner.channel.put("source", [{"b": 5}])
    assert "mapping already partial argument: b" in runner.run(task_id="made", map_index=0)["reason"]


def test_an_operator_has_its_arguments_and_the_defaults_of_its_dag(runner):
    load(runner, "BashOperator.partial(task_id='b', env={'N': '1'}, append_env=True).expand(bash_command=['echo $N a', 'echo $N b'])")
    assert [runner.value(task_id="b", map_index=index) for index in range(2)] == ["1 a", "1 b"]
    task = runner.loaded.dags["d"].task_dict["b"]
    instance, _ = task.unmap({}, 0)
    assert (instance.retries, instance.task_id, instance.dag.dag_id) == (1, "b", "d")
    assert list(runner.loaded.dags["d"].task_dict) == ["b"]


def test_within_a_mapped_group_each_index_has_its_own_values(runner):
    body = """
    @task_group
    def each(item):
        first = show(item)
        show.override(task_id="second")(first, b=item)
    each.expand(item=source())
    """
    load(runner, "\n".join(line[4:] for line in body.strip("\n").splitlines()))
    runner.channel.put("source", [7, 8])
    runner.channel.put("each.show", "of 0", map_index=0)
    runner.channel.put("each.show", "of 1", map_index=1)
    assert values(runner, 2, "each.show") == [[7, None], [8, None]]
    assert values(runner, 2, "each.second") == [["of 0", 7], ["of 1", 8]]


@pytest.mark.parametrize(
    "value, outcome, words",
    [
        ("[1, 2, 3]", "success", 3),
        ("{'a': 1}", "success", 1),
        ("[]", "success", 0),
        ("None", "failed", "returned nothing"),
        ("'text'", "failed", "must be a list or a dict, not str"),
        ("list(range(6))", "failed", "6 items, and the limit is 5"),
    ],
)
def test_what_others_are_mapped_over(runner, monkeypatch, value, outcome, words):
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "5")
    load(runner, "show.expand(a=source())", value)
    result = runner.run(task_id="source")
    assert result["outcome"] == outcome
    if outcome == "success":
        assert [xcom["map_length"] for xcom in result["xcoms"]] == [words]
    else:
        assert words in result["reason"]


def test_an_instance_that_others_are_mapped_over_counts_as_one(runner):
    load(runner, "show.override(task_id='second').expand(a=show.expand(a=[1]))")
    assert [xcom["map_length"] for xcom in runner.run(task_id="show", map_index=0)["xcoms"]] == [1]
    runner.channel.put("show", 1, map_index=0)
    assert "map_length" not in runner.run(task_id="second", map_index=0)["xcoms"][0]


def test_the_label_of_an_instance(runner):
    load(
        runner,
        """
@task(map_index_template="{{ label }} of {{ ds }}")
def named(a):
    from vortex import get_current_context
    get_current_context()["label"] = f"item {a}"
named.expand(a=[1, 2])
""",
    )
    assert runner.run(task_id="named", map_index=1)["rendered_map_index"] == "item 2 of 2024-02-29"


def test_mapped_arguments_that_the_function_does_not_take_fail_the_instance(runner):
    load(runner, "show.expand_kwargs(source())")
    runner.channel.put("source", [{"nope": 1}])
    result = runner.run(task_id="show", map_index=0)
    assert result["outcome"] == "failed" and "unexpected keyword argument 'nope'" in result["reason"]
