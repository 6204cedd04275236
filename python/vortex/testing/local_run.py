"""A DAG run in this process: what `dag.test()` returns, with its task instances, XComs and failures."""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, List, Optional, Tuple

from vortex import timezone
from vortex.exceptions import AirflowException
from vortex.execution import xcom_codec
from vortex.execution.dag_run import DagRun
from vortex.execution.instants import utcnow
from vortex.execution.task_instance import RETURN_KEY
from vortex.testing.channel import XCOM_CAP_BYTES, iso
from vortex.testing.graph import Graph
from vortex.testing.instances import Instance, Instances
from vortex.testing.store import Store

_SUCCESS_DATES = (
    ("prev_success_interval_start", "data_interval_start"),
    ("prev_success_interval_end", "data_interval_end"),
    ("prev_success_start", "start_date"),
    ("prev_success_end", "end_date"),
)


class DagTestFailed(AssertionError):
    """The run failed; the text names the tasks with the ends of their logs."""


class LocalRun(DagRun):
    """
    Airflow's DagRun (`state`, `conf`, `get_task_instances()`, ...), and what tests ask:

    states: {"task_id" or "task_id[map_index]": state}. xcom(task_id, key, map_index): a value. task(task_id, map_index): the task
    instance, with `log`, `error` and `xcom_pull`. failed: those that failed. check(): raises DagTestFailed if the run failed.
    """

    def __init__(self, facts: Dict[str, Any], dag: Any, store: Store) -> None:
        super().__init__(facts, dag)
        self.facts = facts
        self.store = store
        self.state = facts["state"]
        self.reason = ""
        self.graph = Graph(dag)
        self.instances = Instances(self.graph)
        # (task_id, map_index, key) -> JSON, oldest first.
        self.xcoms: Dict[Tuple[str, int, str], str] = {}
        self.root: Optional[str] = None
        self._begin()

    @classmethod
    def create(
        cls,
        dag: Any,
        store: Store,
        *,
        logical_date: Any = None,
        run_after: Any = None,
        run_id: Optional[str] = None,
        run_type: str = "manual",
        conf: Optional[Dict[str, Any]] = None,
        data_interval: Any = None,
        state: str = "running",
    ) -> "LocalRun":
        """A run that has not begun. logical_date None: a run without a date (Airflow 3)."""
        dag.settle()
        now = utcnow()
        date = timezone.convert_to_utc(logical_date)
        due = timezone.convert_to_utc(run_after) or now
        interval = data_interval if data_interval is not None else (None, None) if date is None else _interval(dag, date)
        facts = {
            "dag_id": dag.dag_id,
            "run_id": run_id or f"{run_type}__{(date or due).isoformat()}",
            "run_type": str(run_type),
            "state": str(state),
            "logical_date": iso(date),
            "data_interval_start": iso(interval[0]),
            "data_interval_end": iso(interval[1]),
            "run_after": iso(due),
            "run_queued_time": iso(now),
            "run_start_time": None if state == "queued" else iso(now),
            "conf": dict(conf or {}),
            "triggered_by": "dag_test",
        }
        return cls(facts, dag, store)

    def _begin(self) -> None:
        from vortex.testing.decisions import add_instances

        self.instances.past_allows = self._past_allows
        add_instances(self.instances, self._is_excluded)

    def reset(self) -> None:
        """As a cleared run: it begins again."""
        self.state, self.end_date, self.reason = "queued", None, ""
        self.instances, self.xcoms = Instances(self.graph), {}
        self._begin()

    def _is_excluded(self, task: Any) -> bool:
        """A run before the task's start_date or after its end_date is without it."""
        date = self.logical_date
        if date is None:
            return False
        own = [
            moment if moment != of_dag else None
            for moment, of_dag in ((task.start_date, self.dag.start_date), (task.end_date, self.dag.end_date))
        ]
        return (own[0] is not None and own[0] > date) or (own[1] is not None and own[1] < date)

    def _past_allows(self, instance: Instance) -> bool:
        """depends_on_past and wait_for_downstream, by the run before this one in the store."""
        task = self.graph.tasks[instance.task_id]
        if not task.depends_on_past:
            return True
        earlier = [run for run in self.store.before(self) if not (self.dag.catchup and run.run_type == "manual")]
        if not earlier or self.logical_date is None:
            return True
        own = earlier[0].instances.by_task.get(instance.task_id) or []
        beside = self.graph.downstream[instance.task_id] if task.wait_for_downstream else []
        looked = own + [one for task_id in beside for one in earlier[0].instances.by_task.get(task_id, ())] if own else []
        return all(one.state in ("success", "skipped", "removed") for one in looked)

    # What an attempt is told

    def job(self, instance: Instance) -> Dict[str, Any]:
        """The job document (vortex/host/job.py)."""
        mapping = self.graph.mappings.get(instance.task_id)
        return {
            **self.facts,
            "format": 1,
            "task_id": instance.task_id,
            "map_index": instance.map_index,
            "expanded_ti_count": self.instances.expanded.get(mapping) if mapping is not None else None,
            "attempt": max(1, instance.attempt),
            "try_number": max(1, instance.try_number),
            "max_tries": instance.max_tries,
            "waiting_since": iso(instance.waiting_since),
            "deferral": instance.deferral,
            "run_start_time": iso(self.start_date),
            "conf": self.conf,
            "dialect": self.dag.dialect,
            "dates": self._dates(),
            "hostname": "localhost",
            "asset_events": None,
            "dag_callback": None,
            "xcom_cap_bytes": XCOM_CAP_BYTES,
        }

    def _dates(self) -> Dict[str, Optional[str]]:
        success = next((run for run in self.store.before(self) if run.state == "success"), None)
        dates = {name: None if success is None else iso(getattr(success, attribute)) for name, attribute in _SUCCESS_DATES}
        return {**dates, "prev_logical_date": iso(self.logical_date), "next_logical_date": iso(self.logical_date)}

    def put_xcom(self, instance: Instance, key: str, value_json: str) -> None:
        place = (instance.task_id, instance.map_index, key)
        self.xcoms.pop(place, None)
        self.xcoms[place] = value_json

    def drop_xcoms(self, instance: Instance) -> None:
        """A new try begins without what an earlier one has left."""
        for place in [place for place in self.xcoms if place[:2] == (instance.task_id, instance.map_index)]:
            del self.xcoms[place]

    def execute_other(self, run: "LocalRun") -> None:
        from vortex.testing.runner import Runner

        Runner(run).run()

    # What is asked of it

    @property
    def states(self) -> Dict[str, str]:
        return {one.name: one.state for one in self.instances}

    @property
    def failed(self) -> List[Any]:
        """Task instances that failed by themselves, in the order of their tasks."""
        return self.get_task_instances(state="failed")

    def task(self, task_id: str, map_index: Optional[int] = None) -> Any:
        """The task instance. Raises AirflowException if there is none; a mapped one needs its index."""
        found = self.get_task_instance(task_id, map_index=-1 if map_index is None else map_index)
        if found is None:
            known = [one.name for one in self.instances]
            raise AirflowException(
                f"The run has no task instance {task_id!r}{'' if map_index is None else f'[{map_index}]'}. It has: {', '.join(known[:50])}."
            )
        return found

    def xcom(self, task_id: str, key: str = RETURN_KEY, map_index: int = -1) -> Any:
        """The value that a task has left; None if it left none. Of a mapped task without map_index the list of all."""
        places = sorted(place for place in self.xcoms if place[0] == task_id and place[2] == key)
        if map_index < 0 and any(place[1] >= 0 for place in places):
            return [xcom_codec.decode(self.xcoms[place]) for place in places]
        text = self.xcoms.get((task_id, map_index, key))
        return None if text is None else xcom_codec.decode(text)

    def check(self) -> "LocalRun":
        """Itself if it succeeded. Raises DagTestFailed that names the failed tasks, with the ends of their logs."""
        if self.state == "failed":
            raise DagTestFailed(self.failure_text())
        return self

    def failure_text(self, lines: int = 20) -> str:
        """Which tasks failed and why, with the last lines of their logs."""
        parts = [f"The run {self.run_id} of {self.dag_id} is {self.state}" + (f": {self.reason}" if self.reason else "")]
        for ti in self.failed:
            parts.append(f"\n{ti.name}: {ti.reason}")
            parts += [f"  | {line}" for line in ti.output.rstrip().splitlines()[-lines:] if lines]
        rest: Dict[str, List[str]] = {}
        for one in self.instances:
            if one.state != "failed":
                rest.setdefault(one.state, []).append(one.name)
        parts += ["", *(f"{state}: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}" for state, names in rest.items())]
        return "\n".join(parts).rstrip()

    # As Airflow's

    def get_task_instances(self, state: Any = None, session: Any = None) -> List[Any]:
        from vortex.testing.task_instance import LocalTaskInstance

        wanted = None if state is None else {str(one) for one in ([state] if isinstance(state, str) else state)}
        return [LocalTaskInstance.of(self, one) for one in self.instances if wanted is None or one.state in wanted]

    def get_task_instance(self, task_id: str, session: Any = None, *, map_index: int = -1) -> Any:
        from vortex.testing.task_instance import LocalTaskInstance

        if task_id not in self.instances.by_task:
            return None
        found = self.instances.at(task_id, map_index)
        return None if found is None else LocalTaskInstance.of(self, found)

    def update_state(self, *_: Any, **__: Any) -> Tuple[List[Any], None]:
        """Runs nothing: the states are those that the instances have."""
        return [], None

    def set_state(self, state: Any) -> None:
        self.state = str(state)

    def refresh_from_db(self, session: Any = None) -> None:
        """It is the run itself."""


def _interval(dag: Any, date: dt.datetime) -> Tuple[Any, Any]:
    from vortex.testing.intervals import manual_interval

    try:
        return manual_interval(dag, date)
    except ValueError:
        # An expression that only the server reads.
        return date, date
