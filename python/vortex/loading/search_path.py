"""
Where the modules of a DAG folder are found: the folder itself, plugins/ and config/ under it or beside it, and the package include beside
it.
"""
from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from functools import lru_cache
from importlib.machinery import ModuleSpec
from typing import Any, Dict, List, Optional, Tuple

SIDE_FOLDERS = ("plugins", "config")
# Imported by this name (`from include.tables import T`), where projects are laid out as `astro dev init` does.
PACKAGES_BESIDE = ("include",)


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


def packages_beside(root: str) -> Dict[str, str]:
    """Name of a package beside the DAG folder -> its folder. One under the DAG folder is found as all modules there, and wins."""
    found = {}
    for name in PACKAGES_BESIDE:
        folder = os.path.join(os.path.dirname(root), name)
        if os.path.isdir(folder) and not os.path.exists(os.path.join(root, name)) and not os.path.exists(os.path.join(root, f"{name}.py")):
            found[name] = folder
    return found


def extend_sys_path(root: str) -> None:
    """Appends, as Airflow does: installed packages win over files of the same name in the DAG folder."""
    for folder, _ in search_roots(root):
        if folder not in sys.path:
            sys.path.append(folder)
    _besides.folders.update(packages_beside(root))
    if _besides.folders and _besides not in sys.meta_path:
        sys.meta_path.append(_besides)


class _PackagesBeside(importlib.abc.MetaPathFinder):
    """Finds them alone: what else lies beside the DAG folder does not travel to workers, and is not importable here either."""

    def __init__(self) -> None:
        self.folders: Dict[str, str] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        folder = self.folders.get(fullname)
        if folder is None:
            return None
        init = os.path.join(folder, "__init__.py")
        if os.path.isfile(init):
            return importlib.util.spec_from_file_location(fullname, init, submodule_search_locations=[folder])
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [folder]
        return spec


_besides = _PackagesBeside()


@lru_cache(maxsize=64)
def _prefixes(root: str) -> Tuple[Tuple[str, str], ...]:
    """(folder with a trailing separator, bundle prefix): as written and with links resolved, so that linked DAG files count."""
    found = []
    for folder, prefix in [*search_roots(root), *((folder, f"{name}/") for name, folder in packages_beside(root).items())]:
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
