"""Arguments of tasks and DAGs: by the form that the facts give a key, or by what an operator's constructor asks for."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any, Dict

from vortex.factory import facts
from vortex.factory.document import Node
from vortex.factory.durations import read_duration
from vortex.factory.operators import Argument
from vortex.factory.schedules import read_assets, read_schedule

# Arguments that are seconds or a timedelta, whatever an operator's annotation says.
_SECONDS = frozenset(("poke_interval", "timeout", "poll_interval", "max_wait"))


def read_by_form(form: str, node: Node, values: Any) -> Any:
    """The value of a key whose form the facts name."""
    if form == "duration":
        return values.duration(node)
    if form == "instant":
        return values.instant(node)
    if form == "callable":
        return values.callable(node)
    if form == "callables":
        return values.callables(node)
    if form == "named_callables":
        return {name: values.callable(value) for name, value in node.items()}
    if form == "params":
        return values.params(node)
    if form == "assets":
        return read_assets(node, values)
    if form == "schedule":
        return read_schedule(node, values)
    return values.read(node)


def read_argument(name: str, annotation: str, node: Node, values: Any) -> Any:
    """The value of an operator's argument."""
    if name in facts.TASK_KEYS:
        return read_by_form(facts.TASK_KEYS[name][0], node, values)
    if name == "env" and node.kind == "map" and not any(key.startswith("$") for key in node.value):
        # As written: 08 stays 08, and a date stays a date.
        return {key: value.raw if value.kind not in ("map", "list", "null") else values.read(value) for key, value in node.items()}
    if "Callable" in annotation and node.kind != "null":
        return values.callables(node)
    if node.kind in ("text", "int", "float"):
        return _scalar(name, annotation, node)
    return values.read(node)


def _scalar(name: str, annotation: str, node: Node) -> Any:
    duration = read_duration(node.value)
    if "timedelta" in annotation and duration is not None:
        return duration
    if name in _SECONDS and node.kind == "text" and duration is not None:
        return duration.total_seconds()
    if "dt.time" in annotation.replace("dt.timedelta", "") and node.kind == "text":
        try:
            return dt.time.fromisoformat(node.value)
        except ValueError:
            return node.value
    return node.value


@functools.lru_cache(maxsize=1)
def known_annotations() -> Dict[str, str]:
    """For default_args: what any operator of VORTEX asks for under a name, as far as values are read by it."""
    from vortex.factory.schema import schema

    found: Dict[str, str] = {}
    for name, form in schema()["$defs"].items():
        for key, one in form.get("properties", {}).items() if name.startswith("operator.") else ():
            references = [choice.get("$ref", "") for choice in one.get("anyOf", ())]
            word = "Callable" if "#/$defs/callable" in references else "timedelta" if "#/$defs/duration" in references else ""
            found[key] = found.get(key) or word
    return found


def annotation_of(arguments: "tuple[Argument, ...]", name: str) -> str:
    return next((one.annotation for one in arguments if one.name == name), "")
