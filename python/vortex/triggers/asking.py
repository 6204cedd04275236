"""
Questions of triggers to the controller. The host that runs a trigger sets who answers; the questions are those of
server/swarm/requests.ts.
"""
from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Awaitable, Callable, Dict, Optional

Ask = Callable[[str, Dict[str, Any]], Awaitable[Any]]

answering: ContextVar[Optional[Ask]] = ContextVar("answering", default=None)


async def ask(method: str, params: Dict[str, Any]) -> Any:
    """The controller's answer. Raises vortex.host.channel.ChannelError when it refuses, RuntimeError outside of a trigger host."""
    who = answering.get()
    if who is None:
        raise RuntimeError(f"{method} can be asked only while a trigger runs on a VORTEX worker")
    return await who(method, params)
