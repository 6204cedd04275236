"""`get_current_context()`: the context of the task that runs in this process."""
from __future__ import annotations

from typing import Any, Dict, Optional

_current: Optional[Dict[str, Any]] = None


def set_current_context(context: Optional[Dict[str, Any]]) -> None:
    global _current
    _current = context


def get_current_context() -> Dict[str, Any]:
    if _current is None:
        raise RuntimeError("Current context was requested but no context was found! It exists only while a task runs, not while its DAG file is imported.")
    return _current
