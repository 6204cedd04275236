"""Which Airflow's rules a DAG file follows where 2.x and 3.x differ."""
from __future__ import annotations

import ast

_THREE = ("airflow.sdk", "airflow.providers.standard")


def detect_dialect(tree: ast.AST, compat: str = "auto") -> str:
    """'3' if the file itself imports airflow.sdk or airflow.providers.standard; else `compat` if it says; else '3' only without airflow."""
    names = set(_imported_modules(tree))
    if any(name == new or name.startswith(new + ".") for name in names for new in _THREE):
        return "3"
    if compat in ("2", "3"):
        return compat
    roots = {name.partition(".")[0] for name in names}
    return "3" if "vortex" in roots and "airflow" not in roots else "2"


def _imported_modules(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
