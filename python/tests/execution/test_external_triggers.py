"""The triggers behind deferred waits for other DAGs, with runs in memory."""
import asyncio

import pytest
from memory_runs import MemoryRuns

from vortex.execution import xcom_codec
from vortex.host.channel import ChannelError
from vortex.triggers import external_task
from vortex.triggers.external_task import DagStateTrigger, WorkflowTrigger

DATE = "2024-02-29T00:00:00+00:00"


@pytest.fixture
def runs(monkeypatch):
    made = MemoryRuns()
    made.refusals = []

    async def ask(method, params):
        if made.refusals:
            raise made.refusals.pop(0)
        return made.answer(method, params)

    monkeypatch.setattr(external_task, "ask", ask)
    return made


async def _event(trigger, then):
    async def first():
        async for event in trigger.run():
            return event.payload

    waiting = asyncio.ensure_future(first())
    await asyncio.sleep(0.03)
    assert not waiting.done()
    then()
    return await asyncio.wait_for(waiting, 5)


def anew(trigger):
    """As another process makes it."""
    classpath, kwargs = trigger.serialize()
    kwargs = xcom_codec.decode(xcom_codec.encode(kwargs, 10_000, "kwargs"))
    return getattr(external_task, classpath.rpartition(".")[2])(**kwargs)


@pytest.mark.parametrize("state, status", [("success", "success"), ("failed", "failed"), ("upstream_failed", "skipped")])
def test_workflow(runs, state, status):
    run = runs.add("other", "r", "running", DATE, {"a": "running"})
    states = {"failed_states": ["failed"], "skipped_states": ["upstream_failed"]}
    trigger = anew(WorkflowTrigger("other", logical_dates=[DATE], external_task_ids=["a"], poke_interval=0.01, **states))
    runs.refusals = [ChannelError("database_unavailable", "later")]
    found = asyncio.run(_event(trigger, lambda: runs.tasks[run["run_id"]].update({("a", -1): state})))
    assert found == {"status": status}


def test_dag_state(runs):
    first, second = runs.add("other", "r1", "running", DATE), runs.add("other", "r2", "running", None)
    trigger = anew(DagStateTrigger("other", states=["success", "failed"], run_ids=["r1", "r2"], poll_interval=0.01))
    first["state"] = "failed"
    classpath, data = asyncio.run(_event(trigger, lambda: second.update(state="success")))
    assert classpath == "vortex.triggers.external_task.DagStateTrigger"
    assert (data["r1"], data["r2"], data["run_ids"]) == ("failed", "success", ["r1", "r2"])


def test_a_deleted_run_ends_the_wait(runs):
    runs.add("other", "r1", "running", DATE)
    trigger = DagStateTrigger("other", states=["success"], run_ids=["r1"], poll_interval=0.01)
    _, data = asyncio.run(_event(trigger, runs.runs.clear))
    assert data["r1"] is None


def test_a_refusal_that_does_not_pass_is_the_triggers_error(runs):
    runs.refusals = [ChannelError("invalid_request", "no")]

    async def first():
        return [event async for event in DagStateTrigger("other", states=["success"], run_ids=["r"]).run()]

    with pytest.raises(ChannelError, match="no"):
        asyncio.run(first())
