"""
The part of JSON Schema (2020-12) that a plugin's config may use: whether a schema keeps to it, and what a value has wrong. What is not known
here is refused when the plugin is looked at, so that no rule is passed over in silence.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

_KINDS: Dict[str, Tuple[str, Callable[[Any], bool]]] = {
    "string": ("a text", lambda value: isinstance(value, str)),
    "integer": ("a whole number", lambda value: _is_number(value) and float(value).is_integer()),
    "number": ("a number", lambda value: _is_number(value)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "null": ("null", lambda value: value is None),
}
_SAYS = frozenset("title description default examples deprecated readOnly writeOnly format $schema $id $comment contentMediaType contentEncoding".split())
_NUMBERS = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties maxProperties".split())
_LISTS = ("anyOf", "oneOf", "allOf")
_MAPS = ("properties", "patternProperties")
_ONES = ("items", "additionalProperties")
_OTHERS = frozenset("type enum const pattern uniqueItems required".split())
_KNOWN = _SAYS | _NUMBERS | _OTHERS | {*_LISTS, *_MAPS, *_ONES}
_MAX_DEPTH = 30
_SHOWN_CHARS = 100


def schema_problem(schema: Any, owner: str) -> Optional[str]:
    """Why this is no schema for a config, in a sentence; None = it is one."""
    found = next(_schema_problems(schema, "", 0), None)
    return None if found is None else f"the config of {owner} is no JSON Schema that VORTEX reads: {found}"


def _schema_problems(schema: Any, path: str, depth: int) -> Iterator[str]:
    where = path or "the config"
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        yield f"{where} is {_shown(schema)}, not an object." if depth <= _MAX_DEPTH else f"{where} is nested more than {_MAX_DEPTH} deep."
        return
    for name, value in schema.items():
        if name.startswith(("x-", "~")):
            continue
        if name not in _KNOWN:
            yield f"{where} has the keyword {name!r}. Known are {', '.join(sorted(_KNOWN))}."
        elif name in _NUMBERS and not _is_number(value):
            yield f"{name} of {where} is no number."
        elif name in _LISTS:
            if not isinstance(value, list) or not value:
                yield f"{name} of {where} must be a list of schemas."
            else:
                for index, one in enumerate(value):
                    yield from _schema_problems(one, f"{where}.{name}[{index}]", depth + 1)
        elif name in _MAPS:
            if not isinstance(value, dict):
                yield f"{name} of {where} must be an object."
            else:
                for key, one in value.items():
                    yield from _schema_problems(one, f"{path}.{key}" if path else key, depth + 1)
        elif name in _ONES:
            yield from _schema_problems(value, f"{where}.{name}", depth + 1)
    yield from _keyword_problems(schema, where)


def _keyword_problems(schema: Dict[str, Any], where: str) -> Iterator[str]:
    kinds = schema.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else [kinds]:
        if not isinstance(kind, str) or kind not in _KINDS:
            yield f"{where} has the type {_shown(kind)}. Known are {', '.join(_KINDS)}."
    if "enum" in schema and (not isinstance(schema["enum"], list) or not schema["enum"]):
        yield f"enum of {where} must be a list that is not empty."
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield f"required of {where} must be a list of names."
    for pattern in [schema["pattern"]] if "pattern" in schema else list(schema.get("patternProperties") or ()):
        try:
            re.compile(pattern)
        except (re.error, TypeError) as error:
            yield f"{where} has the pattern {_shown(pattern)}, which Python does not read: {error}."


def config_problems(value: Any, schema: Any, path: str = "") -> Iterator[str]:
    """What is wrong with a JSON value, each in words that name the place and what is allowed."""
    if isinstance(schema, bool):
        if not schema:
            yield f"{path} is not allowed"
        return
    kinds = schema.get("type")
    if kinds is not None:
        names: List[str] = [kinds] if isinstance(kinds, str) else kinds
        if not any(_KINDS[name][1](value) for name in names):
            yield f"{_at(path)} must be {' or '.join(_KINDS[name][0] for name in names)}, not {_shown(value)}"
            return
    if "enum" in schema and not any(_equal(value, one) for one in schema["enum"]):
        yield f"{_at(path)} must be one of {', '.join(map(_shown, schema['enum']))}, not {_shown(value)}"
    if "const" in schema and not _equal(value, schema["const"]):
        yield f"{_at(path)} must be {_shown(schema['const'])}, not {_shown(value)}"
    if _is_number(value):
        yield from _bounds(value, schema, path)
    elif isinstance(value, str):
        yield from _lengths(len(value), schema, path, "Length", "characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{_at(path)} must match {schema['pattern']}, and {_shown(value)} does not"
    elif isinstance(value, list):
        yield from _lengths(len(value), schema, path, "Items", "items")
        if schema.get("uniqueItems") and any(_equal(item, other) for index, item in enumerate(value) for other in value[:index]):
            yield f"{_at(path)} must not have an item twice"
        for index, item in enumerate(value):
            yield from config_problems(item, schema.get("items", True), f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _in_object(value, schema, path)
    yield from _choices(value, schema, path)


def fits_kind(value: Any, schema: Any) -> bool:
    """Whether the schema lets a value of this JSON type through, whatever else it asks for."""
    if not isinstance(schema, dict):
        return True
    kinds = schema.get("type")
    if kinds is not None:
        return any(_KINDS[name][1](value) for name in ([kinds] if isinstance(kinds, str) else kinds))
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return any(fits_kind(value, one) for one in choices)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    return values is None or any(isinstance(one, type(value)) for one in values)


def _choices(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from config_problems(value, part, path)
    for keyword in ("anyOf", "oneOf"):
        if keyword not in schema:
            continue
        verdicts = [list(config_problems(value, part, path)) for part in schema[keyword]]
        fitting = sum(not verdict for verdict in verdicts)
        if fitting == 0:
            # The choice that came nearest says most.
            words = dict.fromkeys(min((verdict for verdict in verdicts), key=len) if isinstance(value, (dict, list)) else [one for verdict in verdicts for one in verdict])
            yield "; or ".join(words)
        elif keyword == "oneOf" and fitting > 1:
            yield f"{_at(path)} fits {fitting} of the forms that it may have, and must fit one"


def _bounds(value: float, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for keyword, words, fits in (
        ("minimum", "or more", lambda limit: value >= limit),
        ("maximum", "or less", lambda limit: value <= limit),
        ("exclusiveMinimum", "or less is not enough", lambda limit: value > limit),
        ("exclusiveMaximum", "or more is too much", lambda limit: value < limit),
    ):
        if keyword in schema and not fits(schema[keyword]):
            yield f"{_at(path)} is {value}: {schema[keyword]} {words}" if "is" in words else f"{_at(path)} must be {schema[keyword]} {words}, not {value}"
    if "multipleOf" in schema and not float(value / schema["multipleOf"]).is_integer():
        yield f"{_at(path)} must be a multiple of {schema['multipleOf']}, not {value}"


def _lengths(length: int, schema: Mapping[str, Any], path: str, what: str, unit: str) -> Iterator[str]:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    if length < least:
        yield f"{_at(path)} must have at least {least} {unit}; it has {length}"
    if most is not None and length > most:
        yield f"{_at(path)} may have {most} {unit}; it has {length:,}"


def _in_object(value: Dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from _lengths(len(value), schema, path, "Properties", "properties")
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    rest = schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{_at(path)} lacks {name}"
    for name, item in value.items():
        below = f"{path}.{name}" if path else name
        known = [part for pattern, part in patterns.items() if re.search(pattern, name)]
        if name in properties:
            known.append(properties[name])
        for part in known:
            yield from config_problems(item, part, below)
        if not known and rest is False:
            yield f"{_at(path)} has no property {name}; known are {', '.join(properties) or 'none'}"
        elif not known:
            yield from config_problems(item, rest, below)


def _at(path: str) -> str:
    return path or "the config"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(value: Any, other: Any) -> bool:
    """As JSON: 1 is 1.0, and is not true."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _shown(value: Any) -> str:
    text = {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."
