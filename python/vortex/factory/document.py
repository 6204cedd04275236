"""A YAML or JSON document with the place of each part in the file, and what is wrong with it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Optional, Tuple

from vortex.exceptions import AirflowException

# The size up to which the code editor opens a file; what is larger is generated, and belongs into several files.
MAX_FILE_BYTES = 1024 * 1024
# Aliases count each time they are used, so that a few lines cannot stand for millions of values.
MAX_NODES = 100_000
MAX_DEPTH = 60
# More help nobody at once.
MAX_PROBLEMS = 50
MAX_SHOWN = 10

KINDS = {
    "map": "a mapping",
    "list": "a list",
    "text": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


@dataclass(eq=False)
class Node:
    """One value of the document. `raw` is a scalar as it is written; line and column count from 1."""

    kind: str
    value: Any
    line: int
    column: int
    raw: str = ""
    # Of a mapping: where each key stands.
    keys: "Dict[str, Node]" = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self.kind == "map" and name in self.value

    def get(self, name: str) -> "Optional[Node]":
        return self.value.get(name) if self.kind == "map" else None

    def items(self) -> "Iterable[Tuple[str, Node]]":
        return self.value.items() if self.kind == "map" else ()

    def key(self, name: str) -> "Node":
        """Where a key stands; the mapping itself if it came from elsewhere."""
        return self.keys.get(name, self)

    def plain(self) -> Any:
        if self.kind == "map":
            return {name: node.plain() for name, node in self.value.items()}
        if self.kind == "list":
            return [node.plain() for node in self.value]
        return self.value

    def shown(self) -> str:
        """For messages: what it is, and a scalar as it is written."""
        if self.kind in ("map", "list", "null"):
            return KINDS[self.kind]
        text = self.raw if len(self.raw) <= 60 else self.raw[:57] + "..."
        return f"{KINDS[self.kind]} `{text}`" if self.kind != "bool" else f"`{text}`"


def mapping_of(nodes: "Dict[str, Node]", like: Node) -> Node:
    """A mapping made of parts of the document; what is wrong with it as a whole is told at `like`."""
    return Node("map", dict(nodes), like.line, like.column, keys={**like.keys})


@dataclass(frozen=True)
class Problem:
    line: int
    column: int
    message: str


class DagFileProblems(AirflowException):
    """What is wrong with a YAML or JSON DAG file: all of it that could be found at once, in order of the file."""

    def __init__(self, file: str, problems: List[Problem], kind: str = "invalid", more: str = "") -> None:
        # What is told first of a place says what is wrong; what follows from it would only repeat that.
        places = {(one.line, one.column): one for one in reversed(problems)}
        self.problems = [places[place] for place in sorted(places)][:MAX_PROBLEMS]
        first = self.problems[0]
        others = len(self.problems) - 1
        self.summary = first.message + (f" (and {others} more problem{'s' if others > 1 else ''})" if others else "")
        super().__init__(f"{file}:{first.line}:{first.column}: {self.summary}")
        self.kind = kind
        self.line = first.line
        self.column = first.column
        self.report = "\n".join(f"{file}:{one.line}:{one.column}: {one.message}" for one in self.problems) + (f"\n\n{more}" if more else "")


class Problems:
    """Collects what is wrong while a file is read."""

    def __init__(self) -> None:
        self.found: List[Problem] = []
        self.kind: Optional[str] = None
        # Tracebacks of the author's modules.
        self.more: List[str] = []

    def add(self, node: Node, message: str, kind: str = "invalid") -> None:
        self.kind = self.kind or kind
        self.found.append(Problem(node.line, node.column, message))

    def __bool__(self) -> bool:
        return bool(self.found)

    def raise_if_any(self, file: str) -> None:
        if self.found:
            raise DagFileProblems(file, self.found, self.kind or "invalid", "\n".join(self.more[:3]))


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean `x`?`, or nothing."""
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f" Did you mean `{near[0]}`?" if near else ""


def listed(words: Iterable[str]) -> str:
    """The first words, for a message."""
    known = list(words)
    shown = ", ".join(f"`{word}`" for word in known[:MAX_SHOWN])
    return shown + (f" and {len(known) - MAX_SHOWN} more" if len(known) > MAX_SHOWN else "")
