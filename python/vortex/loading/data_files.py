"""Data files that lie beside a DAG file: SQL, JSON, shell scripts. Tasks open them by path at run time, so they travel with the bundle."""
from __future__ import annotations

import os
from typing import Any, Dict, List

from vortex.loading.says_dags import is_dag_data

# A bundle is copied to every worker; what is larger belongs into storage, not into the DAG folder.
MAX_DATA_FILES = 500
MAX_DATA_FILE_BYTES = 1024 * 1024
MAX_DATA_BYTES = 20 * 1024 * 1024
# Entries looked at per folder tree, so that a virtual environment or a checkout inside the DAG folder does not stall parsing.
MAX_ENTRIES = 20_000
# Folders whose listings a parse host keeps at once.
MAX_KEPT = 1000

# What tasks write rather than read: each write would otherwise make a new DAG version.
_OUTPUTS = (".log", ".tmp", ".swp", ".pid", ".lock", ".pyc", ".pyo", ".db", ".sqlite", ".sqlite3", ".db-wal", ".db-shm", ".db-journal", "~")
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "venv", "env", "site-packages", "logs"})


class DataFileFinder:
    """
    Lists data files per folder, and keeps the answers of one generation: a thousand DAG files in one folder ask the same question.
    The server numbers its looks at the folder; without a number nothing is kept.
    """

    def __init__(self) -> None:
        self._generation: Any = None
        self._kept: Dict[str, List[str]] = {}

    def begin(self, generation: Any) -> None:
        if generation is None or generation != self._generation:
            self._kept.clear()
        self._generation = generation

    def beside(self, path: str) -> List[str]:
        folder = os.path.dirname(path)
        found = self._kept.get(folder)
        if found is None:
            found = list_data_files(folder)
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[folder] = found
        return found


def list_data_files(folder: str) -> List[str]:
    """Absolute paths, the nearest first, within the limits above."""
    found: List[str] = []
    total = entries = 0
    queue = [folder]
    while queue:
        current = queue.pop(0)
        try:
            children = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in children:
            entries += 1
            if entries > MAX_ENTRIES:
                return found
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _SKIPPED_FOLDERS and not os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                    queue.append(entry.path)
                continue
            if entry.name.endswith(".py") or entry.name.lower().endswith(_OUTPUTS) or not entry.is_file():
                continue
            size = entry.stat().st_size
            if is_dag_data(entry.path, size):
                continue
            if size > MAX_DATA_FILE_BYTES or total + size > MAX_DATA_BYTES:
                continue
            found.append(entry.path)
            total += size
            if len(found) >= MAX_DATA_FILES:
                return found
    return found
