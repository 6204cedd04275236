"""Where the modules of a DAG folder are found: the folder itself, and plugins/ and config/ under it or beside it."""
from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import List, Optional, Tuple

SIDE_FOLDERS = ("plugins", "config")


def search_roots(root: str) -> List[Tuple[str, str]]:
    """(absolute folder, its path within a bundle) in import order. Under the DAG folder wins over beside it."""
    roots = [(root, "")]
    for name in SIDE_FOLDERS:
        under, beside = os.path.join(root, name), os.path.join(os.path.dirname(root), name)
        if os.path.isdir(under):
            roots.append((under, name + "/"))
        elif os.path.isdir(beside):
            roots.append((beside, name + "/"))
    return roots


def extend_sys_path(root: str) -> None:
    """Appends, as Airflow does: installed packages win over files of the same name in the DAG folder."""
    for folder, _ in search_roots(root):
        if folder not in sys.path:
            sys.path.append(folder)


@lru_cache(maxsize=64)
def _prefixes(root: str) -> Tuple[Tuple[str, str], ...]:
    """(folder with a trailing separator, bundle prefix): as written and with links resolved, so that linked DAG files count."""
    found = []
    for folder, prefix in search_roots(root):
        for form in (os.path.abspath(folder), os.path.realpath(folder)):
            if (form + os.sep, prefix) not in found:
                found.append((form + os.sep, prefix))
    return tuple(found)


def bundle_path(root: str, path: str, links: bool = True) -> Optional[str]:
    """Path within the bundle of a file that belongs to the DAG folder, with forward slashes; None for every other file."""
    prefixes = _prefixes(root)
    for folder, prefix in prefixes:
        if path.startswith(folder):
            return prefix + path[len(folder) :].replace(os.sep, "/")
    if links and (os.path.islink(path) or not path.startswith(os.sep)):
        real = os.path.realpath(path)
        for folder, prefix in prefixes:
            if real.startswith(folder):
                return prefix + real[len(folder) :].replace(os.sep, "/")
    return None
