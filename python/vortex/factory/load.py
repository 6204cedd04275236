"""A YAML or JSON file as DAGs: read, checked by the schema, made. Whatever is wrong is told at once, each at its place."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

from vortex.factory.check import check
from vortex.factory.dags import DagMaker
from vortex.factory.document import MAX_FILE_BYTES, DagFileProblems, Node, Problem, Problems
from vortex.factory.older import current_dag
from vortex.factory.operators import CATALOGUE, SHORT_OF
from vortex.loading.says_dags import says_dags as text_says_dags

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:[:.][A-Za-z_]\w*)+")


def load_dags(path: str, file: str, text: str) -> List[Any]:
    """
    The DAGs that the file defines; none if it does not say that it holds DAGs: `dags` at its margin, or `id` and `tasks`. Then it is
    not even read, for it may be of another kind of YAML. Raises DagFileProblems.
    """
    if not text_says_dags(file, text):
        return []
    problems = Problems()
    root = read_document(file, text, problems)
    if root is None or not says_dags(root):
        return []
    dags = _of_file(root, path, problems) if "dags" in root else _of_single(root, path, problems)
    problems.raise_if_any(file)
    return dags


def read_document(file: str, text: str, problems: Problems) -> Optional[Node]:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_FILE_BYTES:
        message = f"The file has {size:,} bytes; a YAML or JSON DAG file may have {MAX_FILE_BYTES:,}. Split it into several."
        raise DagFileProblems(file, [Problem(1, 1, message)])
    text = text[1:] if text.startswith("\ufeff") else text
    if file.lower().endswith(".json"):
        from vortex.factory.json_reader import read_json

        return read_json(text, file, problems)
    from vortex.factory.yaml_reader import read_yaml

    return read_yaml(text, file, problems)


def says_dags(root: Node) -> bool:
    dags = root.get("dags")
    if dags is not None:
        return dags.kind == "map"
    return ("id" in root or "dag_id" in root) and "tasks" in root


def _of_file(root: Node, path: str, problems: Problems) -> List[Any]:
    from vortex.factory.schema import definition

    defaults = root.get("defaults")
    current: Dict[str, Node] = {name: current_dag(node, problems) for name, node in root.value["dags"].items()}
    dags = root.value["dags"]
    checked = Node("map", {**root.value, "dags": Node("map", current, dags.line, dags.column, keys=dags.keys)}, root.line, root.column, keys=root.keys)
    if defaults is not None:
        defaults = checked.value["defaults"] = current_dag(defaults, problems)
    check(checked, definition("file"), problems, "the file")
    merged = {name: _with_defaults(node, defaults) for name, node in current.items()}
    maker = DagMaker(path, problems, _mapping(root.get("default_args")), _is_strict(root))
    made = [_made(maker, name, dags.key(name), node, problems) for name, node in merged.items() if node.kind == "map"]
    return [dag for dag in made if dag is not None]


def _of_single(root: Node, path: str, problems: Problems) -> List[Any]:
    from vortex.factory.schema import definition

    node = current_dag(root, problems)
    check(node, definition("single_dag"), problems, "the DAG")
    own = node.get("id") or node.get("dag_id")
    if own is None or own.kind != "text":
        return []
    dag = _made(DagMaker(path, problems, None, _is_strict(root)), own.value, own, node, problems)
    return [] if dag is None else [dag]


def _made(maker: DagMaker, dag_id: str, key: Node, node: Node, problems: Problems) -> Any:
    try:
        return maker.make(dag_id, key, node)
    except Exception:
        # Values of a wrong form, which have been told already, are gone through for whatever else can be told.
        if problems:
            return None
        raise


def _with_defaults(node: Node, defaults: Optional[Node]) -> Node:
    if defaults is None or defaults.kind != "map" or node.kind != "map":
        return node
    return Node("map", {**defaults.value, **node.value}, node.line, node.column, keys={**defaults.keys, **node.keys})


def _mapping(node: Optional[Node]) -> Optional[Node]:
    return node if node is not None and node.kind == "map" else None


def _is_strict(root: Node) -> bool:
    """Whether all operators are VORTEX's own, whose arguments are known."""
    names = [value for name, value in _pairs(root) if name in ("operator", "type")]
    return all(name.value in CATALOGUE or name.value in SHORT_OF or name.value == "sensor" for name in names if name.kind == "text")


def _pairs(node: Node) -> "list[tuple[str, Node]]":
    found = []
    waiting, seen = [node], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.kind == "map":
            found += list(one.items())
        waiting += list(one.value.values()) if one.kind == "map" else one.value if one.kind == "list" else []
    return found


def imports_of(text: str, file: str) -> List[str]:
    """Modules that the file may name, for its bundle and for what must be watched: text that looks like `module:function`. Never raises."""
    found: Dict[str, None] = {}
    try:
        root = read_document(file, text, Problems())
    except Exception:  # noqa: BLE001 - the failure has been reported already
        return []
    waiting, seen = [root] if root is not None else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.kind == "text" and _NAME.fullmatch(node.value):
            found.setdefault(node.value.partition(":")[0] if ":" in node.value else node.value.rpartition(".")[0])
        waiting += list(node.value.values()) if node.kind == "map" else node.value if node.kind == "list" else []
    return sorted(found)
