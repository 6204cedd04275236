"""What somebody waits for in another DAG, and what its states mean. Used where a sensor pokes and where its trigger looks."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Optional, Sequence, Tuple


class Wanted:
    """Tasks, a task group, or (with neither) the runs of a DAG for some logical dates."""

    def __init__(
        self,
        dag_id: str,
        logical_dates: Sequence[str],
        *,
        task_ids: Optional[Sequence[str]] = None,
        group_id: Optional[str] = None,
        allowed_states: Sequence[str] = ("success",),
        failed_states: Sequence[str] = (),
        skipped_states: Sequence[str] = (),
    ) -> None:
        self.dag_id = dag_id
        self.logical_dates = list(logical_dates)
        self.task_ids = None if task_ids is None else list(task_ids)
        self.group_id = group_id
        self.allowed_states = list(allowed_states)
        self.failed_states = list(failed_states)
        self.skipped_states = list(skipped_states)

    def what(self) -> str:
        if self.task_ids:
            return f"task {self.task_ids[0]}" if len(self.task_ids) == 1 else f"tasks {', '.join(self.task_ids)}"
        return f"task group {self.group_id}" if self.group_id is not None else "the run"

    def question(self) -> Tuple[str, Dict[str, Any]]:
        """Method and parameters (server/swarm/runRequests.ts)."""
        where: Dict[str, Any] = {"dag_id": self.dag_id, "logical_dates": self.logical_dates}
        if self.task_ids:
            return "task.states", {**where, "task_ids": self.task_ids}
        if self.group_id is not None:
            return "task.states", {**where, "group_id": self.group_id}
        return "run.find", where

    def existence(self) -> Dict[str, Any]:
        return {"dag_id": self.dag_id, "task_ids": self.task_ids or [], "group_id": self.group_id}

    def fields(self) -> Dict[str, Any]:
        """Arguments of the trigger."""
        return {
            "external_dag_id": self.dag_id,
            "logical_dates": self.logical_dates,
            "external_task_ids": self.task_ids,
            "external_task_group_id": self.group_id,
            "allowed_states": self.allowed_states,
            "failed_states": self.failed_states,
            "skipped_states": self.skipped_states,
        }


def verdict(wanted: Wanted, answer: List[Dict[str, Any]]) -> str:
    """success, failed, skipped or waiting. A failure comes before a skip, both before a success, as in Airflow."""
    if not wanted.logical_dates:
        return "success"
    newest = _newest_by_date(answer)
    states = [state for found in newest for state in _states(found)]
    if any(state in wanted.failed_states for state in states):
        return "failed"
    if any(state in wanted.skipped_states for state in states):
        return "skipped"
    # Two dates may be one instant in different zones.
    is_complete = len(newest) >= len({_instant(date) for date in wanted.logical_dates})
    return "success" if is_complete and newest and all(_is_done(wanted, found) for found in newest) else "waiting"


def _run(found: Dict[str, Any]) -> Dict[str, Any]:
    run: Dict[str, Any] = found.get("run", found)
    return run


def _newest_by_date(answer: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    newest: Dict[Any, Dict[str, Any]] = {}
    for found in answer:
        date = _run(found)["logical_date"]
        known = newest.get(date)
        if known is None or _run(known)["queued_time"] < _run(found)["queued_time"]:
            newest[date] = found
    return list(newest.values())


def _states(found: Dict[str, Any]) -> List[str]:
    return [task["state"] for task in found["tasks"]] if "tasks" in found else [found["state"]]


def _is_done(wanted: Wanted, found: Dict[str, Any]) -> bool:
    if "tasks" not in found:
        return found["state"] in wanted.allowed_states
    there = {task["task_id"] for task in found["tasks"]}
    expected = set(wanted.task_ids or there)
    return bool(there) and expected <= there and all(state in wanted.allowed_states for state in _states(found))


def _instant(text: str) -> float:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
