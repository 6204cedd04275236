"""
The rendered template fields of a task as text for people. The work is bounded by what is shown, never by the size of the values: a
field may hold the result of another task.
"""
from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Dict, List

from vortex.execution.templating import names_of

# Of all fields together: a long SQL script fits.
MAX_CHARS = 64 * 1024
MAX_DEPTH = 12
_INDENT = "  "


class _Full(Exception):
    """There is no room for more."""


def shown_fields(task: Any) -> List[Dict[str, Any]]:
    """[{"name", "value", "is_cut"}]. Fields without a value are left out; what the first fields take the last ones lack."""
    room = MAX_CHARS
    fields = []
    for name in names_of(task):
        text = _Text(room)
        is_cut = False
        try:
            value = getattr(task, name, None)
            if value is None or (isinstance(value, (str, list, tuple, dict)) and not value):
                continue
            text.add(value) if isinstance(value, str) else text.put(value, 0)
        except _Full:
            is_cut = True
        except Exception as error:  # noqa: BLE001 - an author's class may do anything; its task must not fail of being looked at
            text.parts = [f"<not shown: {type(error).__name__}>"]
        # The log masks bytes, and half of a surrogate pair has none.
        found = "".join(text.parts).encode("utf-8", "replace").decode()
        room -= len(found)
        fields.append({"name": str(name), "value": found, "is_cut": is_cut})
    return fields


class _Text:
    """JSON with an indent of two, until the room is used up."""

    def __init__(self, room: int) -> None:
        self.parts: List[str] = []
        self._room = room

    def add(self, text: str) -> None:
        self.parts.append(text[: self._room])
        self._room -= len(text)
        if self._room < 0:
            raise _Full

    def put(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            # Escaping makes it longer, so no more than fits is looked at.
            self.add(json.dumps(value[: self._room + 1], ensure_ascii=False))
        elif value is None or isinstance(value, bool):
            self.add(json.dumps(value))
        elif isinstance(value, (int, float)):
            self.add(_number(value))
        elif isinstance(value, (dt.datetime, dt.date, dt.time)):
            self.add(json.dumps(value.isoformat()))
        elif isinstance(value, Mapping) and depth < MAX_DEPTH:
            self._items("{", "}", ((json.dumps(str(key)[: self._room + 1], ensure_ascii=False) + ": ", item) for key, item in value.items()), depth)
        elif isinstance(value, (list, tuple, set, frozenset)) and depth < MAX_DEPTH:
            self._items("[", "]", (("", item) for item in value), depth)
        else:
            self.add(_object(value))

    def _items(self, opening: str, closing: str, items: Any, depth: int) -> None:
        self.add(opening)
        is_first = True
        for head, item in items:
            self.add(("" if is_first else ",") + "\n" + _INDENT * (depth + 1) + head)
            self.put(item, depth + 1)
            is_first = False
        self.add(closing if is_first else "\n" + _INDENT * depth + closing)


def _number(value: Any) -> str:
    # A whole number of a million digits would take minutes to write.
    return f"<int of {value.bit_length():,} bits>" if isinstance(value, int) and value.bit_length() > 4096 else repr(value)


def _object(value: Any) -> str:
    """Its name, not its text: the text of a data frame is work, and an author's __str__ may do anything."""
    name = getattr(value, "__qualname__", None)
    return json.dumps(name if callable(value) and isinstance(name, str) else f"<{type(value).__module__}.{type(value).__qualname__}>")
