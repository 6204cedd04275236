"""Params of a run: which value wins, and whether it fits its JSON Schema."""
from __future__ import annotations

import datetime as dt
import re
from typing import Any, Dict, Iterable, List, Mapping

from vortex.exceptions import ParamValidationError

_TYPES = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer()),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def resolve_params(dag_params: Mapping[str, Any], task_params: Mapping[str, Any], conf: Mapping[str, Any]) -> Dict[str, Any]:
    """conf > task > DAG; new keys of conf appear too. Values are checked against the schema of the param that declares them."""
    declared: Dict[str, Any] = {**_items(dag_params), **_items(task_params)}
    found: Dict[str, Any] = {}
    for name, param in declared.items():
        if not _is_param(param):
            found[name] = conf.get(name, param)
            continue
        if name in conf:
            value = conf[name]
        elif _has_value(param):
            value = param.value
        else:
            raise ParamValidationError(f"Param {name!r} has no default and was not given. Give it in the run's conf.")
        problems = check(value, _schema(param))
        if problems:
            raise ParamValidationError(f"Param {name!r}: {'; '.join(problems[:5])}")
        found[name] = value
    for name, value in conf.items():
        found.setdefault(name, value)
    return found


def check(value: Any, schema: Mapping[str, Any]) -> List[str]:
    """What is wrong with a value, in words; empty = nothing. Uses jsonschema if it is installed."""
    if not schema:
        return []
    try:
        import jsonschema
    except ImportError:
        return list(_check(value, schema, ""))
    validator = jsonschema.Draft202012Validator(dict(schema), format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


def check_simply(value: Any, schema: Mapping[str, Any]) -> List[str]:
    """The same by the keywords that VORTEX knows itself: importing jsonschema takes longer than loading a DAG file may."""
    return list(_check(value, schema, ""))


def _items(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Declared params without resolving them: a ParamsDict's own __getitem__ gives values and may raise."""
    inner = getattr(params, "_params", None)
    if inner is None:
        inner = getattr(params, "_ParamsDict__dict", None)
    return dict(inner if isinstance(inner, dict) else params or {})


def _is_param(param: Any) -> bool:
    return hasattr(param, "schema") and hasattr(param, "value")


def _has_value(param: Any) -> bool:
    has = getattr(param, "has_value", None)
    if isinstance(has, bool):
        return has
    return type(param.value).__name__ not in ("NotSet", "ArgNotSet")


def _schema(param: Any) -> Dict[str, Any]:
    return dict(param.schema or {})


def _check(value: Any, schema: Mapping[str, Any], path: str) -> Iterable[str]:
    """The part of JSON Schema that params use: type, enum, const, bounds, lengths, pattern, format, items, properties."""
    where = f"{path} " if path else ""
    kinds = schema.get("type")
    if kinds is not None:
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        if not any(_TYPES.get(kind, lambda _: True)(value) for kind in kinds):
            yield f"{where}{value!r} is not of type {', '.join(kinds)}"
            return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}{value!r} is not one of {schema['enum']!r}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}{value!r} is not {schema['const']!r}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(value, schema, where)
    if isinstance(value, str):
        yield from _check_text(value, schema, where)
    if isinstance(value, (list, tuple)):
        yield from _check_list(value, schema, path)
    if isinstance(value, dict):
        yield from _check_object(value, schema, path)
    if "anyOf" in schema and not any(not list(_check(value, part, path)) for part in schema["anyOf"]):
        yield f"{where}{value!r} fits none of the allowed forms"


def _check_number(value: float, schema: Mapping[str, Any], where: str) -> Iterable[str]:
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}{value!r} is less than the minimum of {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{where}{value!r} is greater than the maximum of {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{where}{value!r} is not greater than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"{where}{value!r} is not less than {schema['exclusiveMaximum']}"
    if "multipleOf" in schema and value % schema["multipleOf"]:
        yield f"{where}{value!r} is not a multiple of {schema['multipleOf']}"


def _check_text(value: str, schema: Mapping[str, Any], where: str) -> Iterable[str]:
    if "minLength" in schema and len(value) < schema["minLength"]:
        yield f"{where}{value!r} is shorter than {schema['minLength']} characters"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield f"{where}{value!r} is longer than {schema['maxLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}{value!r} does not match {schema['pattern']!r}"
    reader = {"date": dt.date.fromisoformat, "date-time": _date_time, "time": dt.time.fromisoformat}.get(schema.get("format", ""))
    if reader is not None:
        try:
            reader(value)
        except ValueError:
            yield f"{where}{value!r} is not a {schema['format']}"


def _date_time(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def _check_list(value: Any, schema: Mapping[str, Any], path: str) -> Iterable[str]:
    if "minItems" in schema and len(value) < schema["minItems"]:
        yield f"{path or 'the list'} has fewer than {schema['minItems']} items"
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield f"{path or 'the list'} has more than {schema['maxItems']} items"
    if schema.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        yield f"{path or 'the list'} has items twice"
    if isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _check(item, schema["items"], f"{path}[{index}]")


def _check_object(value: Dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterable[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path or 'the object'} lacks {name!r}"
    properties = schema.get("properties") or {}
    for name, part in properties.items():
        if name in value:
            yield from _check(value[name], part, f"{path}.{name}" if path else name)
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in properties:
                yield f"{path or 'the object'} has an unknown key {name!r}"
