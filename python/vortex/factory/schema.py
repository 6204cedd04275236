"""
The JSON Schema of DAG files: made of `facts.py`, `forms.py` and the operators' own constructors by `python -m vortex.factory.schema`,
kept beside this file, and read from there: making it imports every operator. tests/factory/test_schema.py says when it is out of date.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import re
import sys
from typing import Any, Dict, List, Optional

from vortex.factory import facts
from vortex.factory.docstrings import meanings_of
from vortex.factory.operators import CATALOGUE, Argument, arguments_of

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dag-schema.json")
_SIMPLE = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
}
_MAX_DOC_CHARS = 400


@functools.lru_cache(maxsize=1)
def schema() -> Dict[str, Any]:
    with open(PATH, encoding="utf-8") as stream:
        return json.load(stream)


def definition(name: str) -> Dict[str, Any]:
    return schema()["$defs"][name]


def make_schema() -> Dict[str, Any]:
    dag_keys = {**facts.DAG_KEYS, **facts.OLD_DAG_KEYS}
    anything = {"^x-": {"description": "Anything: a place for anchors."}}
    defs = {**_forms(), **_dag_forms(dag_keys), **_task_forms()}
    defs["file"] = {
        "type": "object",
        "title": "a DAG file",
        "properties": _properties(facts.FILE_KEYS, {}),
        "patternProperties": anything,
        "required": ["dags"],
        "additionalProperties": False,
    }
    defs["single_dag"] = {
        **_mapping(dag_keys, facts.OLD_DAG_KEYS, "a DAG"),
        "required": ["tasks"],
        "anyOf": [{"required": ["id"]}, {"required": ["dag_id"]}],
        "patternProperties": anything,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "DAG file of VORTEX",
        "description": "DAGs as data: YAML or JSON. docs/dag-factory.md explains it.",
        "type": "object",
        "oneOf": [{"$ref": "#/$defs/file"}, {"$ref": "#/$defs/single_dag"}],
        "$defs": defs,
    }


def _forms() -> Dict[str, Any]:
    from vortex.factory.forms import FORMS

    own = {"task_id", "task_display_name", "doc", "doc_md", "doc_json", "doc_yaml", "doc_rst"}
    shared = {name: key for name, key in facts.TASK_KEYS.items() if name not in own}
    return {**FORMS, "default_args": {**FORMS["default_args"], "properties": _properties(shared, {})}}


def _dag_forms(dag_keys: facts.Keys) -> Dict[str, Any]:
    from vortex.factory.forms import GROUP_ID_PATTERN, ID_PATTERN

    own = {"tasks", "task_groups", "dependencies", "default_args", "id", "dag_id", "name"}
    return {
        "dags": {
            "type": "object",
            "title": "a mapping from dag_id to DAG",
            "minProperties": 1,
            "propertyNames": {"pattern": ID_PATTERN},
            "additionalProperties": {"$ref": "#/$defs/dag"},
        },
        "dag": _mapping(dag_keys, facts.OLD_DAG_KEYS, "a DAG"),
        "dag_defaults": _mapping({name: key for name, key in dag_keys.items() if name not in own}, facts.OLD_DAG_KEYS, "keys of DAGs"),
        "task_groups": {
            "type": "object",
            "title": "a mapping from group_id to group",
            "propertyNames": {"pattern": GROUP_ID_PATTERN},
            "additionalProperties": {"$ref": "#/$defs/task_group"},
        },
        "task_group": _mapping(facts.GROUP_KEYS, {}, "a task group"),
    }


def _task_forms() -> Dict[str, Any]:
    from vortex.factory.forms import ID_PATTERN
    from vortex.factory.imports import NAME_PATTERN

    choices = [
        {"if": {"properties": {"operator": {"enum": [short, name]}}, "required": ["operator"]}, "then": {"$ref": f"#/$defs/operator.{short}"}}
        for short, (_, name) in sorted(CATALOGUE.items())
    ]
    return {
        "operator": {
            "title": "an operator's short name, or the import path of a class such as airflow.operators.bash.BashOperator",
            "anyOf": [
                {"type": "string", "enum": [*sorted(CATALOGUE), *sorted(name for _, name in CATALOGUE.values())]},
                {"type": "string", "pattern": NAME_PATTERN},
                {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]+$", "title": "the class name of an operator of a plugin"},
            ],
        },
        "tasks": {
            "title": "a mapping from task_id to task, or a list of tasks",
            "anyOf": [
                {"type": "object", "propertyNames": {"pattern": ID_PATTERN}, "additionalProperties": {"$ref": "#/$defs/task"}},
                {"type": "array", "items": {"$ref": "#/$defs/task"}},
            ],
        },
        "task_keys": {"properties": _properties({**facts.TASK_OWN_KEYS, **facts.TASK_KEYS, **facts.OLD_TASK_KEYS}, facts.OLD_TASK_KEYS)},
        "task": {"type": "object", "title": "a task", "$ref": "#/$defs/task_keys", "allOf": choices},
        **{f"operator.{short}": _operator(short) for short in sorted(CATALOGUE)},
    }


def _mapping(keys: facts.Keys, old: facts.Keys, title: str) -> Dict[str, Any]:
    return {"type": "object", "title": title, "properties": _properties(keys, old), "additionalProperties": False}


def _properties(keys: facts.Keys, old: facts.Keys) -> Dict[str, Any]:
    return {
        name: {"$ref": f"#/$defs/{form}", "description": words, **({"deprecated": True} if name in old else {})}
        for name, (form, words) in keys.items()
    }


def _operator(short: str) -> Dict[str, Any]:
    """What an operator takes beside what all take."""
    module, name = CATALOGUE[short]
    kind = getattr(importlib.import_module(module), name)
    known = frozenset(facts.TASK_KEYS) | facts.TASK_NOT_KEYS
    own = arguments_of(kind, known)
    docs = meanings_of(kind, [one.name for one in own])
    fields = set(kind.template_fields)
    return {
        "title": name,
        "description": _clip(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")),
        "$ref": "#/$defs/task_keys",
        "properties": {one.name: _argument(one, _clip(docs.get(one.name, "")), one.name in fields, _words_of(kind, one.name)) for one in own},
        "unevaluatedProperties": False,
    }


def _words_of(kind: Any, name: str) -> List[str]:
    """The values of an argument of a plugin's operator that is one of several words."""
    config = getattr(kind, "plugin_config", None)
    form = config.properties.get(name) if config is not None else None
    words = form.get("enum", []) if isinstance(form, dict) else []
    return words if all(isinstance(word, str) for word in words) else []


def _argument(argument: Argument, words: str, is_template: bool, choices: List[str]) -> Dict[str, Any]:
    parts = [words.rstrip(". ") + "." if words else "", "Required." if argument.required else _default(argument.default)]
    if is_template:
        parts.append("A template.")
    form = _form(argument, is_template)
    if choices:
        # Or a template, or the result of a task.
        form = {"anyOf": [{"type": "string", "enum": choices}, {"type": "string", "pattern": "\\{[{%]"}, {"$ref": "#/$defs/xcom"}]}
    return {**form, "description": " ".join(part for part in parts if part)}


def _default(value: Any) -> str:
    if isinstance(value, (bool, int, float, str)) and not isinstance(value, (type(Ellipsis),)) and value != "":
        return f"Default: {json.dumps(value, ensure_ascii=False)}."
    return ""


def _form(argument: Argument, is_template: bool) -> Dict[str, Any]:
    """The form that an annotation asks for; what is not simple is left to the operator itself."""
    text = argument.annotation
    if "Callable" in text:
        return {"anyOf": [{"$ref": "#/$defs/callable"}, {"type": "null"}], "title": "a Python function: `module:function`"}
    if "timedelta" in text:
        return {"anyOf": [{"$ref": "#/$defs/duration"}, {"type": "null"}], "title": "a duration: `5m`, `1h 30m`, `PT5M`, or seconds"}
    optional = re.fullmatch(r"Optional\[(\w+)\]", text)
    simple = _SIMPLE.get(optional.group(1) if optional else text)
    if simple is None:
        return {}
    if argument.name == "mode" and argument.default == "poke":
        return {"type": "string", "enum": ["poke", "reschedule"]}
    choices: List[Dict[str, Any]] = [simple]
    if is_template:
        choices += [{"$ref": "#/$defs/xcom"}] + ([] if simple["type"] == "string" else [{"type": "string"}])
    if optional:
        choices.append({"type": "null"})
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_DOC_CHARS else text[:_MAX_DOC_CHARS].rsplit(" ", 1)[0] + " ..."


def as_text(found: Optional[Dict[str, Any]] = None) -> str:
    return json.dumps(found or make_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with open(PATH, "w", encoding="utf-8") as target:
        target.write(as_text())
    sys.stdout.write(f"{PATH}\n")
