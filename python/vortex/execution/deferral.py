"""
Deferred operators. The trigger's event loop runs in the task's own process until its first event, then the operator goes on where it
asked to. The attempt keeps its worker slot meanwhile.
"""
from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Dict, Optional

from vortex.exceptions import AirflowException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from vortex.task_log import say

# A chain of deferrals that never ends is a bug of the operator.
MAX_DEFERRALS = 10_000


def run_deferred(task: Any, deferred: TaskDeferred, context: Dict[str, Any]) -> Any:
    """Returns what the operator returns in the end."""
    for _ in range(MAX_DEFERRALS):
        method = getattr(task, deferred.method_name)
        arguments = dict(deferred.kwargs or {})
        say(f"Waits for {type(deferred.trigger).__name__}, then goes on with {deferred.method_name}()\n")
        event = _wait_for_event(deferred.trigger, deferred.timeout)
        try:
            return method(context, getattr(event, "payload", event), **arguments)
        except TaskDeferred as again:
            deferred = again
    raise AirflowException(f"the task deferred itself more than {MAX_DEFERRALS:,} times")


def _wait_for_event(trigger: Any, timeout: Optional[dt.timedelta]) -> Any:
    seconds = timeout.total_seconds() if timeout is not None else None
    try:
        return asyncio.run(_first_event(trigger, seconds))
    except asyncio.TimeoutError:
        raise TaskDeferralTimeout(f"{type(trigger).__name__} gave no event within {seconds:g} s") from None


async def _first_event(trigger: Any, seconds: Optional[float]) -> Any:
    async def first() -> Any:
        async for event in trigger.run():
            return event
        raise TaskDeferralError(f"{type(trigger).__name__} ended without an event")

    return await asyncio.wait_for(first(), seconds)
