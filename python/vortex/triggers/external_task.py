"""Triggers of other DAGs' runs (Airflow's airflow.providers.standard.triggers.external_task). They ask the controller."""
from __future__ import annotations

from typing import Any, AsyncIterator, Dict, List, Optional, Tuple

from vortex.host.channel import ChannelError
from vortex.sensors.external_states import Wanted, verdict
from vortex.triggers.asking import ask
from vortex.triggers.base import BaseTrigger, TriggerEvent

# What passes by itself: the next look will tell.
_PASSING = ("database_unavailable", "rate_limited", "not_leader")


class WorkflowTrigger(BaseTrigger):
    """
    Has its event, {"status": "success" | "failed" | "skipped"}, once tasks, a task group or the runs of a DAG for these logical dates
    have come to it; ExternalTaskSensor has the meaning of the states. It looks every `poke_interval` seconds.
    """

    def __init__(
        self,
        external_dag_id: str,
        logical_dates: Optional[List[Any]] = None,
        external_task_ids: Optional[List[str]] = None,
        external_task_group_id: Optional[str] = None,
        failed_states: Optional[List[str]] = None,
        skipped_states: Optional[List[str]] = None,
        allowed_states: Optional[List[str]] = None,
        poke_interval: float = 2.0,
        execution_dates: Optional[List[Any]] = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.poke_interval = poke_interval
        dates = logical_dates if logical_dates is not None else execution_dates
        self._wanted = Wanted(
            external_dag_id,
            [date if isinstance(date, str) else date.isoformat() for date in dates or []],
            task_ids=external_task_ids,
            group_id=external_task_group_id,
            allowed_states=["success"] if allowed_states is None else allowed_states,
            failed_states=failed_states or [],
            skipped_states=skipped_states or [],
        )

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return "vortex.triggers.external_task.WorkflowTrigger", {**self._wanted.fields(), "poke_interval": self.poke_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        import asyncio

        method, params = self._wanted.question()
        while True:
            answer = await _look(method, params)
            status = "waiting" if answer is None else verdict(self._wanted, answer)
            if status != "waiting":
                break
            await asyncio.sleep(self.poke_interval)
        yield TriggerEvent({"status": status})


class DagStateTrigger(BaseTrigger):
    """
    Has its event once each of these runs of a DAG is in one of `states`, or is deleted. The payload is, as in Airflow, the path of this
    class and its arguments, with the state of each run by its id.
    """

    def __init__(self, dag_id: str, states: List[str], run_ids: List[str], poll_interval: float = 5.0, **_: Any) -> None:
        super().__init__()
        self.dag_id = dag_id
        self.states = [str(state) for state in states]
        self.run_ids = list(run_ids)
        self.poll_interval = poll_interval

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        arguments = {"dag_id": self.dag_id, "states": self.states, "run_ids": self.run_ids, "poll_interval": self.poll_interval}
        return "vortex.triggers.external_task.DagStateTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        import asyncio

        while True:
            answer = await _look("run.find", {"dag_id": self.dag_id, "run_ids": self.run_ids})
            found = None if answer is None else {run["run_id"]: run["state"] for run in answer}
            if found is not None and all(found.get(run_id) in (None, *self.states) for run_id in self.run_ids):
                break
            await asyncio.sleep(self.poll_interval)
        classpath, arguments = self.serialize()
        yield TriggerEvent([classpath, {**arguments, **{run_id: (found or {}).get(run_id) for run_id in self.run_ids}}])


async def _look(method: str, params: Dict[str, Any]) -> Optional[List[Dict[str, Any]]]:
    """None = not now."""
    try:
        answer: List[Dict[str, Any]] = await ask(method, params)
        return answer
    except ChannelError as error:
        if error.code not in _PASSING:
            raise
        return None
