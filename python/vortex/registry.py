"""
Which DAGs a DAG file defines: those in its globals, and those used as a `with` block or made by an `@dag` function while it was
loaded, even if no name holds them (Airflow's rule, since 2.4).
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any, Dict, List, Optional

from vortex.exceptions import AirflowDagDuplicatedIdException


class _Load:
    def __init__(self, file: str, dialect: str, root: str) -> None:
        self.file = file
        self.root = root
        self.dialect = dialect
        self.registered: List[Any] = []


# A load may start another one: a DAG file that reads other DAG files. They nest.
_loads: List[_Load] = []


def begin_load(file: str, dialect: Optional[str] = None, root: Optional[str] = None) -> None:
    """From now on DAGs register themselves. `dialect` is '2' or '3'; by default VORTEX_COMPAT, else '3'. `root` is the DAG folder."""
    _loads.append(_Load(file, dialect or _site_dialect(), root or os.path.dirname(os.path.abspath(file))))


def finish_load(module: ModuleType) -> Dict[str, Any]:
    """
    Ends the innermost load and returns its DAGs by id, in order of definition. Raises AirflowDagDuplicatedIdException if two
    different DAGs have one id.
    """
    from vortex.definitions.dag import DAG

    load = _loads.pop()
    found: Dict[str, Any] = {}
    candidates = [value for value in list(vars(module).values()) if isinstance(value, DAG)]
    for dag in load.registered + candidates:
        known = found.setdefault(dag.dag_id, dag)
        if known is not dag:
            raise AirflowDagDuplicatedIdException(
                f"{load.file} defines two DAGs with the id {dag.dag_id!r}. "
                "Give each its own dag_id; in a loop, put the loop's value into it."
            )
    for dag in found.values():
        dag.settle()
    return found


def register(dag: Any) -> None:
    """Called by a DAG that is used as a `with` block or made by an @dag function. Outside a load nothing happens."""
    if _loads and getattr(dag, "auto_register", True) and not any(dag is known for known in _loads[-1].registered):
        _loads[-1].registered.append(dag)


def loading_file() -> Optional[str]:
    """Path of the DAG file that is being loaded, or None."""
    return _loads[-1].file if _loads else None


def loading_root() -> Optional[str]:
    """The DAG folder of that file, or None."""
    return _loads[-1].root if _loads else None


def current_dialect() -> str:
    """'2' or '3': which Airflow's rules hold for a DAG that is made now."""
    return _loads[-1].dialect if _loads else _dialect_of_author()


def _site_dialect() -> str:
    compat = os.environ.get("VORTEX_COMPAT", "")
    return compat if compat in ("2", "3") else "3"


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_dialects: Dict[Any, str] = {}


def _dialect_of_author() -> str:
    """Outside of a load, in `python my_dag.py` and in tests: what the file says that asks, by the rule for DAG files."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, "<frozen importlib")):
        frame = frame.f_back
    path = frame.f_code.co_filename if frame is not None else ""
    if not os.path.isfile(path):
        # Typed in, or made by exec.
        return _site_dialect()
    key = (path, os.environ.get("VORTEX_COMPAT"))
    if key not in _dialects:
        _dialects[key] = _read_dialect(path)
    return _dialects[key]


def _read_dialect(path: str) -> str:
    import ast

    from vortex.loading.dialect import detect_dialect

    try:
        with open(path, "rb") as stream:
            return detect_dialect(ast.parse(stream.read()), os.environ.get("VORTEX_COMPAT", "auto"))
    except (OSError, SyntaxError, ValueError):
        return _site_dialect()
