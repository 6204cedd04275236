"""
What an author's trigger is made of (Airflow authoring-and-scheduling/deferring). Nothing here imports asyncio: DAG files import this
module, and each task host would hold it.
"""
from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, AsyncIterator, Dict, Optional, Tuple

from vortex.airflow_compat.names import LoggingMixin
from vortex.states import TaskInstanceState


class TriggerEvent:
    """What a trigger found out; `payload` is handed to the operator's method as `event`. Any value that an XCom may have."""

    def __init__(self, payload: Any, **_: Any) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"


class BaseTaskEndEvent(TriggerEvent):
    """Ends the task in this state without going on in the operator (Airflow 2.10). `xcoms` are left as the task's own."""

    task_instance_state: TaskInstanceState

    def __init__(self, *, xcoms: Optional[Dict[str, Any]] = None, **kwargs: Any) -> None:
        if "payload" in kwargs:
            raise ValueError("Param 'payload' not supported for this class.")
        super().__init__(payload=str(self.task_instance_state.value), **kwargs)
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    """The task succeeds."""

    task_instance_state = TaskInstanceState.SUCCESS


class TaskFailedEvent(BaseTaskEndEvent):
    """The task fails, and is tried again if it has tries left."""

    task_instance_state = TaskInstanceState.FAILED


class TaskSkippedEvent(BaseTaskEndEvent):
    """The task is skipped."""

    task_instance_state = TaskInstanceState.SKIPPED


@dataclasses.dataclass
class StartTriggerArgs:
    """Of an operator with `start_from_trigger`: what it waits for instead of `execute` (Airflow 2.10)."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: Optional[Dict[str, Any]] = None
    next_kwargs: Optional[Dict[str, Any]] = None
    timeout: Optional[dt.timedelta] = None


class BaseTrigger(LoggingMixin):
    """
    Base of triggers. A trigger may run twice, at two workers, if one of them is lost: it looks at the world and changes nothing.

    `serialize()` gives the path of the class and the arguments that make it anew; `run()` is an asynchronous generator, and its first
    event ends the wait. `task_instance` has dag_id, task_id, run_id, map_index and try_number while it runs.
    """

    supports_triggerer_queue = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.task_instance: Any = None
        self.trigger_id: Optional[int] = None

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        raise NotImplementedError("Triggers must implement serialize()")

    async def run(self) -> AsyncIterator[TriggerEvent]:
        raise NotImplementedError("Triggers must implement run()")
        yield TriggerEvent(None)

    async def cleanup(self) -> None:
        """Called once when the trigger ends: after its event, an error, or when nobody waits for it any more."""

    @staticmethod
    def repr(classpath: str, kwargs: Dict[str, Any]) -> str:
        return f"<{classpath} {', '.join(f'{name}={value}' for name, value in kwargs.items())}>"

    def __repr__(self) -> str:
        return self.repr(*self.serialize())


class BaseEventTrigger(BaseTrigger):
    """Base of triggers that assets watch (Airflow 3)."""
