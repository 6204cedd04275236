"""JSON text as nodes with their places. JSON's own grammar (RFC 8259); a key twice is an error."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, List, Optional

from vortex.factory.document import MAX_DEPTH, MAX_NODES, DagFileProblems, Node, Problem, Problems

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(\.[0-9]+)?([eE][-+]?[0-9]{1,4})?")
_WORDS = {"true": ("bool", True), "false": ("bool", False), "null": ("null", None)}


def read_json(text: str, file: str, problems: Problems) -> Optional[Node]:
    """The document, None if it is empty. Raises DagFileProblems where the text is no JSON."""
    reader = _Reader(text, file, problems)
    if reader.peek() == "":
        return None
    root = reader.value(0)
    if reader.peek() != "":
        reader.stop(reader.at, "Something follows the end of the document.")
    return root


class _Reader:
    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self.at = 0
        self._text = text
        self._file = file
        self._problems = problems
        self._count = 0
        self._lines: List[int] = [0] + [match.end() for match in re.finditer("\n", text)]

    def stop(self, at: int, message: str) -> None:
        line, column = self._place(at)
        raise DagFileProblems(self._file, [Problem(line, column, message)], "syntax")

    def peek(self) -> str:
        found = _SPACE.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return self._text[self.at : self.at + 1]

    def _place(self, at: int) -> "tuple[int, int]":
        from bisect import bisect_right

        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def _node(self, kind: str, value: Any, at: int, raw: str = "") -> Node:
        self._count += 1
        if self._count > MAX_NODES:
            self.stop(at, f"The file holds more than {MAX_NODES:,} values. Split it.")
        line, column = self._place(at)
        return Node(kind, value, line, column, raw)

    def value(self, depth: int) -> Node:
        sign, at = self.peek(), self.at
        if depth > MAX_DEPTH:
            self.stop(at, f"This is nested deeper than {MAX_DEPTH} levels.")
        if sign == "{":
            return self._mapping(depth)
        if sign == "[":
            return self._list(depth)
        if sign == '"':
            return self._string()
        number = _NUMBER.match(self._text, at)
        if number is not None:
            self.at = number.end()
            is_float = number.group(1) is not None or number.group(2) is not None
            return self._node("float" if is_float else "int", (float if is_float else int)(number.group()), at, number.group())
        word = re.compile(r"\w*").match(self._text, at)
        text = word.group() if word else ""
        if text not in _WORDS:
            self.stop(at, f"This is no JSON: a value is expected{', not ' + repr(text or sign) if text or sign else ' before the end'}.")
        self.at += len(text)
        kind, found = _WORDS[text]
        return self._node(kind, found, at, text)

    def _string(self) -> Node:
        at = self.at
        try:
            found, self.at = scanstring(self._text, at + 1, True)
        except JSONDecodeError as error:
            self.stop(error.pos, f"This is no JSON: {error.msg[0].lower()}{error.msg[1:]}.")
        return self._node("text", found, at, found)

    def _mapping(self, depth: int) -> Node:
        node = self._node("map", {}, self.at)
        self.at += 1
        if self.peek() == "}":
            self.at += 1
            return node
        while True:
            if self.peek() != '"':
                self.stop(self.at, "This is no JSON: a key in double quotes is expected.")
            key = self._string()
            if self.peek() != ":":
                self.stop(self.at, "This is no JSON: `:` is expected after the key.")
            self.at += 1
            value = self.value(depth + 1)
            if key.value in node.value:
                first = node.keys[key.value].line
                self._problems.add(key, f"The key `{key.value}` is here twice; the first is in line {first}. Remove one of them.", "duplicate")
            else:
                node.value[key.value], node.keys[key.value] = value, key
            if not self._goes_on("}"):
                return node

    def _list(self, depth: int) -> Node:
        node = self._node("list", [], self.at)
        self.at += 1
        if self.peek() == "]":
            self.at += 1
            return node
        while True:
            node.value.append(self.value(depth + 1))
            if not self._goes_on("]"):
                return node

    def _goes_on(self, end: str) -> bool:
        sign = self.peek()
        if sign not in (",", end):
            self.stop(self.at, f"This is no JSON: `,` or `{end}` is expected.")
        self.at += 1
        return sign == ","
