"""
Whether a YAML or JSON file says that it holds DAGs, told from its text alone: a top-level `dags` mapping whose DAGs have tasks, or
`id` and `tasks`. Anything else in the DAG folder is left alone. Twin of server/dagfiles/saysDags.ts; both are tested by the examples in
server/dagfiles/saysDagsExamples.json.
"""
from __future__ import annotations

import json
import re
from typing import Any

SUFFIXES = (".yaml", ".yml", ".json")
# Twice what a DAG file may have: a larger one is told so by the parser, what is larger still is data.
MAX_BYTES = 2 * 1024 * 1024

# `dags:` at the margin, with nothing or a flow mapping behind it, and no list below it.
_DAGS = re.compile(r"""^(?:dags|"dags"|'dags')[ \t]*:[ \t]*(?:[{&#][^\n]*)?\r?(?:\n(?!(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-[ \t])|\Z)""", re.MULTILINE)
_TASKS = re.compile(r"""(?:^|[\s{,])["']?(?:tasks|task_groups)["']?[ \t]*:""", re.MULTILINE)
_ID = re.compile(r"^(?:id|dag_id)[ \t]*:[ \t]*\S", re.MULTILINE)
_OWN_TASKS = re.compile(r"^tasks[ \t]*:", re.MULTILINE)
_JSON_TASKS = re.compile(r'"(?:tasks|task_groups)"\s*:')
_JSON_BROKEN = re.compile(r'\A\s*\{\s*"dags"\s*:\s*\{')


def says_dags(name: str, text: str) -> bool:
    if name.lower().endswith(".json"):
        return _json_says(text)
    if _DAGS.search(text) is not None and _TASKS.search(text) is not None:
        return True
    return _ID.search(text) is not None and _OWN_TASKS.search(text) is not None


def _json_says(text: str) -> bool:
    if _JSON_TASKS.search(text) is None:
        return False
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        # One that was a DAG file stays one while it is being edited.
        return _JSON_BROKEN.search(text) is not None
    if not isinstance(found, dict):
        return False
    dags = found.get("dags")
    if isinstance(dags, dict):
        return any(isinstance(dag, dict) and ("tasks" in dag or "task_groups" in dag) for dag in dags.values())
    return ("id" in found or "dag_id" in found) and "tasks" in found


def is_dag_data(path: str, size: int) -> bool:
    """Whether a file beside a DAG file is a DAG file itself, and so no data of that one."""
    if size > MAX_BYTES or not path.lower().endswith(SUFFIXES):
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return says_dags(path, stream.read())
    except OSError:
        return False
