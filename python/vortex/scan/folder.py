"""Scans the DAG files of a folder and the local modules that they import."""

from __future__ import annotations

import ast
import os
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Set, Tuple

from vortex.loading.dialect import detect_dialect
from vortex.loading.import_error import package_to_install
from vortex.loading.load_file import DagFileEncodingError, is_data, read_source
from vortex.loading.local_modules import scan_local_modules
from vortex.loading.search_path import packages_beside, search_roots
from vortex.scan import names
from vortex.scan.finding import Finding
from vortex.scan.imports import is_installed
from vortex.scan.visitor import findings

# A name that is used everywhere is found at its first places.
MAX_PLACES = 20
MAX_PLUGIN_FILES = 2000


class FolderScan:
    def __init__(self, root: str, compat: str) -> None:
        self._root = root
        self._compat = compat
        self._roots = [folder for folder, _ in search_roots(root)]
        self._packages = packages_beside(root)
        self._local = local_names(self._roots) | self._packages.keys()
        # Airflow users put helpers beside the DAG folder and on PYTHONPATH.
        self._beside = local_names([os.path.dirname(root)])
        self._read: Dict[str, Tuple[Optional[ast.AST], Tuple[Finding, ...], Optional[Dict[str, Any]]]] = {}
        self.files: List[Dict[str, Any]] = []

    def add(self, file: str) -> None:
        path = os.path.join(self._root, *file.split("/"))
        tree, found, problem = self._findings(path)
        modules = sorted(scan_local_modules(tree, path, self._roots, self._packages)) if tree is not None else []
        needs: Set[Tuple[str, str]] = set()
        for part in [path, *modules]:
            needs |= {(one.kind, one.name) for one in self._findings(part)[1] if one.when == "load" and _is_need(one)}
        self.files.append(
            {
                "file": file,
                "dialect": self._dialect(tree, file) if tree is not None else None,
                "problem": problem,
                "dags": [one.name for one in found if one.kind == "dag"],
                "needs": [{"kind": kind, "name": name} for kind, name in sorted(needs)],
            }
        )

    def add_plugins(self) -> None:
        """Files of plugins/ that no DAG file imports: of those only the parts of AirflowPlugin classes matter that are not loaded."""
        for top in [folder for folder in self._roots if os.path.basename(folder) == "plugins"]:
            paths = [os.path.join(folder, file) for folder, _, files in os.walk(top) for file in files if file.endswith(".py")]
            for path in sorted(paths)[:MAX_PLUGIN_FILES]:
                if path not in self._read:
                    self._read[path] = (None, tuple(one for one in self._look(path)[1] if one.name.startswith(f"{names.PLUGIN}.")), None)

    def _dialect(self, tree: ast.AST, file: str) -> str:
        if is_data(file):
            return self._compat if self._compat in ("2", "3") else "3"
        return detect_dialect(tree, self._compat)

    def _findings(self, path: str) -> Tuple[Optional[ast.AST], Tuple[Finding, ...], Optional[Dict[str, Any]]]:
        if path not in self._read:
            self._read[path] = self._look(path)
        return self._read[path]

    def _look(self, path: str) -> Tuple[Optional[ast.AST], Tuple[Finding, ...], Optional[Dict[str, Any]]]:
        try:
            tree = self._tree(path)
            return tree, findings(tree, self._local), None
        except SyntaxError as error:
            message = error.msg if is_data(path) else f"{type(error).__name__}: {error.msg}"
            return None, (), {"kind": "syntax", "message": message, "line": error.lineno}
        except DagFileEncodingError as error:
            return None, (), {"kind": "encoding", "message": str(error), "line": error.line}
        except (RecursionError, MemoryError):
            return None, (), {"kind": "size", "message": "The file is nested too deeply to be read.", "line": None}
        except (OSError, ValueError) as error:
            return None, (), {"kind": "unreadable", "message": getattr(error, "strerror", None) or str(error), "line": None}

    def _tree(self, path: str) -> ast.AST:
        if not is_data(path):
            return ast.parse(read_source(path), filename=path)
        from vortex.factory.document import DagFileProblems
        from vortex.scan.data_file import tree_of

        try:
            return tree_of(read_source(path), self._named(path))
        except DagFileProblems as error:
            raise SyntaxError(error.summary, (path, error.line, error.column, None)) from None

    def report(self) -> Dict[str, Any]:
        """Names with their places, those needed to load first."""
        by_kind: Dict[str, Dict[str, Dict[str, Any]]] = {}
        for path, (_, found, _) in sorted(self._read.items()):
            for one in found:
                self._collect(by_kind, one, path)
        answer: Dict[str, Any] = {"files": self.files}
        for kind, key in _KEYS.items():
            entries = by_kind.get(kind, {}).values()
            answer[key] = sorted(entries, key=lambda entry: (_ORDER[entry["when"]], entry["name"].lower()))
        return answer

    def _collect(self, by_kind: Dict[str, Dict[str, Dict[str, Any]]], one: Finding, path: str) -> None:
        identity = f"{one.name} {one.detail}" if one.kind in ("stub", "removed") else one.name
        if one.kind == "dag":
            identity = f"{path} {one.line}"
        entry = by_kind.setdefault(one.kind, {}).setdefault(identity, {"name": one.name, "when": one.when, "count": 0, "places": []})
        entry["when"] = min(entry["when"], one.when, key=_ORDER.__getitem__)
        entry["count"] += 1
        if len(entry["places"]) < MAX_PLACES:
            entry["places"].append({"file": self._named(path), "line": one.line})
        if one.kind == "stub":
            module, _, package = one.detail.rpartition(" ")
            entry.update(module=module, package=package)
        elif one.kind == "package":
            root = one.name.partition(".")[0]
            entry.update(install=package_to_install(one.name), installed=is_installed(root), beside=root in self._beside)
        elif one.kind == "removed":
            entry["meaning"] = one.detail
        elif one.kind == "dag":
            entry["notes"] = one.detail.split()

    def _named(self, path: str) -> str:
        return os.path.relpath(path, self._root).replace(os.sep, "/")


_KEYS = {
    "variable": "variables",
    "connection": "connections",
    "environment": "environment",
    "pool": "pools",
    "package": "packages",
    "stub": "stubs",
    "dag": "dags",
    "removed": "removed",
    "dynamic": "computed_names",
}
_ORDER = {"load": 0, "run": 1, "optional": 2}


def _is_need(one: Finding) -> bool:
    if one.kind == "package":
        return not is_installed(one.name.partition(".")[0])
    return one.kind in ("variable", "connection", "environment") and not _is_set(one)


def _is_set(one: Finding) -> bool:
    """Whether this process's environment has it already."""
    if one.kind == "environment":
        return one.name in os.environ
    word = "VAR" if one.kind == "variable" else "CONN"
    return any(f"{prefix}_{word}_{one.name.upper()}" in os.environ for prefix in ("AIRFLOW", "VORTEX"))


def local_names(roots: Sequence[str]) -> FrozenSet[str]:
    """Modules and packages that lie in the folder and beside it."""
    found: Set[str] = set()
    for root in roots:
        try:
            entries: Iterable[os.DirEntry[str]] = list(os.scandir(root))
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith(".py"):
                found.add(entry.name[:-3])
            elif entry.is_dir() and entry.name.isidentifier():
                found.add(entry.name)
    return frozenset(found)
