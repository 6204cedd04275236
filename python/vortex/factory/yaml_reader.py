"""
YAML text as nodes. The parser is PyYAML's, its meaning is ours: scalars as in the core schema of YAML 1.2, so that `on`, `yes`, `12:30`
and dates stay text; no tags but the standard ones, so that nothing in a file can name code; a key twice is an error; aliases are
bounded. `<<` merges, which YAML 1.2 does not have and everybody uses.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

from vortex.factory.document import MAX_DEPTH, MAX_NODES, DagFileProblems, Node, Problem, Problems

_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# What YAML does not call printable.
_UNREADABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset(("str", "int", "float", "bool", "null", "map", "seq"))


def read_yaml(text: str, file: str, problems: Problems) -> Optional[Node]:
    """The document, None if it is empty. Raises DagFileProblems where the text is no YAML; adds to `problems` what can be told beside others."""
    import yaml

    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        raise DagFileProblems(file, [_sign(text, unreadable.start())], "syntax")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(problems)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(type(event).__name__, event)
    except yaml.MarkedYAMLError as error:
        raise DagFileProblems(file, [_explained(text, error)], "syntax") from None
    except _Stop as stop:
        raise DagFileProblems(file, [stop.problem], "invalid") from None
    return builder.root


class _Stop(Exception):
    def __init__(self, event: Any, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(event.start_mark.line + 1, event.start_mark.column + 1, message)


class _Builder:
    """Takes the parser's events, one after another: no recursion, however deep the text is nested."""

    def __init__(self, problems: Problems) -> None:
        self.root: Optional[Node] = None
        self._problems = problems
        self._documents = 0
        self._count = 0
        # (container, its anchor, key that waits for its value)
        self._open: List[List[Any]] = []
        # Anchor -> (node, how many nodes it stands for)
        self._anchors: Dict[str, Tuple[Optional[Node], int]] = {}
        self._started: List[int] = []

    def take(self, name: str, event: Any) -> None:
        if name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _Stop(event, "A second document begins here. A DAG file is one document: remove `---`, and put all DAGs under `dags:`.")
        elif name == "ScalarEvent":
            self._add(self._scalar(event), event, 1)
        elif name == "AliasEvent":
            self._alias(event)
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(name, event)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._end(event)

    def _begin(self, name: str, event: Any) -> None:
        kind = "map" if name == "MappingStartEvent" else "list"
        self._check_tag(event, ("map",) if kind == "map" else ("seq",))
        if len(self._open) >= MAX_DEPTH:
            raise _Stop(event, f"This is nested deeper than {MAX_DEPTH} levels.")
        node = Node(kind, {} if kind == "map" else [], event.start_mark.line + 1, event.start_mark.column + 1)
        if event.anchor:
            self._anchors[event.anchor] = (None, 0)
        self._started.append(self._count)
        self._open.append([node, event, None])

    def _end(self, event: Any) -> None:
        node, start, _ = self._open.pop()
        size = self._count - self._started.pop() + 1
        if node.kind == "map":
            self._merge(node, start)
        self._add(node, start, 1)
        if start.anchor:
            self._anchors[start.anchor] = (node, size)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise _Stop(event, f"`*{event.anchor}` has no anchor `&{event.anchor}` before it.")
        node, size = self._anchors[event.anchor]
        if node is None:
            raise _Stop(event, f"`*{event.anchor}` stands within what it names, which would never end.")
        self._add(node, event, size)

    def _add(self, node: Node, event: Any, size: int) -> None:
        self._count += size
        if self._count > MAX_NODES:
            raise _Stop(event, f"The file stands for more than {MAX_NODES:,} values (aliases count each time). Split it, or use fewer aliases.")
        if not self._open:
            self.root = node
            return
        holder = self._open[-1]
        container = holder[0]
        if container.kind == "list":
            container.value.append(node)
        elif holder[2] is None:
            holder[2] = self._key(node, event)
        else:
            key, holder[2] = holder[2], None
            self._put(container, key, node)
        if getattr(event, "anchor", None) and node.kind not in ("map", "list") and type(event).__name__ == "ScalarEvent":
            self._anchors[event.anchor] = (node, 1)

    def _key(self, node: Node, event: Any) -> Node:
        if node.kind in ("map", "list"):
            hint = ' A template that begins with a brace needs quotes: "{{ ds }}".' if node.kind == "map" else ""
            raise _Stop(event, f"A key must be text, not {node.shown()}.{hint}")
        # `on: x` and `2026: x` are keys as they are written.
        return Node("text", node.raw, event.start_mark.line + 1, event.start_mark.column + 1, node.raw)

    def _put(self, container: Node, key: Node, node: Node) -> None:
        if key.value == "<<":
            container.value.setdefault("<<", Node("list", [], key.line, key.column)).value.append(node)
            container.keys.setdefault("<<", key)
            return
        if key.value in container.value:
            first = container.keys[key.value].line
            self._problems.add(key, f"The key `{key.value}` is here twice; the first is in line {first}. Remove one of them.", "duplicate")
            return
        container.value[key.value] = node
        container.keys[key.value] = key

    def _merge(self, container: Node, event: Any) -> None:
        merged = container.value.pop("<<", None)
        if merged is None:
            return
        key = container.keys.pop("<<")
        sources = [one for node in merged.value for one in (node.value if node.kind == "list" else [node])]
        for source in sources:
            if source.kind != "map":
                self._problems.add(key, f"`<<` merges mappings, such as `<<: *defaults`; this is {source.shown()}.")
                continue
            self._count += len(source.value)
            if self._count > MAX_NODES:
                raise _Stop(event, f"The file stands for more than {MAX_NODES:,} values (merged keys count each time).")
            for name, node in source.items():
                if name not in container.value:
                    container.value[name] = node
                    container.keys[name] = source.keys[name]

    def _check_tag(self, event: Any, fitting: Tuple[str, ...]) -> Optional[str]:
        tag = event.tag
        if tag is None or tag == "!":
            return None
        name = tag[len(_CORE) :] if tag.startswith(_CORE) else None
        if name not in _TAGS or name not in fitting:
            shown = f"!!{name}" if name is not None else tag
            known = ", ".join(f"!!{word}" for word in fitting)
            raise _Stop(event, f"The tag {shown} is not allowed: a DAG file holds data, and nothing in it is run. Allowed here: {known}, or no tag.")
        return name

    def _scalar(self, event: Any) -> Node:
        tag = self._check_tag(event, ("str", "int", "float", "bool", "null"))
        text, line, column = event.value, event.start_mark.line + 1, event.start_mark.column + 1
        plain = tag is None and event.tag != "!" and event.style in (None, "") and event.implicit[0]
        kind = _kind_of(text) if plain else {"str": "text", "int": "int", "float": "float", "bool": "bool", "null": "null"}.get(tag or "str", "text")
        if not plain and kind not in ("text", _kind_of(text)) and not (kind == "float" and _kind_of(text) == "int"):
            raise _Stop(event, f"`{text}` is not what its tag !!{tag} says.")
        return Node(kind, _value_of(kind, text), line, column, text)


def _kind_of(text: str) -> str:
    if _NULL.fullmatch(text):
        return "null"
    if _BOOL.fullmatch(text):
        return "bool"
    if _INT.fullmatch(text):
        return "int"
    return "float" if _FLOAT.fullmatch(text) else "text"


def _value_of(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10) if text[:2] in ("0o", "0x") else int(text)
    if kind == "float":
        return float(re.sub(r"\.(inf|nan)", r"\1", text.lower()))
    return text


def _sign(text: str, position: int) -> Problem:
    before = text[:position]
    message = f"YAML text may not hold the character U+{ord(text[position]):04X}. Remove it."
    return Problem(before.count("\n") + 1, position - before.rfind("\n"), message)


def _explained(text: str, error: Any) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    words = error.problem or "this cannot be read"
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    hint = ""
    if "\t" in here[: len(here) - len(here.lstrip())] or (column <= len(here) and here[column - 1] == "\t"):
        hint = " Indent with spaces: YAML allows no tabs there."
    elif "mapping values are not allowed" in words:
        hint = " If the text holds a colon, put it in quotes; else look at the indentation."
    elif ">>" in here and "[" in here:
        hint = ' An expression that begins with a bracket needs quotes: "[a, b] >> c".'
    elif "{{" in here or "{%" in here:
        hint = ' A template that begins with a brace needs quotes: "{{ ds }}".'
    elif "expected <block end>" in words or "could not find expected ':'" in words:
        hint = " Look at the indentation, and for a missing colon or quote before it."
    context = f" {error.context}" if error.context else ""
    return Problem(line, column, f"This is no YAML: {words}{context}.{hint}")
