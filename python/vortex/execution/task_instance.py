"""What task code may ask of its task instance (`ti`): XComs, skipping, and the attributes that real DAG files read."""
from __future__ import annotations

import os
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from vortex.execution import xcom_codec
from vortex.execution.dag_run import DagRun
from vortex.execution.instants import to_datetime, utcnow
from vortex.execution.model_columns import ColumnNames

RETURN_KEY = "return_value"
# Airflow's key under which a branch remembers its decision, so that clearing a skipped task skips it again.
SKIP_KEY = "skipmixin_key"
# Airflow's limit, and what an index of PostgreSQL holds.
MAX_KEY_CHARS = 512
_NOT_GIVEN: Any = object()


class TaskInstance(metaclass=ColumnNames):
    """One attempt from the inside. Everything that crosses to the controller goes through `channel`."""

    def __init__(self, job: Dict[str, Any], task: Any, dag_run: DagRun, channel: Any) -> None:
        self._job = job
        self._channel = channel
        self._skipped: List[str] = []
        self._pushed: Dict[str, str] = {}
        self.task = task
        self.dag_run = dag_run
        self.dag_id: str = job["dag_id"]
        self.task_id: str = job["task_id"]
        self.run_id: str = job["run_id"]
        self.map_index: int = job["map_index"]
        # When the first poke of a sensor in reschedule mode began; None at that first poke.
        self.waiting_since = to_datetime(job["waiting_since"])
        # The attempt, which names the process, less those that began no try: pokes, and parts of a deferred one.
        self.try_number: int = job["try_number"]
        # Airflow counts what comes after the first try; the job names the last try.
        self.max_tries: int = job["max_tries"] - 1
        self.hostname: str = job["hostname"]
        self.state = "running"
        self.start_date = utcnow()
        self.end_date: Any = None
        self.duration: Optional[float] = None
        self.pid = os.getpid()
        self.job_id = None
        self.log_url = ""
        self.operator = type(task).__name__ if task is not None else None
        self.queue = getattr(task, "queue", None)
        self.pool = getattr(task, "pool", None)
        self.priority_weight = getattr(task, "priority_weight", None)
        self.rendered_map_index: Optional[str] = None

    # identity

    @property
    def logical_date(self) -> Any:
        return self.dag_run.logical_date

    @property
    def execution_date(self) -> Any:
        return self.dag_run.logical_date

    @property
    def previous_ti(self) -> None:
        return None

    @property
    def task_display_name(self) -> str:
        return getattr(self.task, "task_display_name", None) or self.task_id

    def get_dagrun(self, session: Any = None) -> DagRun:
        return self.dag_run

    def get_template_context(self, *_: Any, **__: Any) -> Dict[str, Any]:
        from vortex.execution.current_context import get_current_context

        return get_current_context()

    def current_state(self, session: Any = None) -> str:
        return self.state

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        """Nothing to refresh: this process is the attempt."""

    def is_eligible_to_retry(self) -> bool:
        return self.try_number <= self.max_tries

    def get_first_reschedule_date(self, context: Any = None) -> Any:
        """Airflow's name of `waiting_since`."""
        return self.waiting_since

    # XCom

    def xcom_push(self, key: str, value: Any, execution_date: Any = None, session: Any = None) -> None:
        """Leaves the value with the controller at once. `execution_date` of 1.x is accepted and means nothing."""
        if not isinstance(key, str) or not key:
            raise ValueError(f"The key of an XCom is a text that is not empty, not {key!r}.")
        if len(key) > MAX_KEY_CHARS:
            raise ValueError(f"The key of an XCom has at most {MAX_KEY_CHARS} characters, not {len(key):,}: {key[:60]!r}...")
        text = xcom_codec.encode(value, self._job["xcom_cap_bytes"], key)
        self._channel.push_xcom(key, text)
        self._pushed[key] = text

    def xcom_pull(
        self,
        task_ids: Union[None, str, Iterable[str]] = None,
        dag_id: Optional[str] = None,
        key: Optional[str] = RETURN_KEY,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        map_indexes: Union[None, int, Iterable[int]] = None,
        default: Any = None,
        run_id: Optional[str] = None,
    ) -> Any:
        """Airflow's rules: a single id gives a value, a list gives a list in its order, a mapped task gives a list by map index."""
        if key is None and self._job["dialect"] == "3":
            raise ValueError("xcom_pull needs a key: Airflow 3 gives no value for key=None.")
        if map_indexes is not None and not isinstance(map_indexes, int):
            map_indexes = list(map_indexes)
        if task_ids is None:
            return self._pull_without_ids(dag_id, key, include_prior_dates, map_indexes, default, run_id)
        if isinstance(task_ids, str):
            return self._one(task_ids, self._fetch([task_ids], dag_id, key, include_prior_dates, map_indexes, run_id), map_indexes, default)
        ids = list(task_ids)
        rows = self._fetch(ids, dag_id, key, include_prior_dates, map_indexes, run_id)
        found: List[Any] = []
        for task_id in ids:
            mine = [row for row in rows if row["task_id"] == task_id]
            if map_indexes is None and self._is_mapped(mine):
                found.extend(xcom_codec.decode(row["value_json"]) for row in _by_map_index(mine))
            else:
                found.append(self._one(task_id, rows, map_indexes, default))
        return found

    def xcom_item(self, task_id: str, index: int) -> "Optional[Tuple[Any, int]]":
        """(item, number of items) of what a task of this run returned; None = it must be pulled as a whole (XComArg.item)."""
        try:
            found = self._channel.request("xcom.item", {"task_id": task_id, "index": index})
        except Exception as error:  # noqa: BLE001 - of any channel: the code says what it is
            if getattr(error, "code", None) != "invalid_request":
                raise
            # A controller before this question was known, or a run without a server.
            return None
        return None if found is None else (xcom_codec.decode(found["value_json"]), found["length"])

    def _pull_without_ids(self, dag_id: Any, key: Any, prior: bool, map_indexes: Any, default: Any, run_id: Any) -> Any:
        if self._job["dialect"] == "3":
            # Own task only: the value that this attempt, or an earlier part of it, has pushed.
            if dag_id in (None, self.dag_id) and run_id in (None, self.run_id) and key in self._pushed:
                return xcom_codec.decode(self._pushed[key])
            indexes = [self.map_index] if map_indexes is None else map_indexes
            return self._one(self.task_id, self._fetch([self.task_id], dag_id, key, prior, indexes, run_id), self.map_index, default)
        # 2.x: the newest value of any task of the run. The controller answers newest last.
        rows = self._fetch([], dag_id, key, prior, map_indexes, run_id)
        return xcom_codec.decode(rows[-1]["value_json"]) if rows else default

    def _fetch(self, task_ids: List[str], dag_id: Any, key: Any, prior: bool, map_indexes: Any, run_id: Any) -> List[Dict[str, Any]]:
        if map_indexes is not None:
            map_indexes = [map_indexes] if isinstance(map_indexes, int) else list(map_indexes)
        params = {
            "dag_id": dag_id or self.dag_id,
            "run_id": run_id or self.run_id,
            "task_ids": task_ids,
            "key": key,
            "map_indexes": map_indexes,
            "include_prior_dates": bool(prior),
        }
        return self._channel.request("xcom.get", params)

    def _one(self, task_id: str, rows: Sequence[Dict[str, Any]], map_indexes: Any, default: Any) -> Any:
        mine = _by_map_index([row for row in rows if row["task_id"] == task_id])
        if map_indexes is not None and not isinstance(map_indexes, int):
            if self._job["dialect"] == "3":
                # As they were asked for; 2.x has those that are there, by their index.
                values = {row["map_index"]: row["value_json"] for row in mine}
                return [xcom_codec.decode(values[index]) if index in values else default for index in map_indexes]
            return [xcom_codec.decode(row["value_json"]) for row in mine]
        if map_indexes is None and self._is_mapped(mine):
            return [xcom_codec.decode(row["value_json"]) for row in mine]
        return xcom_codec.decode(mine[-1]["value_json"]) if mine else default

    @staticmethod
    def _is_mapped(rows: Sequence[Dict[str, Any]]) -> bool:
        return any(row["map_index"] >= 0 for row in rows)

    # skipping

    def skip(self, task_ids: Iterable[str]) -> None:
        """Asks the controller to skip these tasks of the run; takes effect when this attempt succeeds."""
        ids = [task_ids] if isinstance(task_ids, str) else list(task_ids)
        known = getattr(getattr(self.task, "dag", None), "task_dict", None)
        unknown = [task_id for task_id in ids if known is not None and task_id not in known]
        if unknown:
            raise ValueError(f"cannot skip {', '.join(map(repr, unknown))}: the DAG {self.dag_id!r} has no such task")
        for task_id in ids:
            if task_id not in self._skipped:
                self._skipped.append(task_id)
        if self._skipped:
            self.xcom_push(SKIP_KEY, {"skipped": list(self._skipped)})

    @property
    def skipped_task_ids(self) -> List[str]:
        return list(self._skipped)

    def key_text(self) -> str:
        date = self.logical_date.strftime("%Y%m%d") if self.logical_date is not None else self.run_id
        return f"{self.dag_id}__{self.task_id}__{date}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"ti.{name} needs Airflow's metadata database, which a VORTEX worker never sees")

    def __repr__(self) -> str:
        index = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id}{index} [{self.state}]>"


def _by_map_index(rows: Iterable[Dict[str, Any]]) -> List[Dict[str, Any]]:
    return sorted(rows, key=lambda row: row["map_index"])

