"""
The plugins in a DAG folder: files and folders in `plugins/`, in the folder itself or beside it. Airflow's Python plugins lie there, too, and
are left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from typing import Iterator, List, Optional, Tuple

from vortex.loading.search_path import search_roots

EXTENSIONS = (".ts", ".mts", ".js", ".mjs", ".cjs", ".node")
_NOT_PLUGINS = (".d.ts", ".d.mts", ".test.ts", ".test.js", ".config.ts", ".config.js", ".config.mjs")
_ENTRIES = tuple(f"plugin{extension}" for extension in EXTENSIONS)
# Of one plugin: its files travel to every worker.
MAX_BYTES = 32 * 1024 * 1024
MAX_FILES = 2000
# In one folder. Each has a process of its own when it is looked at.
MAX_PLUGINS = 200
# In the repository of VORTEX the folder beside dags/ is that of the shipped plugins; these are no plugins of a DAG folder.
_SHIPPED = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "plugins"))


class PluginRefused(Exception):
    """A plugin that is not run; the message says why and how to mend it."""


@dataclass
class Place:
    """Where one plugin lies. `root` is its folder, or the file that it is; `path` is how people know its entry: below the DAG folder."""

    root: str
    entry: str
    path: str
    shipped: bool = False
    refused: Optional[str] = None
    _files: Optional[List[str]] = field(default=None, repr=False)

    def files(self) -> List[str]:
        """All its files. Raises PluginRefused for too many of them, or for one that is not safe to run."""
        if self._files is None:
            self._files = [self.entry] if self.root == self.entry else sorted(_files_below(self.root))
            _check_files(self)
        return self._files

    def digest(self) -> str:
        """SHA-256 of the names and contents of its files. Raises PluginRefused."""
        digest = hashlib.sha256(os.path.relpath(self.entry, self.root).encode())
        for path in self.files():
            digest.update(f"\n{os.path.relpath(path, self.root)} ".encode())
            with open(path, "rb") as stream:
                digest.update(hashlib.sha256(stream.read()).digest())
        return digest.hexdigest()


def plugin_folders(root: str) -> List[Tuple[str, str]]:
    """(folder, its path within a bundle) of the plugins of this DAG folder: none or one."""
    return [(folder, prefix) for folder, prefix in search_roots(root) if prefix == "plugins/" and os.path.realpath(folder) != _SHIPPED]


def find_places(root: str) -> List[Place]:
    """By path. What is refused is among them, and says so."""
    found: List[Place] = []
    for folder, prefix in plugin_folders(root):
        for name in sorted(os.listdir(folder)):
            place = _place_of(folder, name, prefix)
            if place is not None and len(found) < MAX_PLUGINS:
                found.append(place)
    return found


def _place_of(folder: str, name: str, prefix: str) -> Optional[Place]:
    path = os.path.join(folder, name)
    if name.startswith((".", "_")) or name == "node_modules":
        return None
    if os.path.isdir(path):
        entry = _entry_of(path)
        if entry is None:
            return None
        root, shown = os.path.realpath(path), prefix + name + "/" + entry
        found = Place(root, os.path.realpath(os.path.join(path, entry)), shown)
    elif name.endswith(EXTENSIONS) and not name.endswith(_NOT_PLUGINS):
        root = os.path.realpath(path)
        found = Place(root, root, prefix + name)
    else:
        return None
    if not _is_below(root, os.path.realpath(folder)) or not (found.entry == root or _is_below(found.entry, root)):
        found.refused = "it is a link that leads out of the plugins folder. Put the plugin itself there."
    return found


def _entry_of(folder: str) -> Optional[str]:
    for name in _ENTRIES:
        if os.path.isfile(os.path.join(folder, name)):
            return name
    try:
        with open(os.path.join(folder, "package.json"), encoding="utf-8") as stream:
            main = json.load(stream).get("main")
    except (OSError, ValueError, AttributeError):
        return None
    return os.path.normpath(main) if isinstance(main, str) and os.path.isfile(os.path.join(folder, main)) else None


def _files_below(folder: str) -> Iterator[str]:
    for current, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in names:
            if not name.startswith("."):
                yield os.path.join(current, name)


def _check_files(place: Place) -> None:
    files = place._files or []
    if len(files) > MAX_FILES:
        raise PluginRefused(f"it has {len(files):,} files; a plugin may have {MAX_FILES:,}. Bundle what it imports into one file (with esbuild, for example).")
    total = 0
    for path in files:
        if not _is_below(os.path.realpath(path), place.root) and path != place.root:
            raise PluginRefused(f"{os.path.relpath(path, place.root)} is a link that leads out of the plugin's folder. Put a copy of the file there.")
        try:
            found = os.stat(path)
        except OSError as error:
            raise PluginRefused(f"{os.path.relpath(path, place.root)} cannot be read: {error.strerror}.") from None
        if os.name == "posix" and found.st_mode & stat.S_IWOTH:
            raise PluginRefused(f"every user of this machine may write {path}, and so run code as a task. Take that right away: chmod o-w {path}")
        total += found.st_size
    if total > MAX_BYTES:
        raise PluginRefused(f"its files have {total:,} bytes; a plugin may have {MAX_BYTES:,}. They travel with every DAG that uses it.")


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder + os.sep)
