"""
Records what Airflow's own trigger rule dependency decides, as data for server/scheduler/airflowTriggerRules.test.ts.

    python -m venv af3 && af3/bin/pip install apache-airflow==3.3.2
    af3/bin/python record_trigger_rules.py trigger_rules.jsonl

A line is a small graph around the task `t`: its rule, its kind, the other tasks as `id:kind`, and the edges. `answers` has a letter for
each combination of states of those tasks, the last one varying fastest, in the order of STATES: r = t may run, w = it waits, else the
state that t is given.
"""
from __future__ import annotations

import itertools
import json
import logging
import os
import sys
import tempfile
from importlib import metadata
from typing import Any, Dict, Iterator, List, Tuple
from unittest.mock import MagicMock

os.environ.setdefault("AIRFLOW_HOME", os.path.join(tempfile.gettempdir(), "airflow-recording"))
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")

from airflow.models.dagrun import DagRun  # noqa: E402
from airflow.models.taskinstance import TaskInstance  # noqa: E402
from airflow.providers.standard.operators.empty import EmptyOperator  # noqa: E402
from airflow.sdk import DAG, TriggerRule  # noqa: E402
from airflow.serialization.serialized_objects import DagSerialization  # noqa: E402
from airflow.ti_deps.dep_context import DepContext  # noqa: E402
from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep  # noqa: E402

STATES = {"s": "success", "f": "failed", "k": "skipped", "u": "upstream_failed", "x": "removed", "-": "running"}
LETTERS = {state: letter for letter, state in STATES.items()}
TEARDOWN_RULE = TriggerRule.ALL_DONE_SETUP_SUCCESS.value
RULES = [rule.value for rule in TriggerRule if rule.value != TEARDOWN_RULE]
Graph = Dict[str, Any]


def graphs() -> Iterator[Graph]:
    def direct(kinds: Tuple[str, ...]) -> Tuple[List[str], List[str]]:
        names = "abc"[: len(kinds)]
        return [f"{name}:{kind}" for name, kind in zip(names, kinds)], [f"{name}>t" for name in names]

    def combinations(kinds: List[str]) -> Iterator[Tuple[str, ...]]:
        for count in range(4):
            yield from itertools.combinations_with_replacement(kinds, count)

    for rule in RULES:
        for kinds in combinations(["work"]):
            tasks, edges = direct(kinds)
            yield {"rule": rule, "kind": "work", "tasks": tasks, "edges": edges}
        # A setup above the direct upstreams: its success is a condition of its own, whatever the rule.
        for kinds in (("work",), ("work", "work")):
            tasks, edges = direct(kinds)
            yield {"rule": rule, "kind": "work", "tasks": ["z:setup", *tasks], "edges": ["z>a", *edges]}
        yield {"rule": rule, "kind": "work", "tasks": ["y:setup", "z:setup", "a:work"], "edges": ["y>a", "z>a", "a>t"]}
    # What directly follows a setup or a teardown has the default rule: Airflow refuses another one after a setup.
    for kinds in combinations(["work", "setup", "teardown"]):
        if set(kinds) - {"work"}:
            tasks, edges = direct(kinds)
            yield {"rule": "all_success", "kind": "work", "tasks": tasks, "edges": edges}
    for kinds in combinations(["work", "setup", "teardown"]):
        tasks, edges = direct(kinds)
        yield {"rule": TEARDOWN_RULE, "kind": "teardown", "tasks": tasks, "edges": edges}
    # Work between a setup and its teardown that is not directly above the teardown.
    yield {"rule": TEARDOWN_RULE, "kind": "teardown", "tasks": ["z:setup", "y:work", "a:work"], "edges": ["z>y", "y>a", "a>t", "z>t"]}
    yield {"rule": TEARDOWN_RULE, "kind": "teardown", "tasks": ["z:setup", "y:work", "a:work"], "edges": ["y>a", "z>a", "a>t", "z>t"]}


def build(graph: Graph) -> Any:
    """The DAG as the scheduler has it."""
    with DAG("d", schedule=None) as dag:
        made = {"t": EmptyOperator(task_id="t", trigger_rule="all_success" if graph["kind"] == "teardown" else graph["rule"])}
        kinds = {"t": graph["kind"]}
        for text in graph["tasks"]:
            name, _, kinds[name] = text.partition(":")
            made[name] = EmptyOperator(task_id=name)
        for name, task in made.items():
            if kinds[name] == "setup":
                task.as_setup()
            elif kinds[name] == "teardown":
                task.as_teardown()
        for edge in graph["edges"]:
            above, _, below = edge.partition(">")
            made[above] >> made[below]
    return DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def answers(graph: Graph) -> str:
    dag = build(graph)
    run = DagRun(dag_id="d", run_id="r")
    run.dag = dag
    instances = {name: TaskInstance(task, run_id="r", dag_version_id=None) for name, task in dag.task_dict.items()}
    names = [text.partition(":")[0] for text in graph["tasks"]]
    target = instances["t"]
    target.dag_run = run
    session = MagicMock()
    session.__contains__.return_value = True
    found = []
    for letters in itertools.product(STATES, repeat=len(names)):
        for name, letter in zip(names, letters):
            instances[name].state = STATES[letter]
        target.state = None
        context = DepContext(flag_upstream_failed=True, finished_tis=[instances[name] for name, letter in zip(names, letters) if letter != "-"])
        statuses = list(TriggerRuleDep()._get_dep_statuses(target, context, session=session))
        passed = all(status.passed for status in statuses)
        found.append(LETTERS[target.state] if target.state is not None else "r" if passed else "w")
    return "".join(found)


def main() -> None:
    logging.disable(logging.ERROR)
    with open(sys.argv[1], "w") as file:
        file.write(json.dumps({"airflow": metadata.version("apache-airflow"), "states": STATES}) + "\n")
        for graph in graphs():
            file.write(json.dumps({**graph, "answers": answers(graph)}) + "\n")


if __name__ == "__main__":
    main()
