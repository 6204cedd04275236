"""Data files that lie beside a DAG file: SQL, JSON, shell scripts. Tasks open them by path at run time, so they travel with the bundle."""
from __future__ import annotations

import os
import time
from typing import Dict, List, Tuple

# A bundle is copied to every worker; what is larger belongs into storage, not into the DAG folder.
MAX_DATA_FILES = 500
MAX_DATA_FILE_BYTES = 1024 * 1024
MAX_DATA_BYTES = 20 * 1024 * 1024
# Entries looked at per folder tree, so that a virtual environment or a checkout inside the DAG folder does not stall parsing.
MAX_ENTRIES = 20_000
# A parse host asks once per folder and burst.
KEPT_SECONDS = 1.0

# What tasks write rather than read: each write would otherwise make a new DAG version.
_OUTPUTS = (".log", ".tmp", ".swp", ".pid", ".lock", ".pyc", ".pyo", ".db", ".sqlite", ".sqlite3", ".db-wal", ".db-shm", ".db-journal", "~")
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "venv", "env", "site-packages", "logs"})


class DataFileFinder:
    """Lists data files per folder and keeps the answer for a moment: a thousand DAG files in one folder ask the same question."""

    def __init__(self) -> None:
        self._kept: Dict[str, Tuple[float, List[str]]] = {}

    def beside(self, path: str) -> List[str]:
        folder = os.path.dirname(path)
        now = time.monotonic()
        kept = self._kept.get(folder)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = list_data_files(folder)
        if len(self._kept) > 1000:
            self._kept.clear()
        self._kept[folder] = (now, found)
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
            if size > MAX_DATA_FILE_BYTES or total + size > MAX_DATA_BYTES:
                continue
            found.append(entry.path)
            total += size
            if len(found) >= MAX_DATA_FILES:
                return found
    return found
