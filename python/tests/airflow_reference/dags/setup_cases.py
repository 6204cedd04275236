"""Setups and teardowns: each DAG is one case, run by Airflow (record_runs.py) and by VORTEX (airflowRuns.integration.test.ts)."""
from __future__ import annotations

from contextlib import contextmanager

from airflow.sdk import DAG, TaskGroup, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


@contextmanager
def case(name):
    with DAG(f"setup_{name}", schedule=None, default_args={"retries": 0}) as dag:
        yield dag
    globals()[dag.dag_id] = dag


def make(name, ends="success", rule="all_success"):
    """A task that ends as it is told."""

    @task(task_id=name, trigger_rule=rule)
    def run():
        if ends == "failed":
            raise AirflowFailException("as told")
        if ends == "skipped":
            raise AirflowSkipException("as told")
        return name

    return run().operator


def three(setup="success", work="success", teardown="success", fails=False):
    """setup >> work >> teardown."""
    s, w = make("s", setup), make("w", work)
    t = make("t", teardown).as_teardown(setups=s.as_setup(), on_failure_fail_dagrun=fails)
    s >> w >> t


for setup in ("success", "failed", "skipped"):
    for work in ("success", "failed", "skipped"):
        for teardown in ("success", "failed", "skipped"):
            for fails in (False, True):
                # Work and teardown of a setup that did not succeed never run.
                if setup != "success" and (work, teardown) != ("success", "success"):
                    continue
                with case(f"{setup}_{work}_{teardown}{'_deciding' if fails else ''}"):
                    three(setup, work, teardown, fails)

for outer, inner, work, inner_teardown in (
    ("success", "success", "success", "success"),
    ("failed", "success", "success", "success"),
    ("skipped", "success", "success", "success"),
    ("success", "failed", "success", "success"),
    ("success", "skipped", "success", "success"),
    ("success", "success", "failed", "success"),
    ("success", "success", "skipped", "success"),
    ("success", "success", "success", "failed"),
):
    with case(f"nested_{outer}_{inner}_{work}_{inner_teardown}"):
        s1, s2, w = make("s1", outer).as_setup(), make("s2", inner).as_setup(), make("w", work)
        t2 = make("t2", inner_teardown).as_teardown(setups=s2)
        t1 = make("t1").as_teardown(setups=s1)
        s1 >> s2 >> w >> t2 >> t1

for first in ("success", "failed", "skipped"):
    for second in ("success", "failed", "skipped"):
        # What becomes of a task with a failure and a skip above it depends on which ends first.
        if {first, second} != {"failed", "skipped"}:
            with case(f"two_setups_{first}_{second}"):
                s1, s2, w = make("s1", first).as_setup(), make("s2", second).as_setup(), make("w")
                [s1, s2] >> w >> make("t").as_teardown(setups=[s1, s2])
        with case(f"two_teardowns_{first}_{second}"):
            s, w = make("s").as_setup(), make("w")
            s >> w >> [make("t1", first).as_teardown(setups=s), make("t2", second).as_teardown(setups=s, on_failure_fail_dagrun=True)]

for work in ("success", "failed", "skipped"):
    for teardown in ("success", "failed"):
        with case(f"no_setup_{work}_{teardown}"):
            make("w", work) >> make("t", teardown).as_teardown()
        with case(f"after_teardown_{work}_{teardown}"):
            s, w = make("s").as_setup(), make("w", work)
            t = make("t", teardown).as_teardown(setups=s)
            s >> w >> t >> [make("after"), make("after_all", rule="all_done")]
for fails in (False, True):
    for teardown in ("success", "failed", "skipped"):
        with case(f"alone_{teardown}{'_deciding' if fails else ''}"):
            make("t", teardown).as_teardown(on_failure_fail_dagrun=fails)

for setup in ("success", "failed", "skipped"):
    with case(f"no_teardown_{setup}"):
        make("s", setup).as_setup() >> make("w1") >> make("w2", rule="all_done") >> make("w3", rule="one_failed")
    with case(f"rules_between_{setup}"):
        s, t = make("s", setup).as_setup(), make("t")
        first = make("first", "failed")
        s >> first >> [make(rule, rule=rule) for rule in ("all_done", "one_failed", "all_failed", "none_failed", "none_skipped", "always")] >> t.as_teardown(setups=s)
    with case(f"second_stage_{setup}"):
        s1, s2 = make("s1").as_setup(), make("s2", setup).as_setup()
        s1 >> make("w1") >> make("t1").as_teardown(setups=s1) >> s2 >> make("w2") >> make("t2").as_teardown(setups=s2)
    with case(f"shared_{setup}"):
        # One of two branches of the work needs a second setup.
        s1, s2 = make("s1").as_setup(), make("s2", setup).as_setup()
        t = make("t").as_teardown(setups=[s1, s2])
        s1 >> make("a") >> t
        s2 >> make("b") >> make("c") >> t
    with case(f"group_{setup}"):
        with TaskGroup("g") as group:
            s = make("s", setup).as_setup()
            s >> make("w") >> make("t").as_teardown(setups=s)
        group >> make("after")
    with case(f"manager_{setup}"):
        s = make("s", setup)
        with make("t").as_teardown(setups=s):
            make("w1") >> make("w2")
    with case(f"early_{setup}"):
        s = make("s").as_setup()
        quick, slow = make("quick", setup), make("slow", setup)
        s >> [quick, slow] >> make("early", rule="one_success") >> make("t").as_teardown(setups=s)

for value in (True, False):
    with case(f"circuit_within_{value}".lower()):
        s = make("s").as_setup()

        @task.short_circuit(task_id="check")
        def check(value=value):
            return value

        s >> check() >> make("w") >> make("t").as_teardown(setups=s)
    with case(f"circuit_before_{value}".lower()):

        @task.short_circuit(task_id="check")
        def check_first(value=value):
            return value

        s = make("s").as_setup()
        check_first() >> s >> make("w") >> make("t").as_teardown(setups=s)
    with case(f"branch_{value}".lower()):
        s = make("s").as_setup()

        @task.branch(task_id="pick")
        def pick(value=value):
            return "a" if value else None

        s >> pick() >> [make("a"), make("b")] >> make("join", rule="none_failed_min_one_success") >> make("t").as_teardown(setups=s)


@task
def fails_on_two(n):
    if n == 2:
        raise AirflowFailException("as told")
    return n


with case("mapped_work"):
    s = make("s").as_setup()
    s >> fails_on_two.expand(n=[1, 2, 3]) >> make("t").as_teardown(setups=s)
with case("mapped_setup"):
    s = fails_on_two.expand(n=[1, 2, 3]).operator.as_setup()
    s >> make("w") >> make("t").as_teardown(setups=s)
