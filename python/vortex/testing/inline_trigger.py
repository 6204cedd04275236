"""A deferred task's trigger, run in this process until its first event (Airflow's dag.test does so too)."""

from __future__ import annotations

import json
from typing import Any, Dict

from vortex.host.channel import ChannelError
from vortex.host.running_trigger import first_event, make_trigger, told
from vortex.loading.author_traceback import format_author_traceback, one_line
from vortex.task_log import say
from vortex.testing.attempt import own_surroundings
from vortex.testing.channel import MemoryChannel
from vortex.testing.clock import Clock
from vortex.testing.output import TaskOutput


def event_of(run: Any, instance: Any, result: Dict[str, Any], clock: Clock, quiet: bool) -> Dict[str, str]:
    """What the job of the task's next part has as `deferral`."""
    body = result["deferral_json"]
    names = {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "task_id": instance.task_id,
        "map_index": instance.map_index,
        "try_number": instance.try_number,
    }
    timeout = result["deferral_timeout_ms"] / 1000
    with own_surroundings(run, instance.task_id), TaskOutput(run.store.masked, quiet) as output:
        event = _wait(body, names, timeout, _Asks(MemoryChannel(run.store, run, instance)), clock)
    instance.log += output.text
    return {"body": body, "event": event, "output": ""}


def _wait(body: str, names: Dict[str, Any], timeout: float, asks: Any, clock: Clock) -> str:
    import asyncio

    from vortex.triggers.asking import running

    started = clock.now()

    async def live() -> str:
        trigger = make_trigger(body, names)
        try:
            event = await (asyncio.wait_for(first_event(trigger), timeout) if timeout else first_event(trigger))
            return str(told(event)["deferral_json"])
        finally:
            cleanup = getattr(trigger, "cleanup", None)
            if cleanup is not None:
                await cleanup()

    before = running.set(asks)
    try:
        found = asyncio.run(live())
    except asyncio.TimeoutError:
        return json.dumps({"timeout": True})
    except Exception as error:  # noqa: BLE001 - a trigger that fails fails its task
        say(format_author_traceback(error))
        return json.dumps({"failed": one_line(error)})
    finally:
        running.reset(before)
    # Where waits are passed over, the loop's own timer may come too late.
    return json.dumps({"timeout": True}) if timeout and clock.now() - started > timeout + 1 else found


class _Asks:
    """What vortex.triggers.asking asks."""

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel

    async def ask(self, method: str, params: Dict[str, Any]) -> Any:
        try:
            return self._channel.request(method, params)
        except ChannelError:
            raise
