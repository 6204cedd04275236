"""A YAML or JSON DAG file as a syntax tree that says the same, so that it is scanned as a Python file is. Nothing that it names is imported."""

from __future__ import annotations

import ast
from typing import List, Tuple

from vortex.factory.document import Node, Problems
from vortex.factory.load import imports_of, read_document, says_dags


def tree_of(source: str, file: str) -> ast.Module:
    """Raises DagFileProblems for a text that cannot be read."""
    root = read_document(file, source, Problems())
    body: List[ast.stmt] = []
    if root is not None and says_dags(root):
        for module in imports_of(source, file):
            body.append(_at(ast.Import([ast.alias(module)]), root))
        for path, place in _operators(root):
            module, _, name = path.replace(":", ".").rpartition(".")
            body.append(_at(ast.ImportFrom(module, [ast.alias(name)], 0), place))
        body.append(_at(ast.Expr(_value(root)), root))
        body += [_at(ast.Expr(_dag(name, key, node)), key) for name, key, node in _dags(root)]
    return ast.fix_missing_locations(ast.Module(body, []))


def _at(made: ast.AST, place: Node) -> "ast.AST":
    made.lineno = made.end_lineno = place.line  # type: ignore[attr-defined]
    made.col_offset = made.end_col_offset = place.column - 1  # type: ignore[attr-defined]
    return made


def _value(node: Node) -> ast.expr:
    if node.kind == "map":
        made: ast.expr = ast.Dict([_at(ast.Constant(name), node.key(name)) for name in node.value], [_value(one) for one in node.value.values()])
    elif node.kind == "list":
        made = ast.List([_value(one) for one in node.value], ast.Load())
    else:
        made = ast.Constant(node.value)
    return _at(made, node)  # type: ignore[return-value]


def _dags(root: Node) -> "List[Tuple[str, Node, Node]]":
    dags = root.get("dags")
    if dags is not None:
        return [(name, dags.key(name), node) for name, node in dags.items()]
    own = root.get("id") or root.get("dag_id")
    return [(str(own.value), own, root)] if own is not None else []


def _dag(name: str, key: Node, node: Node) -> ast.Call:
    schedule = node.get("schedule") or node.get("schedule_interval")
    words = [ast.keyword("catchup", _at(ast.Constant(False), key))]
    words.append(ast.keyword("schedule", _value(schedule) if schedule is not None else _at(ast.Constant(None), key)))
    return _at(ast.Call(_at(ast.Name("DAG", ast.Load()), key), [_at(ast.Constant(name), key)], words), key)  # type: ignore[return-value]


def _operators(root: Node) -> "List[Tuple[str, Node]]":
    found: List[Tuple[str, Node]] = []
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        operator = node.get("operator") or node.get("type")
        if operator is not None and operator.kind == "text" and "." in operator.value:
            found.append((operator.value, operator))
        waiting += list(node.value.values()) if node.kind == "map" else node.value if node.kind == "list" else []
    return found
