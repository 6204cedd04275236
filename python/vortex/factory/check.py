"""
Checks a document by the published JSON Schema, and says what is wrong at which place. It knows the keywords that the schema uses;
tests/factory/test_schema.py compares its verdicts with those of the `jsonschema` package.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from vortex.factory.document import Node, Problems, listed, nearest
from vortex.factory.schema import schema

Found = Tuple[Node, str]

_KINDS_OF = {
    "string": ("text",),
    "integer": ("int",),
    "number": ("int", "float"),
    "boolean": ("bool",),
    "object": ("map",),
    "array": ("list",),
    "null": ("null",),
}
_WORDS_OF = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_OLD_BOOLEANS = frozenset("yes no on off y n Yes No On Off YES NO ON OFF Y N True False".split())


def check(node: Node, form: Mapping[str, Any], problems: Problems, what: str) -> bool:
    """Adds what is wrong; True = nothing. `what` names the value in messages, such as "`retries`"."""
    found = list(_check(node, form, what))
    for place, message in found:
        problems.add(place, message)
    return not found


def _check(node: Node, form: Mapping[str, Any], what: str) -> Iterator[Found]:
    form = resolved(form)
    if "anyOf" in form and "type" not in form and "properties" not in form:
        yield from _any_of(node, form, what)
        return
    kinds = form.get("type")
    if kinds is not None and not _is_of(node, kinds):
        yield node, _wrong_kind(node, form, what)
        return
    yield from _check_scalar(node, form, what)
    if node.kind == "map":
        yield from _check_mapping(node, form, what)
    elif node.kind == "list":
        if len(node.value) < form.get("minItems", 0):
            yield node, f"{what} is an empty list: give it at least one item."
        if "items" in form:
            for item in node.value:
                yield from _check(item, form["items"], f"an item of {what}")


def resolved(form: Mapping[str, Any]) -> Dict[str, Any]:
    """With what it refers to; what stands beside the reference wins."""
    found = dict(form)
    while "$ref" in found:
        target = schema()["$defs"][found.pop("$ref").rpartition("/")[2]]
        found = {**target, **found, "properties": {**target.get("properties", {}), **found.get("properties", {})}}
        if not found["properties"]:
            del found["properties"]
    return found


def _is_of(node: Node, kinds: Any) -> bool:
    return any(node.kind in _KINDS_OF[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _any_of(node: Node, form: Mapping[str, Any], what: str) -> Iterator[Found]:
    choices = [resolved(one) for one in form["anyOf"]]
    fitting = [one for one in choices if "type" not in one or _is_of(node, one["type"])]
    if node.kind == "map" and len(fitting) > 1:
        # The one whose keys were meant.
        meant = [one for one in fitting if any(name in node for name in one.get("required", ()))]
        fitting = meant or fitting
    if not fitting:
        yield node, _wrong_kind(node, form, what)
        return
    verdicts = [list(_check(node, one, what)) for one in fitting]
    if any(not verdict for verdict in verdicts):
        return
    names = [name for one in fitting for name in one.get("enum", ())]
    if len(fitting) == 1 and not names and node.kind in ("map", "list"):
        yield from verdicts[0]
    elif names:
        yield node, f"{what} must be {_allowed(form)}, not {node.shown()}.{_hint(node, form)}{nearest(str(node.value), names) or _few(names)}"
    else:
        yield node, _wrong_kind(node, form, what)


def _few(names: List[Any]) -> str:
    return f" Allowed are {listed(map(str, names))}."


def _allowed(form: Mapping[str, Any]) -> str:
    if "title" in form:
        return str(form["title"])
    kinds = form.get("type")
    if kinds is None:
        return " or ".join(dict.fromkeys(_allowed(resolved(one)) for one in form.get("anyOf", ()))) or "something else"
    return " or ".join(_WORDS_OF[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _wrong_kind(node: Node, form: Mapping[str, Any], what: str) -> str:
    return f"{what} must be {_allowed(form)}, not {node.shown()}.{_hint(node, form)}"


def _hint(node: Node, form: Mapping[str, Any]) -> str:
    wanted = set()
    for one in [form, *map(resolved, form.get("anyOf", ()))]:
        kinds = one.get("type", ())
        wanted.update([kinds] if isinstance(kinds, str) else kinds)
    if node.kind == "text":
        if "boolean" in wanted and node.value in _OLD_BOOLEANS:
            return f" Write true or false: `{node.value}` is text here, as in YAML 1.2."
        if wanted & {"integer", "number"} and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", node.value):
            return " Write the number without quotes."
    if "string" in wanted and node.kind in ("int", "float", "bool"):
        return f' Put it in quotes if it is meant as text: "{node.raw}".'
    return ""


def _check_scalar(node: Node, form: Mapping[str, Any], what: str) -> Iterator[Found]:
    if "enum" in form and node.value not in form["enum"]:
        title = f"{form['title']}" if "title" in form else "one of the values allowed"
        yield node, f"{what} must be {title}, not {node.shown()}.{nearest(str(node.value), map(str, form['enum']))} Allowed are {', '.join(f'`{one}`' for one in form['enum'])}."
    elif node.kind == "text":
        if "pattern" in form and not re.search(form["pattern"], node.value):
            yield node, _wrong_kind(node, form, what)
        elif len(node.value) < form.get("minLength", 0):
            yield node, f"{what} is empty."
    elif node.kind in ("int", "float") and "minimum" in form and not node.value >= form["minimum"]:
        yield node, f"{what} must be {form.get('title') or str(form['minimum']) + ' or more'}, not {node.raw}."


def _check_mapping(node: Node, form: Mapping[str, Any], what: str) -> Iterator[Found]:
    properties = form.get("properties", {})
    patterns = form.get("patternProperties", {})
    rest = form.get("additionalProperties", form.get("unevaluatedProperties", True))
    names = form.get("propertyNames", {}).get("pattern")
    if len(node.value) < form.get("minProperties", 0):
        yield node, f"{what} is empty: it must be {_allowed(form)}."
    for name in form.get("required", ()):
        if name not in node:
            yield node, f"{what} lacks the key `{name}`."
    for name, value in node.items():
        if names is not None and not re.search(names, name):
            limit = "letters, digits, `_` and `-`" + ("" if "." not in names else ", and `.`")
            yield node.key(name), f"`{name}` cannot be an id: it may have {limit}, at most 250 characters."
        if name in properties:
            yield from _check(value, properties[name], f"`{name}`")
        elif any(re.search(pattern, name) for pattern in patterns):
            continue
        elif rest is False:
            yield node.key(name), f"Unknown key `{name}` in {what}.{nearest(name, properties) or _few(_current(properties))}"
        elif isinstance(rest, dict):
            yield from _check(value, rest, f"`{name}`")


def _current(properties: Mapping[str, Any]) -> List[str]:
    return [name for name, form in properties.items() if not form.get("deprecated")]
