"""Collects the files that make up a DAG file's bundle: what a worker needs to run its tasks without the DAG folder."""
from __future__ import annotations

import hashlib
import os
import sys
from typing import Any, Dict, Iterable, List, Optional, Set

from vortex.loading.local_modules import scan_local_modules
from vortex.loading.search_path import bundle_path, packages_beside, search_roots
from vortex.loading.template_files import find_template_files

# A file opened at import time that is larger stays an input: workers read it from where it is.
MAX_OPENED_BYTES = 20 * 1024 * 1024


def template_folders(root: str, dag_file_path: str, dag: Any) -> List[str]:
    """Where a DAG's templates are looked up: the DAG file's folder, template_searchpath, then the DAG folder."""
    search = getattr(dag, "template_searchpath", None) or []
    if isinstance(search, (str, os.PathLike)):
        search = [search]
    folders = [os.path.dirname(dag_file_path)]
    folders += [os.path.join(root, os.fspath(folder)) for folder in search]
    if root not in folders:
        folders.append(root)
    return folders


class BundleCollector:
    """Adds files, keeps those that belong to the DAG folder, and hashes each once."""

    def __init__(self, root: str, path: str) -> None:
        self._root = root
        self._paths: Dict[str, str] = {}
        self.add([path])

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            name = bundle_path(self._root, path)
            if name is not None and name not in self._paths and os.path.isfile(path):
                self._paths[name] = path

    def holds(self, path: str) -> bool:
        name = bundle_path(self._root, path)
        return name is not None and name in self._paths

    def manifest(self) -> List[dict]:
        """The DAG file first, then by path."""
        names = list(self._paths)
        ordered = names[:1] + sorted(names[1:])
        return [entry for entry in (_hashed(name, self._paths[name]) for name in ordered) if entry is not None]


def collect_modules(root: str, path: str, tree: Optional[Any]) -> Set[str]:
    """Local modules that were imported, and those that functions will import later."""
    roots = [folder for folder, _ in search_roots(root)]
    found = imported_modules(root)
    if tree is not None:
        found |= scan_local_modules(tree, path, roots, packages_beside(root))
    return found


def imported_modules(root: str) -> Set[str]:
    found = set()
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py") and bundle_path(root, path, links=False) is not None:
            found.add(os.path.abspath(path))
    return found


def collect_templates(root: str, path: str, dags: Iterable[Any]) -> Set[str]:
    found: Set[str] = set()
    for dag in dags:
        folders = template_folders(root, path, dag)
        found |= find_template_files(getattr(dag, "tasks", ()), lambda _task, folders=folders: folders)
    return found


def small_enough(paths: Iterable[str]) -> List[str]:
    kept = []
    for path in paths:
        try:
            if os.path.getsize(path) <= MAX_OPENED_BYTES:
                kept.append(path)
        except OSError:
            continue
    return kept


def _hashed(name: str, path: str) -> Optional[dict]:
    digest = hashlib.sha256()
    size = 0
    try:
        with open(path, "rb") as stream:
            while True:
                chunk = stream.read(1024 * 1024)
                if not chunk:
                    break
                digest.update(chunk)
                size += len(chunk)
    except OSError:
        return None
    return {"path": name, "sha256": digest.hexdigest(), "size": size}


