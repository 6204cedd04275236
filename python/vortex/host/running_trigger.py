"""
The life of one trigger: made from its body, run until its first event, cleaned up, told. Ten thousand of them sleep in one process, so
that what is kept of each is little: neither its job nor its arguments.
"""
from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Awaitable, Callable, Dict, Optional

from vortex.execution import xcom_codec
from vortex.execution.deferral import MAX_CHARS
from vortex.host.clocks import monotonic
from vortex.host.trigger_output import TriggerOutput
from vortex.loading.author_traceback import format_author_traceback, one_line
from vortex.triggers.base import BaseTaskEndEvent, TriggerEvent
from vortex.triggers.class_path import find_class

Asks = Callable[["RunningTrigger", str, Dict[str, Any]], Awaitable[Any]]


class TriggerTaskInstance:
    """What a trigger may know of the task that waits for it: `self.task_instance`."""

    __slots__ = ("dag_id", "map_index", "run_id", "task_id", "try_number")

    def __init__(self, names: Dict[str, Any]) -> None:
        # Thousands of triggers share few names.
        self.dag_id = sys.intern(names["dag_id"])
        self.run_id = sys.intern(names["run_id"])
        self.task_id = sys.intern(names["task_id"])
        self.map_index: int = names["map_index"]
        self.try_number: int = names["try_number"]

    @property
    def state(self) -> str:
        return "deferred"

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [deferred]>"


class RunningTrigger:
    __slots__ = ("_asks", "ended", "killed", "number", "output", "started", "task", "told_blocking")

    def __init__(self, number: int, output: TriggerOutput, asks: Asks) -> None:
        self.number = number
        self.output = output
        self.started = monotonic()
        # Why it is to end without an event.
        self.killed: Optional[str] = None
        self.task: Optional["asyncio.Task[Dict[str, Any]]"] = None
        self.ended = False
        self.told_blocking = False
        self._asks = asks

    def ask(self, method: str, params: Dict[str, Any]) -> Awaitable[Any]:
        return self._asks(self, method, params)

    async def live(self, body: str, names: Dict[str, Any], load: Callable[[], None]) -> Dict[str, Any]:
        """The document that ends it: outcome, reason, reason_code, deferral_json. Raises nothing."""
        try:
            load()
            trigger = make_trigger(body, names)
            del body, names, load
            try:
                return told(await first_event(trigger))
            finally:
                await self._clean_up(trigger)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its failure, and must not end the others
            if self.killed is not None:
                return self.killed_document()
            self.output.write(format_author_traceback(error))
            return {"outcome": "failed", "reason": one_line(error), "reason_code": "exception", "deferral_json": ""}

    def killed_document(self) -> Dict[str, Any]:
        return {"outcome": "killed", "reason": self.killed or "", "reason_code": "killed", "deferral_json": ""}

    async def _clean_up(self, trigger: Any) -> None:
        cleanup = getattr(trigger, "cleanup", None)
        try:
            if cleanup is not None:
                await cleanup()
        except Exception as error:  # noqa: BLE001 - it has had its event, or its error
            self.output.write(f"cleanup() of {type(trigger).__name__} failed:\n{format_author_traceback(error)}")


def make_trigger(body: str, names: Dict[str, Any]) -> Any:
    """Of the body that vortex.execution.deferral wrote."""
    document = json.loads(body)
    kwargs = xcom_codec.decode(json.dumps(document["kwargs"]))
    trigger = find_class(document["trigger"])(**kwargs)
    trigger.task_instance = TriggerTaskInstance(names)
    return trigger


async def first_event(trigger: Any) -> TriggerEvent:
    events = trigger.run()
    try:
        async for event in events:
            if not hasattr(event, "payload"):
                raise TypeError(f"{type(trigger).__name__}.run() yielded a {type(event).__name__}; it must yield TriggerEvents")
            return event
    finally:
        if hasattr(events, "aclose"):
            await events.aclose()
    raise RuntimeError(f"{type(trigger).__name__} ended without an event")


def told(event: TriggerEvent) -> Dict[str, Any]:
    if isinstance(event, BaseTaskEndEvent):
        document: Dict[str, Any] = {"end": event.task_instance_state.value, "xcoms": event.xcoms}
    else:
        document = {"event": event.payload}
    try:
        text = xcom_codec.encode(document, 4 * MAX_CHARS, "event")
    except xcom_codec.XComNotSerialisable as error:
        what = str(error).partition(", which has")[0]
        raise TypeError(f"the event of the trigger: {what}, which has no form in JSON") from None
    except xcom_codec.XComTooLarge:
        text = ""
    if not 0 < len(text) <= MAX_CHARS:
        raise ValueError(f"the event of the trigger has more than {MAX_CHARS:,} characters as JSON. Keep large data in a file or an object store.")
    return {"outcome": "success", "reason": "", "reason_code": "", "deferral_json": text}
