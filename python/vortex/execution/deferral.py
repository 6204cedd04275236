"""
Deferred operators (Airflow authoring-and-scheduling/deferring). An attempt that defers itself ends with a body: its trigger and the method to go on
with. The trigger runs elsewhere, without a worker slot; its event comes back with a new attempt of the same try.

The body and the event are JSON whose values are written as XComs are, so that dates survive:

    body     {"trigger": "module:Class", "kwargs", "method", "method_kwargs"}
    event    {"event": value}, {"end": state, "xcoms": {}} of a trigger that ends its task, {"failed": reason} or {"timeout": true}
"""
from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional

from vortex.exceptions import AirflowException, AirflowSkipException, TaskDeferralError, TaskDeferralTimeout, TaskDeferred
from vortex.execution import xcom_codec
from vortex.execution.task_instance import RETURN_KEY, TaskInstance
from vortex.triggers.class_path import class_path, find_class

# What the controller keeps of a wait (server/scheduler/deferral.ts).
MAX_CHARS = 1024 * 1024
# Airflow's name of the method that fails a task whose trigger failed, and its word for a timeout.
FAIL_METHOD = "__fail__"
TIMEOUT = "Trigger timeout"


def deferral_of(task: Any, deferred: TaskDeferred) -> Dict[str, Any]:
    """The result document's part. Raises AirflowException for a wait that no other process could take up."""
    if deferred.method_name is not None and not callable(getattr(task, deferred.method_name, None)):
        raise AirflowException(f"the task defers itself to {deferred.method_name}(), which {type(task).__name__} does not have")
    classpath, kwargs = deferred.trigger.serialize()
    body = {
        "trigger": _home_of(deferred.trigger, classpath),
        "kwargs": kwargs,
        "method": deferred.method_name,
        "method_kwargs": dict(deferred.kwargs or {}),
    }
    try:
        text = xcom_codec.encode(body, 4 * MAX_CHARS, "deferral")
    except xcom_codec.XComNotSerialisable as error:
        what = str(error).partition(", which has")[0]
        raise AirflowException(f"the task cannot be deferred: {what}, which has no form in JSON. Give its trigger and its method plain data.") from None
    except xcom_codec.XComTooLarge:
        text = ""
    if not 0 < len(text) <= MAX_CHARS:
        raise AirflowException(
            f"the task cannot be deferred: its trigger and the arguments of its method have more than {MAX_CHARS:,} characters as JSON. "
            "Keep large data in a file or an object store."
        )
    timeout_ms = 0 if deferred.timeout is None else max(1, round(deferred.timeout.total_seconds() * 1000))
    name = type(deferred.trigger).__name__
    return {"outcome": "deferred", "reason": f"waits for {name}", "reason_code": "", "deferral_json": text, "deferral_timeout_ms": timeout_ms}


def _home_of(trigger: Any, classpath: str) -> str:
    """Where the class is really defined: authors write the path that they import it by, or that of Airflow."""
    kind = type(trigger)
    if classpath.rpartition(".")[2] != kind.__name__:
        # A subclass that serialises as its base.
        try:
            kind = find_class(classpath)
        except (ImportError, AttributeError) as error:
            raise AirflowException(f"the task cannot be deferred: serialize() of its trigger names {classpath}, and {error}") from None
    if "<locals>" in kind.__qualname__:
        raise AirflowException(f"the task cannot be deferred: {kind.__name__} is defined inside a function. Define it at the top of its module.")
    return class_path(kind)


def started_by_trigger(task: Any) -> Optional[TaskDeferred]:
    """Of an operator with `start_from_trigger` (Airflow 2.10): what it waits for instead of `execute`."""
    arguments = getattr(task, "start_trigger_args", None)
    if not getattr(task, "start_from_trigger", False) or arguments is None:
        return None
    trigger = find_class(arguments.trigger_cls)(**(arguments.trigger_kwargs or {}))
    return TaskDeferred(trigger=trigger, method_name=arguments.next_method, kwargs=arguments.next_kwargs, timeout=arguments.timeout)


def resume(task: Any, deferral: Dict[str, Any], context: Dict[str, Any], ti: TaskInstance) -> Any:
    """What the method returns that the operator went on with, or what its trigger left as the task's return value."""
    body = xcom_codec.decode(deferral["body"])
    event = json.loads(deferral["event"])
    method, arguments = body["method"], dict(body["method_kwargs"])
    if event.get("timeout"):
        method, arguments = FAIL_METHOD, {"error": TIMEOUT}
    elif "failed" in event:
        method, arguments = FAIL_METHOD, {"error": event["failed"]}
    elif "end" in event:
        return _ended_by_trigger(xcom_codec.decode(deferral["event"]), ti)
    elif method is None:
        raise AirflowException("its trigger had an event, and the task named no method to go on with")
    else:
        arguments["event"] = xcom_codec.decode(deferral["event"])["event"]
    return task.resume_execution(method, arguments, context)


def _ended_by_trigger(event: Dict[str, Any], ti: TaskInstance) -> Any:
    """BaseTaskEndEvent of vortex.triggers.base: the operator is not asked."""
    xcoms = dict(event.get("xcoms") or {})
    value = xcoms.pop(RETURN_KEY, None)
    for key, item in xcoms.items():
        ti.xcom_push(key, item)
    if event["end"] == "skipped":
        raise AirflowSkipException("its trigger skipped it")
    if event["end"] != "success":
        raise TaskDeferralError("its trigger ended it as failed")
    return value


def go_on(task: Any, next_method: str, next_kwargs: Optional[Mapping[str, Any]], context: Any) -> Any:
    """BaseOperator.resume_execution."""
    arguments = next_kwargs or {}
    if next_method != FAIL_METHOD:
        return getattr(task, next_method)(context, **arguments)
    error = arguments.get("error", "Unknown")
    raise TaskDeferralTimeout(error) if error == TIMEOUT else TaskDeferralError(error)
