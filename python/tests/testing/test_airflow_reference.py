"""
Runs in this process against recordings of Airflow (tests/airflow_reference): the same ones that the server's engine is compared with
(server/scheduler/airflowTriggerRules.test.ts and airflowRuns.integration.test.ts), with the same differences on purpose and no others.
"""
from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from vortex.testing.decisions import add_instances, decide_by_states
from vortex.testing.graph import Graph
from vortex.testing.instances import Instances

FOLDER = Path(__file__).parent.parent / "airflow_reference"
SETTINGS = json.loads((FOLDER / "environment.json").read_text())
HEAD, *CASES = [json.loads(line) for line in (FOLDER / "trigger_rules.jsonl").read_text().splitlines()]
STATES: Dict[str, str] = HEAD["states"]


def lines_of(name: str) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


def instances_of(case: Dict[str, Any]) -> Instances:
    from vortex import DAG, EmptyOperator

    with DAG("d", schedule=None) as dag:
        made = {text.partition(":")[0]: EmptyOperator(task_id=text.partition(":")[0]) for text in [*case["tasks"], "t:"]}
    kinds = dict(text.split(":") for text in [*case["tasks"], f"t:{case['kind']}"])
    for name, task in made.items():
        if kinds[name] == "setup":
            task.as_setup()
        elif kinds[name] == "teardown":
            task.as_teardown()
        elif name == "t":
            task.trigger_rule = case["rule"]
    for edge in case["edges"]:
        made[edge[0]] >> made[edge[2]]
    instances = Instances(Graph(dag))
    add_instances(instances, lambda _: False)
    return instances


def is_on_purpose(case: Dict[str, Any], letters: Tuple[str, ...]) -> bool:
    """Airflow waits for ever where a removed instance is a setup further up, or above a task with the rule all_skipped."""
    removed_setup = any(
        text.endswith(":setup") and f"{text[0]}>t" not in case["edges"] and letter == "x" for text, letter in zip(case["tasks"], letters)
    )
    return removed_setup or (case["rule"] == "all_skipped" and "x" in letters)


def test_trigger_rules_are_airflows() -> None:
    words = {**STATES, "r": "run", "w": "wait"}
    compared, on_purpose, different = 0, 0, []
    for case in CASES:
        instances = instances_of(case)
        names = [text.partition(":")[0] for text in case["tasks"]]
        combinations = list(itertools.product(STATES, repeat=len(names)))
        assert len(combinations) == len(case["answers"])
        for letters, answer in zip(combinations, case["answers"]):
            for name, letter in zip(names, letters):
                instances.move(instances.by_task[name][0], STATES[letter])
            compared += 1
            found, _ = decide_by_states(instances, instances.by_task["t"][0])
            if found == words[answer]:
                continue
            if answer == "w" and is_on_purpose(case, letters):
                on_purpose += 1
            else:
                different.append((case, letters, found))
    assert different == []
    assert (compared, on_purpose) == (13_687, 250)


# Whole DAGs


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(SETTINGS["environment"])
    yield
    os.environ.clear()
    os.environ.update(before)


RECORDED = {kind: {run["dag_id"]: run for run in lines_of(f"{kind}_runs.jsonl")[1:]} for kind in ("setup", "mapping", "template")}
EXPLAINED = lines_of("differences.jsonl")
LOADED: Dict[str, Any] = {}


def loaded(kind: str) -> Any:
    from vortex.loading import load_file

    if kind not in LOADED:
        LOADED[kind] = load_file(str(FOLDER / "dags"), f"{kind}_cases.py")
    return LOADED[kind]


def plain(value: Any) -> Any:
    """As the recording has it: values with a tag of their own, as plain JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if "__vortex__" in value:
            return plain(value.get("items", value.get("value")))
        return {key: plain(item) for key, item in value.items()}
    return value


def result_of(kind: str, dag_id: str) -> Dict[str, Any]:
    from vortex.testing.dag_test import run_dag
    from vortex.testing.store import Store

    store, dag = Store(), loaded(kind).dags[dag_id]
    for given in SETTINGS["runs"][kind]:
        run = run_dag(dag, given["logical_date"], conf=given["conf"], store=store, sleep=False, quiet=True)
    xcoms: Dict[str, Dict[str, Any]] = {}
    for (task_id, map_index, key), text in run.xcoms.items():
        if key != "skipmixin_key":
            xcoms.setdefault(task_id if map_index < 0 else f"{task_id}[{map_index}]", {})[key] = plain(json.loads(text))
    return {"dag_id": dag_id, "state": run.state, "tasks": run.states, "xcoms": xcoms}


def flat(value: Any, path: Tuple[str, ...] = ()) -> Iterator[Tuple[str, Any]]:
    """By path: `state`, `tasks.a`, `xcoms.a.return_value`; of what was rendered one by one, each expression."""
    depth = 0 if not path else {"tasks": 1, "xcoms": 3 if path[1:2] == ("renders",) else 2}.get(path[0], 0)
    if len(path) > depth:
        yield ".".join(path), value
    elif not path or isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, (*path, key))


def differences(ours: Dict[str, Any], theirs: Dict[str, Any]) -> Dict[str, Any]:
    mine, yours = dict(flat(ours)), dict(flat(theirs))
    return {what: mine.get(what) for what in {**mine, **yours} if json.dumps(mine.get(what)) != json.dumps(yours.get(what))}


@pytest.mark.parametrize("kind", list(RECORDED))
def test_runs_end_as_in_airflow(kind: str) -> None:
    wrong: Dict[str, Any] = {}
    for dag_id, airflow in RECORDED[kind].items():
        known = [row for row in EXPLAINED if row["dag_id"] == dag_id]
        varying = {row["what"] for row in known if row["vortex"] == "*"}
        expected = {row["what"]: row["vortex"] for row in known if row["what"] not in varying}
        found = {what: value for what, value in differences(result_of(kind, dag_id), airflow).items() if what not in varying}
        if found != expected:
            wrong[dag_id] = SimpleNamespace(found=found, expected=expected)
    assert wrong == {}
