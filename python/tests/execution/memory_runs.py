"""DAG runs in memory for tests of tasks that ask about them, by the rules of server/swarm/runRequests.ts."""
from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List

from vortex.host.channel import ChannelError

NOW = "2024-03-01T00:00:00.000Z"


class MemoryRuns:
    def __init__(self) -> None:
        self.dags: Dict[str, Dict[str, Any]] = {}
        self.runs: List[Dict[str, Any]] = []
        # run_id -> {(task_id, map_index): state}
        self.tasks: Dict[str, Dict[Any, str]] = {}
        self.reset: List[str] = []
        self.next_interval: Any = None

    def add(self, dag_id: str, run_id: str, state: str = "success", date: Any = NOW, tasks: Any = None, **fields: Any) -> Dict[str, Any]:
        self.dags.setdefault(dag_id, {"is_paused": False, "is_stale": False, "tasks": [], "groups": {}})
        known = {"data_interval_start": None, "data_interval_end": None, "start_time": None, "end_time": None, "triggered_by": "x", "conf": {}}
        run = {**known, "dag_id": dag_id, "run_id": run_id, "run_type": "scheduled", "state": state, "logical_date": date, "run_after": NOW, "queued_time": NOW, **fields}
        self.runs.insert(0, run)
        self.tasks[run_id] = {(name if isinstance(name, tuple) else (name, -1)): value for name, value in (tasks or {}).items()}
        return run

    def answer(self, method: str, params: Dict[str, Any]) -> Any:
        return getattr(self, method.replace(".", "_"))(**params)

    def run_state(self, dag_id: str, run_id: str) -> Any:
        return next((run for run in self.runs if (run["dag_id"], run["run_id"]) == (dag_id, run_id)), None)

    def run_find(self, dag_id: Any = None, run_ids: Any = None, logical_dates: Any = None, state: Any = None, run_type: Any = None, logical_date_to: Any = None) -> Any:
        dates = None if logical_dates is None else {_at(date) for date in logical_dates}
        return [
            run
            for run in self.runs
            if dag_id in (None, run["dag_id"])
            and (run_ids is None or run["run_id"] in run_ids)
            and (dates is None or run["logical_date"] is not None and _at(run["logical_date"]) in dates)
            and state in (None, run["state"])
            and run_type in (None, run["run_type"])
            and (logical_date_to is None or _at(run["logical_date"]) <= _at(logical_date_to))
        ]

    def run_trigger(self, dag_id: str, run_id: str, conf: Any, note: Any = None, logical_date: Any = None, without_date: bool = False) -> Any:
        if dag_id not in self.dags:
            raise ChannelError("not_found", f"There is no DAG {dag_id}.")
        date = None if without_date else logical_date or NOW
        twin = any(run["run_type"] == "manual" and date is not None and _at(run["logical_date"]) == _at(date) for run in self.run_find(dag_id))
        if self.run_state(dag_id, run_id) or (twin and logical_date):
            raise ChannelError("run_exists", f'DAG "{dag_id}" already has a run "{run_id}".')
        return self.add(dag_id, run_id, "queued", date, run_type="manual", conf=conf, note=note)

    def run_reset(self, dag_id: str, run_id: str, queued_time: str) -> Any:
        run = self.run_state(dag_id, run_id)
        assert _at(queued_time) == _at(run["queued_time"])
        self.reset.append(run_id)
        run["state"] = "queued"
        return run

    def run_next_interval(self) -> Any:
        return self.next_interval

    def task_states(self, dag_id: str, logical_dates: Any = None, run_ids: Any = None, task_ids: Any = (), group_id: Any = None) -> Any:
        wanted = self.dags[dag_id]["groups"].get(group_id, []) if group_id else task_ids
        return [
            {"run": run, "tasks": [_task(*key, state) for key, state in self.tasks[run["run_id"]].items() if (not wanted and not group_id) or key[0] in wanted]}
            for run in self.run_find(dag_id, run_ids, logical_dates)
        ]

    def dag_state(self, dag_id: str, task_ids: Any = (), group_id: Any = None) -> Any:
        dag = self.dags.get(dag_id)
        if dag is None:
            return None
        missing = [task_id for task_id in task_ids if task_id not in dag["tasks"]]
        return {"is_paused": dag["is_paused"], "is_stale": dag["is_stale"], "missing_task_ids": missing, "has_group": group_id in dag["groups"]}


def _task(task_id: str, map_index: int, state: str) -> Dict[str, Any]:
    fields = {"start_time": NOW, "end_time": "2024-03-01T00:00:02.500Z", "try_number": 1, "max_tries": 3, "operator": "X", "pool": "p", "queue": "q"}
    return {"task_id": task_id, "map_index": map_index, "state": state, "priority_weight": 1, **fields}


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
