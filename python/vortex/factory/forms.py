"""Forms of values in a DAG file, as definitions of the JSON Schema. `title` is what a message says is allowed."""

from __future__ import annotations

from typing import Any, Dict

from vortex.definitions.rules import TriggerRule, WeightRule
from vortex.factory.durations import ISO_PATTERN, SHORT_PATTERN
from vortex.factory.imports import NAME_PATTERN

ID_PATTERN = r"^[\w.-]{1,250}$"
GROUP_ID_PATTERN = r"^[\w-]{1,250}$"
INSTANT_PATTERN = r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?$"
TIMETABLES = (
    "CronDataIntervalTimetable CronTriggerTimetable DeltaDataIntervalTimetable DeltaTriggerTimetable EventsTimetable MultipleCronTriggerTimetable"
).split()
SENSOR_TYPES = ("file", "http", "external_task", "sql")


def _ref(name: str) -> Dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _closed(properties: Dict[str, Any], *required: str, **more: Any) -> Dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False, **more}


def _list_of(name: str, least: int = 0) -> Dict[str, Any]:
    return {"type": "array", "items": _ref(name), **({"minItems": least} if least else {})}


def _one_or_list(name: str, title: str) -> Dict[str, Any]:
    return {"title": title, "anyOf": [_ref(name), _list_of(name)]}


_XCOM = _closed(
    {
        "$xcom": {"type": "string", "description": "Id of the task whose result it is. It becomes an upstream."},
        "key": {"type": "string", "description": "Which XCom of it. Default: its return value."},
    },
    "$xcom",
    title="the result of a task, `{$xcom: task}`",
)
_OBJECT = {
    "type": "object",
    "title": "an object of a class, `{$object: module:Class, argument: value}`",
    "properties": {"$object": {"type": "string", "pattern": NAME_PATTERN, "description": "Its class; the other keys are its arguments."}},
    "required": ["$object"],
}
_IMPORT = _closed({"$import": {"type": "string", "pattern": NAME_PATTERN, "description": "A Python thing by its name."}}, "$import", title="`{$import: module:name}`")
_ASSET = {
    "title": "an asset: its name or URI, `{uri: ..., name: ..., group: ..., extra: ...}`, or `{alias: name}`",
    "anyOf": [
        {"type": "string", "minLength": 1},
        _closed(
            {
                "uri": {"type": "string", "description": "Where the data is."},
                "name": {"type": "string", "description": "What people call it. Default: the URI."},
                "group": {"type": "string", "description": "What kind of data it is. Default: asset."},
                "extra": {"type": "object", "description": "What else people should know."},
                "alias": {"type": "string", "description": "An alias: which assets it stands for is known when a task runs."},
            }
        ),
    ],
}
_CONDITION = {
    "title": "an asset, a list of assets (all of them), `{all: [...]}` or `{any: [...]}`",
    "anyOf": [
        _ref("asset"),
        {"type": "array", "items": _ref("asset_condition"), "minItems": 1},
        _closed({"all": {**_list_of("asset_condition", 1), "description": "All of them were updated."}}, "all"),
        _closed({"any": {**_list_of("asset_condition", 1), "description": "One of them was updated."}}, "any"),
    ],
}
_SCHEDULE = {
    "title": "a cron text, a preset such as @daily, a duration such as 6h, a mapping with `cron`, `every`, `timetable` or `assets`, or null",
    "anyOf": [
        {"type": "null"},
        {"type": "string", "minLength": 1},
        {
            **_closed(
                {
                    "cron": {"type": "string", "description": "Cron text or preset."},
                    "every": {**_ref("duration"), "description": "So much time between two runs."},
                    "timetable": {
                        "anyOf": [{"type": "string", "enum": TIMETABLES}, {"type": "string", "pattern": NAME_PATTERN}],
                        "title": "a timetable of VORTEX, or the import path of a class",
                        "description": "A timetable of VORTEX, or the import path of a class of your own.",
                    },
                    "arguments": {"type": "object", "description": "Arguments of the timetable; positional ones are a list under `args`."},
                    "assets": {**_ref("asset_condition"), "description": "Updates that start runs, alone or beside times."},
                }
            ),
            "minProperties": 1,
        },
    ],
}
_SENSOR_CONFIG = _closed(
    {
        "sensor_type": {"type": "string", "enum": list(SENSOR_TYPES), "description": "What it waits for."},
        "poke_interval_secs": {"type": "number", "minimum": 0, "description": "Seconds between two looks. Default: 30."},
        "timeout_secs": {"type": "number", "minimum": 0, "description": "Seconds until it gives up. Default: 3600."},
        "mode": {"type": "string", "enum": ["poke", "reschedule"], "description": "Whether it keeps its slot between looks. Default: poke."},
        "config": {"type": "object", "description": "Of a file `filepath`; http `endpoint` or `url`; external_task `external_dag_id`, `external_task_id`; sql `conn_id`, `sql`."},
    },
    "sensor_type",
)

FORMS: Dict[str, Dict[str, Any]] = {
    "any": {},
    "text": {"type": "string", "title": "text"},
    "boolean": {"type": "boolean", "title": "true or false"},
    "integer": {"type": "integer", "title": "a whole number"},
    "count": {"type": "integer", "minimum": 1, "title": "a whole number of 1 or more"},
    "number_0": {"type": "integer", "minimum": 0, "title": "a whole number of 0 or more"},
    "object": {"type": "object", "title": "a mapping"},
    "texts": {"type": "array", "items": {"type": "string"}, "title": "a list of texts"},
    "texts_or_text": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}], "title": "a text, or a list of texts"},
    "named_texts": {"type": "object", "additionalProperties": {"type": "string"}, "title": "a mapping from name to text"},
    "named_values": {"type": "object", "title": "a mapping from name to value"},
    "named_callables": {"type": "object", "additionalProperties": _ref("callable"), "title": "a mapping from name to `module:function`"},
    "id": {"type": "string", "pattern": ID_PATTERN, "title": "an id: letters, digits, `_`, `-` and `.`, at most 250 characters"},
    "timezone": {"type": "string", "title": "a time zone such as Europe/Berlin"},
    "duration": {
        "title": "a duration: `5m`, `1h 30m`, `PT5M`, or seconds",
        "anyOf": [{"type": "string", "pattern": f"{SHORT_PATTERN}|{ISO_PATTERN}"}, {"type": "number", "minimum": 0}],
    },
    "backoff": {"title": "true, false, or a factor", "anyOf": [{"type": "boolean"}, {"type": "number", "minimum": 0}]},
    "instant": {"type": "string", "pattern": INSTANT_PATTERN, "title": "a date, or a date and time: `2026-01-31`, `2026-01-31T03:00`, `2026-01-31T03:00+01:00`"},
    "callable": {
        "title": "a Python function: `module:function`",
        "anyOf": [{"type": "string", "pattern": NAME_PATTERN}, _ref("import"), _ref("object_of_class")],
    },
    "callables": _one_or_list("callable", "a Python function, `module:function`, or a list of them"),
    "import": _IMPORT,
    "object_of_class": _OBJECT,
    "xcom": _XCOM,
    "trigger_rule": {"type": "string", "enum": sorted({*TriggerRule.all_triggers(), "dummy", "none_failed_or_skipped"}), "title": "a trigger rule"},
    "weight_rule": {
        "title": "a weight rule",
        "anyOf": [{"type": "string", "enum": [rule.value for rule in WeightRule]}, {"type": "string", "pattern": NAME_PATTERN}],
    },
    "asset": _ASSET,
    "assets": _one_or_list("asset", "an asset, or a list of assets"),
    "asset_condition": _CONDITION,
    "schedule": _SCHEDULE,
    "secrets": {
        "title": "a name, a list of names, or a mapping from variable to name",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "string"}}],
    },
    "params": {"type": "object", "additionalProperties": _ref("param"), "title": "a mapping from name to param"},
    "param": {
        "description": "A plain default; or a mapping with `default`, `description` and keywords of JSON Schema, if it has `default`, `type`, `enum` or `const`.",
        "properties": {
            "default": {"description": "Its value, unless a run brings another. Left out: a run must bring one."},
            "description": {"description": "Shown in the trigger dialog."},
            "type": {"description": "JSON Schema's type or types: string, integer, number, boolean, array, object, null."},
            "enum": {"description": "The only values that it may have."},
            "title": {"description": "Its name in the trigger dialog."},
            "minimum": {"description": "The least value."},
            "maximum": {"description": "The greatest value."},
            "format": {"description": "date, date-time or time."},
        },
    },
    "default_args": {"type": "object", "title": "a mapping from argument to value"},
    "arguments": {"type": "object", "title": "a mapping from argument to value"},
    "expand": {
        "type": "object",
        "minProperties": 1,
        "title": "a mapping from argument to values",
        "additionalProperties": {"anyOf": [{"type": "array"}, {"type": "object"}], "title": "a list, a mapping, or `{$xcom: task}`"},
    },
    "expand_kwargs": {"title": "a list of mappings, or `{$xcom: task}`", "anyOf": [{"type": "array", "items": {"type": "object"}}, _ref("xcom")]},
    "expressions": {"title": "a list of texts such as `a >> [b, c]`", "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "old_type": {"type": "string", "title": "an operator's short name, or `sensor`"},
    "sensor_config": _SENSOR_CONFIG,
}
