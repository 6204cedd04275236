"""Remarks for the reader of a DAG page: what was accepted and ignored. One line per remark, however many tasks it concerns."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional

# A notice names this many tasks and counts the rest.
MAX_NAMED_TASKS = 3
# A DAG page is no log: further remarks are counted.
MAX_NOTICES = 50


class Notices:
    def __init__(self) -> None:
        self._tasks: Dict[str, List[str]] = {}

    def add(self, text: str, task_id: Optional[str] = None) -> None:
        """`text` without a full stop: the tasks follow in brackets."""
        tasks = self._tasks.setdefault(text, [])
        if task_id is not None:
            tasks.append(task_id)

    def add_all(self, texts: Iterable[str], task_id: str) -> None:
        for text in texts:
            self.add(text, task_id)

    def lines(self) -> List[str]:
        found = [text + _named(tasks) for text, tasks in self._tasks.items()]
        if len(found) > MAX_NOTICES:
            rest = len(found) - MAX_NOTICES
            found = found[:MAX_NOTICES] + [f"{rest} more remarks of this kind"]
        return found


def _named(tasks: List[str]) -> str:
    if not tasks:
        return ""
    shown = ", ".join(tasks[:MAX_NAMED_TASKS])
    rest = len(tasks) - MAX_NAMED_TASKS
    return f" (task{'s' if len(tasks) > 1 else ''} {shown}{f' and {rest} more' if rest > 0 else ''})"
