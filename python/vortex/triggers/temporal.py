"""Triggers of time (Airflow's airflow.providers.standard.triggers.temporal)."""
from __future__ import annotations

import datetime as dt
import time
from typing import Any, AsyncIterator, Dict, Tuple

from vortex.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

# The clock of an event loop stands still while the machine sleeps, and the wall clock may be set: it is looked at this often.
LOOK_SECONDS = 60.0


class DateTimeTrigger(BaseTrigger):
    """
    Has its event when the wall clock says `moment`, a datetime with a time zone. The payload is the moment.

    With `end_from_trigger` the task succeeds at once, and its operator is not asked again.
    Raises TypeError if `moment` is no datetime, ValueError if it has no time zone.
    """

    def __init__(self, moment: dt.datetime, *, end_from_trigger: bool = False) -> None:
        super().__init__()
        if not isinstance(moment, dt.datetime):
            raise TypeError(f"Expected datetime.datetime type for moment. Got {type(moment)}")
        if moment.tzinfo is None:
            raise ValueError("You cannot pass naive datetimes")
        self.moment = moment
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> Tuple[str, Dict[str, Any]]:
        return "vortex.triggers.temporal.DateTimeTrigger", {"moment": self.moment, "end_from_trigger": self.end_from_trigger}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        import asyncio

        due = self.moment.timestamp()
        while True:
            left = due - time.time()
            if left <= 0:
                break
            await asyncio.sleep(min(left, LOOK_SECONDS))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """A DateTimeTrigger whose moment is `delta` from now. It serialises as that, so that a second worker waits no longer."""

    def __init__(self, delta: dt.timedelta, *, end_from_trigger: bool = False) -> None:
        from vortex.execution.instants import utcnow

        super().__init__(moment=utcnow() + delta, end_from_trigger=end_from_trigger)
