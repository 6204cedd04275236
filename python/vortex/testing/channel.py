"""
The line of a task that runs in this process: its questions are answered from a Store, by the rules of server/swarm/requests.ts and
runRequests.ts.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from vortex.host.channel import Channel, ChannelError
from vortex.testing.store import Store

XCOM_CAP_BYTES = 24 * 1024 * 1024


class MemoryChannel(Channel):
    """Of one attempt of `run`."""

    def __init__(self, store: Store, run: Any, instance: Any) -> None:
        super().__init__(-1)
        self.xcom_cap_bytes = XCOM_CAP_BYTES
        self.told: Dict[str, Dict[str, Any]] = {}
        self._store = store
        self._run = run
        self._instance = instance

    def push_xcom(self, key: str, value_json: str) -> None:
        self.check_xcom(key, value_json)
        self._run.put_xcom(self._instance, key, value_json)

    def tell(self, word: str, **fields: Any) -> None:
        self.told[word] = fields

    def request(self, method: str, params: Dict[str, Any]) -> Any:
        answer: Optional[Callable[..., Any]] = getattr(self, "_" + method.replace(".", "_"), None)
        if answer is None:
            raise ChannelError("invalid_request", f"{method} cannot be asked in a run without a server.")
        return answer(**params)

    def _mask(self, values: Iterable[str], text: Optional[str] = None) -> Any:
        self._store.masked.extend(value for value in values if value not in self._store.masked)
        return None if text is None else hidden(text, self._store.masked)

    # Variables and connections

    def _variable_get(self, key: str) -> Any:
        value = self._store.variables.get(key)
        return None if value is None else {"value": value, "is_sensitive": False}

    def _variable_set(self, key: str, value: str, description: Optional[str] = None) -> None:
        self._store.variables[key] = value

    def _variable_delete(self, key: str) -> bool:
        return self._store.variables.pop(key, None) is not None

    def _connection_get(self, conn_id: str) -> Any:
        found = self._store.connections.get(conn_id)
        return None if found is None else {"connection": dict(found)}

    # XComs

    def _xcom_get(
        self, dag_id: str, run_id: str, task_ids: List[str], key: Optional[str], map_indexes: Optional[List[int]], include_prior_dates: bool
    ) -> List[Dict[str, Any]]:
        run = self._run if (dag_id, run_id) == (self._run.dag_id, self._run.run_id) else self._store.run(dag_id, run_id)
        if run is None:
            return []
        for looked in [run, *(self._store.before(run) if include_prior_dates else ())]:
            rows = _rows(looked, task_ids, key, map_indexes)
            if rows:
                return rows
        return []

    def _asset_events(self, limit: int = 1000, **wanted: Any) -> List[Dict[str, Any]]:
        given = {name: value for name, value in wanted.items() if value is not None}
        return [event for event in self._store.asset_events if all(event[name] == value for name, value in given.items())][-limit:]

    # Runs

    def _run_trigger(
        self,
        dag_id: str,
        run_id: Optional[str] = None,
        conf: Any = None,
        logical_date: Optional[str] = None,
        without_date: bool = False,
        note: Any = None,
    ) -> Any:
        from vortex.testing.local_run import LocalRun

        dag = self._store.dag(dag_id)
        if dag is None:
            raise ChannelError("not_found", f'There is no DAG "{dag_id}" here: a run without a server knows the DAGs of its own file.')
        date = None if without_date else _moment(logical_date) or dt.datetime.now(dt.timezone.utc)
        run = LocalRun.create(dag, self._store, logical_date=date, run_id=run_id, conf=conf or {}, state="queued")
        if self._store.run(dag_id, run.run_id) is not None:
            raise ChannelError("run_exists", f'DAG "{dag_id}" already has a run "{run.run_id}".')
        self._store.add_run(run)
        task = self._run.dag.task_dict.get(self._instance.task_id)
        if getattr(task, "wait_for_completion", False):
            self._bring_to_end(run)
        return answer_of(run)

    def _run_reset(self, dag_id: str, run_id: str, queued_time: Optional[str] = None) -> Any:
        found = self._store.run(dag_id, run_id)
        if found is None:
            raise ChannelError("not_found", f'DAG "{dag_id}" has no run "{run_id}".')
        found.reset()
        return answer_of(found)

    def _run_state(self, dag_id: str, run_id: str) -> Any:
        found = self._store.run(dag_id, run_id)
        if found is not None:
            self._bring_to_end(found)
        return None if found is None else answer_of(found)

    def _bring_to_end(self, run: Any) -> None:
        """A run that somebody waits for: nobody else would run it."""
        if run.state == "queued":
            self._run.execute_other(run)

    def _run_find(
        self,
        dag_id: Optional[str] = None,
        run_ids: Optional[List[str]] = None,
        logical_dates: Optional[List[str]] = None,
        state: Optional[str] = None,
        run_type: Optional[str] = None,
        logical_date_from: Optional[str] = None,
        logical_date_to: Optional[str] = None,
    ) -> List[Dict[str, Any]]:
        return [answer_of(run) for run in self._find(dag_id, run_ids, logical_dates, state, run_type, logical_date_from, logical_date_to)]

    def _find(
        self, dag_id: Any, run_ids: Any = None, dates: Any = None, state: Any = None, kind: Any = None, since: Any = None, until: Any = None
    ) -> List[Any]:
        runs = self._store.runs.get(dag_id, []) if dag_id is not None else [run for some in self._store.runs.values() for run in some]
        wanted = None if dates is None else {_moment(date) for date in dates}
        return [
            run
            for run in reversed(runs)
            if (run_ids is None or run.run_id in run_ids)
            and (wanted is None or run.logical_date in wanted)
            and state in (None, run.state)
            and kind in (None, run.run_type)
            and (since is None or (run.logical_date is not None and run.logical_date >= _moment(since)))
            and (until is None or (run.logical_date is not None and run.logical_date <= _moment(until)))
        ]

    def _run_next_interval(self) -> Any:
        from vortex.testing.intervals import next_interval

        found = next_interval(self._run.dag, self._run.data_interval_start, self._run.data_interval_end)
        return None if found is None else {"start": iso(found[0]), "end": iso(found[1])}

    def _task_states(
        self, dag_id: str, logical_dates: Any = None, run_ids: Any = None, task_ids: Iterable[str] = (), group_id: Optional[str] = None
    ) -> List[Dict[str, Any]]:
        answer = []
        for run in self._find(dag_id, run_ids, logical_dates):
            wanted = set(task_ids) if group_id is None else _members(run.dag, group_id)
            tasks = [_task_answer(run, one) for one in run.instances if (not wanted and group_id is None) or one.task_id in wanted]
            answer.append({"run": answer_of(run), "tasks": tasks})
        return answer

    def _dag_state(self, dag_id: str, task_ids: Iterable[str] = (), group_id: Optional[str] = None) -> Any:
        dag = self._store.dag(dag_id)
        if dag is None:
            return None
        missing = [task_id for task_id in task_ids if task_id not in dag.task_dict]
        known = {"dag_id": dag_id, "is_paused": False, "is_stale": False}
        return {**known, "missing_task_ids": missing, "has_group": group_id in dag.task_group_dict}


def answer_of(run: Any) -> Dict[str, Any]:
    """As server/swarm/runRequests.ts tells a run."""
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_type": run.run_type,
        "state": run.state,
        "logical_date": iso(run.logical_date),
        "data_interval_start": iso(run.data_interval_start),
        "data_interval_end": iso(run.data_interval_end),
        "run_after": iso(run.run_after),
        "queued_time": iso(run.queued_at),
        "start_time": iso(run.start_date),
        "end_time": iso(run.end_date),
        "triggered_by": run.triggered_by,
        "conf": run.conf,
    }


def _task_answer(run: Any, instance: Any) -> Dict[str, Any]:
    task = run.dag.task_dict[instance.task_id]
    return {
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "state": instance.state,
        "start_time": iso(instance.start_date),
        "end_time": iso(instance.end_date),
        "try_number": instance.try_number,
        "max_tries": instance.max_tries,
        "operator": task.operator_name,
        "pool": task.pool,
        "queue": task.queue,
        "priority_weight": task.priority_weight,
    }


def _rows(run: Any, task_ids: List[str], key: Optional[str], map_indexes: Optional[List[int]]) -> List[Dict[str, Any]]:
    """With tasks and key: task by task as they are named. Otherwise oldest first."""
    found: List[Tuple[Tuple[str, int, str], str]] = [
        (place, text)
        for place, text in run.xcoms.items()
        if (not task_ids or place[0] in task_ids) and (key is None or place[2] == key) and (map_indexes is None or place[1] in map_indexes)
    ]
    if task_ids and key is not None:
        found.sort(key=lambda row: task_ids.index(row[0][0]))
    return [{"task_id": place[0], "map_index": place[1], "value_json": text} for place, text in found]


def _members(dag: Any, group_id: str) -> "set[str]":
    group = dag.task_group_dict.get(group_id)
    return set() if group is None else {task.task_id for task in dag.tasks if _is_in(task.task_group, group)}


def _is_in(group: Any, outer: Any) -> bool:
    while group is not None and group is not outer:
        group = group.parent_group
    return group is outer


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text with *** for each secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def iso(moment: Optional[dt.datetime]) -> Optional[str]:
    """ISO 8601 in UTC, as the job document has it."""
    return None if moment is None else moment.astimezone(dt.timezone.utc).isoformat().replace("+00:00", "Z")


def _moment(text: Optional[str]) -> Optional[dt.datetime]:
    return None if text is None else dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
