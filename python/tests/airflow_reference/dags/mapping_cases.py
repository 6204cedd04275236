"""Dynamic task mapping: each DAG is one case, run by Airflow (record_runs.py) and by VORTEX (airflowRuns.integration.test.ts)."""
from __future__ import annotations

from contextlib import contextmanager

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


@contextmanager
def case(name, **arguments):
    with DAG(f"mapping_{name}", schedule=None, default_args={"retries": 0}, **arguments) as dag:
        yield dag
    globals()[dag.dag_id] = dag


def source(value, task_id="source"):
    """A task that returns this."""

    @task(task_id=task_id)
    def returns():
        return value

    return returns()


def told(value):
    """Ends as its value says."""
    if value == "fail":
        raise AirflowFailException("as told")
    if value == "skip":
        raise AirflowSkipException("as told")
    return value


@task
def show(a=None, b=None, c=None):
    told(a)
    return [a, b, c]


@task
def collect(values):
    return list(values)


@task
def done():
    return "done"


# What is mapped over

for name, value in {
    "list": [1, "two", None, [3], {"four": 4}],
    "dict": {"x": 1, "y": [2]},
    "one": ["only"],
    "empty_list": [],
    "empty_dict": {},
    "tuple": (1, 2),
    "none": None,
    "text": "text",
    "number": 7,
}.items():
    with case(f"literal_{name}" if isinstance(value, (list, dict)) else f"task_{name}_only") as made:
        if isinstance(value, (list, dict)):
            collect(show.expand(a=value))
        else:
            source(value)
    with case(f"task_{name}"):
        mapped = show.expand(a=source(value))
        collect(mapped) >> done()
        mapped >> done.override(task_id="after_all", trigger_rule="all_done")()

with case("product"):
    collect(show.partial(c="fixed").expand(a=[1, 2], b=source(["x", "y", "z"])))
with case("product_of_dicts"):
    collect(show.expand(a={"k": 1, "l": 2}, b=source({"m": 3})))
with case("product_with_empty"):
    collect(show.expand(a=[1, 2], b=source([])))
with case("product_of_three"):
    collect(show.expand(a=[1, 2], b=source([3, 4], "s1"), c=source([5, 6], "s2")))
with case("literals_are_templates"):
    collect(show.partial(c="{{ run_id[:0] }}c").expand(a=["{{ 1 + 1 }}"], b=source(["{{ 1 + 1 }}"])))

with case("kwargs_literal"):
    collect(show.expand_kwargs([{"a": 1}, {"b": 2}, {"a": 3, "b": 4, "c": 5}]))
with case("kwargs_task"):
    collect(show.partial(c="c").expand_kwargs(source([{"a": 1}, {"b": 2}])))
with case("kwargs_map"):
    collect(show.expand_kwargs(source([1, 2]).map(lambda n: {"a": n, "b": n * n})))
with case("kwargs_not_dicts"):
    collect(show.expand_kwargs(source([1, 2])))
with case("kwargs_twice"):
    collect(show.partial(a=0).expand_kwargs(source([{"a": 1}])))
with case("kwargs_unknown"):
    collect(show.expand_kwargs(source([{"nope": 1}])))
with case("kwargs_empty"):
    collect(show.expand_kwargs(source([])))

# Transformations


def odd(n):
    if n % 2 == 0:
        raise AirflowSkipException("even")
    return n


with case("map"):
    collect(show.expand(a=source([1, 2, 3]).map(lambda n: n * 10).map(lambda n: str(n))))
with case("map_skip"):
    collect(show.expand(a=source([1, 2, 3, 4]).map(odd)))
with case("map_all_skip"):
    collect(show.expand(a=source([2, 4]).map(odd)))
with case("map_raises"):
    collect(show.expand(a=source([1, 0]).map(lambda n: 1 // n)))
with case("map_to_none"):
    collect(show.expand(a=source([1, 2]).map(lambda n: None)))
with case("map_of_dict"):
    collect(show.expand(a=source({"k": 1, "l": 2}).map(lambda pair: list(pair))))
with case("map_not_mapped"):
    collect(source([1, 2]).map(lambda n: n + 1))
with case("zip"):
    collect(show.expand(a=source([1, 2], "s1").zip(source(["x", "y"], "s2"))))
with case("zip_shorter"):
    collect(show.expand(a=source([1, 2, 3], "s1").zip(source(["x"], "s2"))))
with case("zip_fill"):
    collect(show.expand(a=source([1, 2, 3], "s1").zip(source(["x"], "s2"), source([], "s3"), fillvalue="-")))
with case("zip_empty"):
    collect(show.expand(a=source([1], "s1").zip(source([], "s2"))))
with case("zip_not_mapped"):
    collect(source([1, 2], "s1").zip(source(["x", "y"], "s2")))
with case("concat"):
    collect(show.expand(a=source([1, 2], "s1").concat(source(["x"], "s2"), source([], "s3"))))
with case("concat_map_zip"):
    both = source([1], "s1").concat(source([2], "s2")).map(lambda n: n + 1)
    collect(show.expand(a=both.zip(source(["x", "y"], "s3"))))
with case("concat_not_mapped"):
    collect(source([1], "s1").concat(source([2], "s2")))

# Chains of mapped tasks

with case("mapped_over_mapped"):
    collect(show.override(task_id="second").expand(a=show.expand(a=[1, 2, 3])))
with case("mapped_over_mapped_with_a_skip"):
    collect(show.override(task_id="second").expand(a=show.expand(a=[1, "skip", 3])))
with case("mapped_over_mapped_with_a_failure"):
    collect(show.override(task_id="second").expand(a=show.expand(a=[1, "fail", 3])))
with case("mapped_over_mapped_all_done"):
    second = show.override(task_id="second", trigger_rule="all_done").expand(a=show.expand(a=[1, "fail", 3]))
    collect.override(trigger_rule="all_done")(second)
with case("mapped_over_nothing"):
    collect(show.override(task_id="second").expand(a=show.expand(a=source([]))))
with case("mapped_none_dropped"):

    @task
    def sometimes(n):
        return n if n % 2 else None

    collect(show.expand(a=sometimes.expand(n=[1, 2, 3])))
with case("multiple_outputs"):

    @task(multiple_outputs=True)
    def pair(n):
        return {"n": n, "double": 2 * n}

    collect(pair.expand(n=[1, 2]))
with case("pulls"):

    @task
    def pulls(ti=None):
        return [
            list(ti.xcom_pull(task_ids="show")),
            ti.xcom_pull(task_ids="show", map_indexes=1),
            list(ti.xcom_pull(task_ids="show", map_indexes=[2, 0])),
            ti.xcom_pull(task_ids="show", map_indexes=7),
            list(ti.xcom_pull(task_ids=["show", "done"])),
            ti.xcom_pull(task_ids="done", default="gone", key="other"),
        ]

    [show.expand(a=[1, 2, 3]), done()] >> pulls()

# States of instances and what follows

for rule in ("all_success", "all_failed", "all_done", "one_success", "one_failed", "one_done", "none_failed", "none_failed_min_one_success", "none_skipped", "all_skipped", "all_done_min_one_success"):
    with case(f"then_{rule}"):
        for mix, values in {"good": [1, 2], "failed": [1, "fail"], "skipped": [1, "skip"], "mixed": ["skip", "fail"], "nothing": []}.items():
            # With a failure and a skip above it, what becomes of this rule depends on which ends first.
            if (rule, mix) == ("all_success", "mixed"):
                continue
            show.override(task_id=f"show_{mix}").expand(a=values) >> done.override(task_id=f"done_{mix}", trigger_rule=rule)()
with case("max_active"):
    collect(show.override(max_active_tis_per_dagrun=1, task_id="one_by_one").expand(a=[1, 2, 3, 4]))
with case("index_template"):
    collect(show.override(map_index_template="{{ task.task_id }}").expand(a=[1, 2]))
with case("ignored_after_failed_source"):
    bad = task(task_id="bad")(lambda: told("fail"))()
    collect(show.expand(a=bad))
with case("skipped_source"):
    gone = task(task_id="gone")(lambda: told("skip"))()
    collect(show.expand(a=gone))
    done.override(trigger_rule="all_done")() << show.override(task_id="again", trigger_rule="all_done").expand(a=gone)

# Operators

with case("bash"):
    collect(BashOperator.partial(task_id="bash", env={"N": "1"}, append_env=True).expand(bash_command=["echo $N a", "echo {{ 1 + 1 }}"]).output)
with case("bash_kwargs"):
    BashOperator.partial(task_id="bash").expand_kwargs([{"bash_command": "echo $X", "env": {"X": "x"}}, {"bash_command": "exit 99"}, {"bash_command": "exit 3"}]) >> done.override(trigger_rule="all_done")()
with case("python_operator"):
    collect(PythonOperator.partial(task_id="python", python_callable=lambda x, y: [x, y]).expand(op_args=[[1, 2], [3, 4]]).output)
with case("branch"):

    @task.branch
    def pick(n):
        return "a" if n == 1 else "b"

    pick.expand(n=[1, 1]) >> [done.override(task_id="a")(), done.override(task_id="b")()]
with case("short_circuit"):

    @task.short_circuit
    def check(n):
        return n > 1

    check.expand(n=[1, 2]) >> done() >> done.override(task_id="last", trigger_rule="all_done")()

# Groups


def grouped(name, items, second="all_success"):
    @task_group(group_id=name)
    def group(item):
        first = show.override(task_id="first")(item)
        return show.override(task_id="second", trigger_rule=second)(first, b=item)

    return group.expand(item=items)


with case("group"):
    collect(grouped("g", [1, 2]))
with case("group_over_task"):
    collect(grouped("g", source([1, 2, 3])))
with case("group_over_nothing"):
    grouped("g", source([])) >> done.override(trigger_rule="all_done")()
with case("group_over_dict"):
    collect(grouped("g", source({"x": 1})))
for rule in ("all_success", "all_done", "one_failed", "one_success", "all_failed", "none_failed", "none_skipped", "none_failed_min_one_success"):
    with case(f"group_rule_{rule}"):
        grouped("g", [1, "fail", "skip"], rule) >> done.override(trigger_rule="all_done")()
with case("group_kwargs"):

    @task_group
    def each(a, b="b"):
        return show(a, b)

    collect(each.expand_kwargs(source([{"a": 1}, {"a": 2, "b": 3}])))
with case("group_nested"):

    @task_group
    def outer(item):
        @task_group
        def inner(value):
            return show(value)

        first = show.override(task_id="before")(item)
        return inner(first)

    collect(outer.expand(item=[1, 2]))
with case("group_of_groups"):
    with TaskGroup("plain"):
        values = grouped("g", source([1, 2]))
    collect(values)
with case("group_after_mapped"):
    collect(grouped("g", show.expand(a=[1, 2])))
with case("group_then_mapped"):
    collect(show.override(task_id="after").expand(a=grouped("g", [1, 2])))
with case("group_reads_outside"):

    @task_group
    def reads(item):
        return show(item, b=source("shared", "outside"))

    collect(reads.expand(item=[1, 2]))
with case("group_with_setup"):

    @task_group
    def tidy(item):
        @task
        def make(value):
            return told(value)

        @task
        def use():
            return "used"

        @task
        def use_again():
            return "used again"

        @task
        def remove():
            return "removed"

        made = make(item)
        made >> use() >> use_again() >> remove().as_teardown(setups=made)

    tidy.expand(item=[1, "fail", "skip"])
with case("group_circuit"):

    @task_group
    def perhaps(item):
        @task.short_circuit
        def check(value):
            return value > 1

        check(item) >> done()

    perhaps.expand(item=[1, 2]) >> done.override(task_id="last", trigger_rule="all_done")()
with case("group_branch"):

    @task_group
    def choose(item):
        @task.branch
        def pick(value):
            return f"choose.{value}"

        pick(item) >> [done.override(task_id="x")(), done.override(task_id="y")()]

    choose.expand(item=["x", "y"]) >> done.override(task_id="last", trigger_rule="none_failed_min_one_success")()
