"""The published schema is up to date, complete, and judges as the `jsonschema` package does."""
import inspect

import jsonschema
import pytest

import vortex
from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.dag import DAG
from vortex.definitions.task_group import TaskGroup
from vortex.factory import facts, schema
from vortex.factory.check import check
from vortex.factory.document import Problems
from vortex.factory.load import read_document
from vortex.factory.operators import CATALOGUE, SHORT_OF, short_name

# Of DAG's constructor: older names, and what a file cannot say.
NOT_OF_DAGS = set(
    "dag_id full_filepath template_undefined concurrency fail_stop auto_register schedule_interval timetable".split()
)


def test_the_published_file_is_up_to_date():
    with open(schema.PATH, encoding="utf-8") as stream:
        assert stream.read() == schema.as_text(), "run `python -m vortex.factory.schema` in python/"


def test_it_is_a_schema_of_its_draft():
    jsonschema.Draft202012Validator.check_schema(schema.make_schema())


def names_of(kind):
    return {p.name for p in inspect.signature(inspect.unwrap(kind.__init__)).parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} - {"self"}


def test_every_argument_of_python_has_its_key():
    assert names_of(BaseOperator) - facts.TASK_NOT_KEYS == set(facts.TASK_KEYS)
    assert names_of(DAG) - NOT_OF_DAGS <= set(facts.DAG_KEYS)
    assert set(facts.DAG_KEYS) - {"tasks", "task_groups", "dependencies", "timezone"} <= names_of(DAG)
    assert names_of(TaskGroup) - {"group_id", "parent_group", "dag", "add_suffix_on_collision"} <= set(facts.GROUP_KEYS)


def test_every_operator_of_vortex_has_a_short_name():
    bases = {"BaseOperator", "BaseBranchOperator", "BaseSensorOperator"}
    operators = {name for name in vortex.__all__ if isinstance(getattr(vortex, name), type) and issubclass(getattr(vortex, name), BaseOperator)}
    assert operators - bases <= set(SHORT_OF)
    assert {short_name(name) for name in ("BashOperator", "SQLExecuteQueryOperator", "TriggerDagRunOperator", "FileSensor")} == {
        "bash", "sql_execute_query", "trigger_dag_run", "file_sensor",
    }  # fmt: skip
    assert len(CATALOGUE) == len(SHORT_OF)


def test_every_key_says_what_it_means():
    for name, form in schema.schema()["$defs"].items():
        for key, one in form.get("properties", {}).items():
            if not name.startswith("operator."):
                assert one.get("description") or "$ref" in one or "anyOf" in one, f"{name}.{key}"


TASKS = "dags:\n  a:\n    tasks:\n      t:\n        operator: bash\n        bash_command: echo\n"
GOOD = [
    TASKS,
    TASKS + "        retries: 3\n        retry_delay: 5m\n        execution_timeout: PT1H30M\n        max_retry_delay: 90\n",
    TASKS + "        trigger_rule: all_done\n        outlets: [s3://x, {name: y, uri: 's3://y'}]\n",
    TASKS + "    schedule: {cron: '@daily', assets: {any: [a, {all: [b, c]}]}}\n    params: {n: 3, day: {type: string, default: x}}\n",
    TASKS + "    start_date: 2026-01-01\n    end_date: 2026-01-01T03:00+01:00\n    tags: [a]\n    catchup: false\n",
    "id: a\ntasks:\n  - task_id: t\n    operator: empty\n",
    "dags:\n  a:\n    tasks:\n      t: {operator: airflow.operators.bash.BashOperator, anything: 1}\n",
    "x-common: &c {retries: 1}\ndags:\n  a:\n    default_args: *c\n    tasks: {t: {operator: empty}}\n",
]
BAD = [
    "dags: {}\n",
    "dags:\n  a b:\n    tasks: {}\n",
    TASKS + "    unknown: 1\n",
    TASKS + "    catchup: yes\n",
    TASKS + "    tags: a\n",
    TASKS + "        retries: '3'\n",
    TASKS + "        retries: -1\n",
    TASKS + "        retry_delay: soon\n",
    TASKS + "        trigger_rule: all_sucess\n",
    TASKS + "        on_failure_callback: 5\n",
    TASKS + "        pool_slots: 0\n",
    TASKS + "    schedule: {crom: x}\n",
    TASKS + "    start_date: tomorrow\n",
    TASKS + "        outlets: [{}, 5]\n",
    "dags:\n  a:\n    tasks:\n      t: {operator: bsh}\n",
    "dags:\n  a:\n    tasks: 5\n",
]


@pytest.mark.parametrize("text, is_good", [*((text, True) for text in GOOD), *((text, False) for text in BAD)])
def test_verdicts_are_those_of_jsonschema(text, is_good):
    node = read_document("a.yaml", text, Problems())
    form = schema.definition("file" if "dags" in node else "single_dag")
    assert check(node, form, Problems(), "the file") is is_good
    whole = jsonschema.Draft202012Validator(schema.schema())
    assert whole.is_valid(node.plain()) is is_good, [error.message for error in whole.iter_errors(node.plain())]


def test_arguments_of_operators_are_closed_for_other_validators_too():
    whole = jsonschema.Draft202012Validator(schema.schema())
    task = {"operator": "bash", "bash_command": "x"}
    assert whole.is_valid({"dags": {"a": {"tasks": {"t": task}}}})
    assert not whole.is_valid({"dags": {"a": {"tasks": {"t": {**task, "bash_comand": "x"}}}}})
