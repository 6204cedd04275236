"""Type annotations as people read them, for the reference of operators."""
from __future__ import annotations

import ast

# Types of YAML's forms (facts.py) in Python.
PYTHON_FORMS = {
    "text": "str", "id": "str", "boolean": "bool", "integer": "int", "count": "int", "number_0": "int", "duration": "timedelta or seconds",
    "instant": "datetime", "texts": "list of str", "texts_or_text": "str or list of str", "callable": "callable", "callables": "callable or list of them",
    "trigger_rule": "str or TriggerRule", "weight_rule": "str or WeightRule", "params": "dict", "object": "dict", "secrets": "dict or list of str",
    "assets": "asset or list of them", "backoff": "bool or float", "default_args": "dict", "schedule": "see [authoring](authoring.md#schedules)",
    "named_values": "dict", "named_callables": "dict of callables", "named_texts": "dict of str",
}  # fmt: skip
# What is no class of the author's.
_PLAIN = {
    "Any": "any",
    "Callable": "callable",
    "Collection": "list",
    "Container": "list",
    "Dict": "dict",
    "Iterable": "list",
    "List": "list",
    "Mapping": "dict",
    "Parameters": "list or dict",
    "Sequence": "list",
    "Sql": "str or list of str",
}


def type_in_words(annotation: str) -> str:
    try:
        return _words(ast.parse(annotation, mode="eval").body) if annotation else "any"
    except SyntaxError:
        return annotation


def _words(node: ast.AST) -> str:
    """An annotation in words: Optional[Dict[str, Any]] is "dict"; that None may be given shows in the default."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return _PLAIN.get(node.id, node.id)
    if isinstance(node, ast.Constant):
        return "" if node.value is None else str(node.value)
    if isinstance(node, ast.Subscript):
        head = _words(node.value)
        inner = node.slice
        items = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        if head == "Union":
            return " or ".join(dict.fromkeys(word for item in items if (word := _words(item))))
        if head == "Optional":
            return _words(items[0])
        if head == "list" and (of := _words(items[0])) not in ("any", ""):
            return f"list of {of}"
        return head
    return ast.unparse(node)
