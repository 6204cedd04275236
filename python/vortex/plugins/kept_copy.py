"""
A copy of a plugin as it was when the DAG file was imported. A task host lives for minutes: when the plugin is changed meanwhile, its tasks go
on with the code that their DAG version has.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import List, Optional, Tuple

from vortex.exceptions import AirflowException
from vortex.plugins.places import Place

# Of all plugins, the newest; one has at most 32 MiB and mostly some KiB.
_MAX_COPIES = 50


class PluginChanged(AirflowException):
    """The plugin is another one now, and there is no copy of what it was."""


class KeptCopy:
    """`folder`: where copies lie, None = nothing can be written there."""

    def __init__(self, place: Place, folder: Optional[str]) -> None:
        self._place = place
        self._stamps = _stamps(place.files())
        self._copy = None if folder is None else os.path.join(folder, "content", place.digest())
        if self._copy is not None and not os.path.isdir(self._copy):
            self._make(self._copy)

    def where(self) -> Tuple[str, str]:
        """(root, entry) of the code that was imported: the plugin itself, or the copy if that has changed. Raises PluginChanged."""
        place = self._place
        if _stamps(place.files()) == self._stamps:
            return place.root, place.entry
        if self._copy is None or not os.path.isdir(self._copy):
            raise PluginChanged(f"The plugin {place.path} was changed since its DAG file was imported. The next try has the new one.")
        if place.root == place.entry:
            copy = os.path.join(self._copy, os.path.basename(place.entry))
            return copy, copy
        return self._copy, os.path.join(self._copy, os.path.relpath(place.entry, place.root))

    def _make(self, target: str) -> None:
        place = self._place
        base = os.path.dirname(place.root) if place.root == place.entry else place.root
        parent = os.path.dirname(target)
        try:
            os.makedirs(parent, mode=0o700, exist_ok=True)
            made = tempfile.mkdtemp(dir=parent)
            for path in place.files():
                copy = os.path.join(made, os.path.relpath(path, base))
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copyfile(path, copy)
            os.rename(made, target)
            _prune(parent)
        except OSError:
            # Another process was faster, or the disk is full: then the plugin itself has to do.
            return


def _prune(folder: str) -> None:
    names = sorted(os.listdir(folder), key=lambda name: os.path.getmtime(os.path.join(folder, name)))
    for name in names[:-_MAX_COPIES]:
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _stamps(paths: List[str]) -> List[object]:
    found: List[object] = []
    for path in paths:
        try:
            stat = os.stat(path)
            found.append((path, stat.st_size, stat.st_mtime_ns, stat.st_ino))
        except OSError:
            found.append((path, None))
    return found
