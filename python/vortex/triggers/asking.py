"""
Which trigger is running, and its questions to the controller (those of server/swarm/requests.ts). The host that runs a trigger sets
`running` in its context.
"""
from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Dict

# vortex.host.running_trigger.RunningTrigger, or None outside of triggers.
running: ContextVar[Any] = ContextVar("running", default=None)


async def ask(method: str, params: Dict[str, Any]) -> Any:
    """The controller's answer. Raises vortex.host.channel.ChannelError when it refuses, RuntimeError outside of a trigger host."""
    trigger = running.get()
    if trigger is None:
        raise RuntimeError(f"{method} can be asked only while a trigger runs on a VORTEX worker")
    return await trigger.ask(method, params)
