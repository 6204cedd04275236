"""What an exception of a task means for its attempt: the table of Airflow's retry semantics (airflow-compat 3.9)."""
from __future__ import annotations

from typing import Any, Dict

from vortex.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTerminated,
    AirflowTaskTimeout,
)
from vortex.execution.instants import to_epoch_ms
from vortex.execution.xcom_codec import XComNotSerialisable, XComTooLarge
from vortex.host.channel import XComTooLarge as ChannelXComTooLarge
from vortex.loading.author_traceback import one_line

# What an author raised may hold a data frame. The host shows less of it (vortex.host.masking), and needs what follows to see secrets whole.
MAX_REASON_CHARS = 20_000


def outcome_of(error: BaseException) -> Dict[str, Any]:
    """outcome, reason and reason_code of the result document."""
    if isinstance(error, AirflowSkipException):
        return {"outcome": "skipped", "reason": str(error)[:MAX_REASON_CHARS] or "the task skipped itself", "reason_code": "skip"}
    if isinstance(error, AirflowRescheduleException):
        when = to_epoch_ms(error.reschedule_date)
        return {"outcome": "rescheduled", "reason": "waits for its next poke", "reason_code": "reschedule", "reschedule_at_ms": when}
    if isinstance(error, AirflowSensorTimeout):
        return {"outcome": "failed_final", "reason": one_line(error), "reason_code": "sensor_timeout"}
    if isinstance(error, AirflowFailException):
        return {"outcome": "failed_final", "reason": one_line(error), "reason_code": "fail_exception"}
    if isinstance(error, AirflowTaskTimeout):
        return {"outcome": "failed", "reason": one_line(error), "reason_code": "timeout"}
    if isinstance(error, AirflowTaskTerminated):
        return {"outcome": "failed", "reason": str(error)[:MAX_REASON_CHARS], "reason_code": "killed"}
    if isinstance(error, (XComTooLarge, ChannelXComTooLarge)):
        return {"outcome": "failed", "reason": str(error), "reason_code": "xcom_too_large"}
    if isinstance(error, XComNotSerialisable):
        return {"outcome": "failed", "reason": str(error), "reason_code": "xcom_not_serialisable"}
    if isinstance(error, MemoryError):
        return {"outcome": "failed", "reason": "MemoryError: the task needs more memory than its process may have", "reason_code": "out_of_memory"}
    if isinstance(error, SystemExit):
        return {"outcome": "failed", "reason": f"the task called sys.exit({error.code!r})", "reason_code": "exit_code", "exit_code": _exit_code(error)}
    return {"outcome": "failed", "reason": one_line(error), "reason_code": "exception"}


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1
