"""Reads the values of common operator arguments: units, defaults and errors in one place."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from vortex import timezone
from vortex.configuration import conf
from vortex.definitions.names import check_environment_name
from vortex.exceptions import AirflowException, InvalidArguments

# Arguments of Airflow that VORTEX accepts and does not act on, with the reason that the DAG page gives.
IGNORED: Dict[str, str] = {
    "sla": "sla= is accepted and ignored: Airflow 3 has no SLAs",
    "resources": "resources= is accepted and ignored: limit tasks with pools and queues",
    "run_as_user": "run_as_user= is accepted and ignored: tasks run as the worker's user",
    "executor": "executor= is accepted and ignored: VORTEX has one executor; choose workers with queue=",
    "executor_config": "executor_config= is accepted and ignored: VORTEX has one executor",
}
# Arguments of Airflow 1 and of helpers that mean nothing today and need no remark.
SILENT = frozenset({"provide_context", "xcom_push", "adhoc", "email_on_success", "subdag", "start_from_trigger", "start_trigger_args"})

_UNQUOTED = re.compile(r"[^A-Za-z0-9_]")


def read_seconds(value: Any, argument: str, task_id: str) -> dt.timedelta:
    """A timedelta, or a number of seconds. Raises AirflowException for anything else and for less than nothing."""
    if isinstance(value, bool) or not isinstance(value, (dt.timedelta, int, float)):
        raise AirflowException(f"Task {task_id!r}: {argument} must be a timedelta or a number of seconds, not {value!r}.")
    delta = value if isinstance(value, dt.timedelta) else dt.timedelta(seconds=value)
    if delta < dt.timedelta(0):
        raise AirflowException(f"Task {task_id!r}: {argument} is negative: {delta}.")
    return delta


def read_timeout(value: Any, task_id: str) -> Optional[dt.timedelta]:
    """execution_timeout is a timedelta only, as in Airflow: a bare number would leave the unit open."""
    if value is None:
        return None
    if not isinstance(value, dt.timedelta):
        raise ValueError(f"Task {task_id!r}: execution_timeout must be a timedelta, such as timedelta(minutes=5), not {value!r}.")
    if value <= dt.timedelta(0):
        raise ValueError(f"Task {task_id!r}: execution_timeout must be longer than nothing, not {value}.")
    return value


def read_count(value: Any, argument: str, task_id: str, least: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise AirflowException(f"Task {task_id!r}: {argument} must be a whole number, not {value!r}.") from None
    if number < least:
        raise AirflowException(f"Task {task_id!r}: {argument} must be {least} or more, not {number}.")
    return number


def read_limit(value: Any, argument: str, task_id: str) -> Optional[int]:
    """A limit of at least 1; None = no limit."""
    return None if value is None else read_count(value, argument, task_id, 1)


def read_retries(value: Any, task_id: str) -> int:
    """Tries after the first one. None = the site's default, 0."""
    if value is None:
        return conf.getint("core", "default_task_retries")
    return read_count(value, "retries", task_id, 0)


def default_retry_delay() -> dt.timedelta:
    return dt.timedelta(seconds=conf.getfloat("core", "default_task_retry_delay"))


def read_backoff(value: Any, task_id: str) -> float:
    """0 = constant delay, else the factor per try. True is 2.0, as Airflow 3 reads it."""
    if isinstance(value, bool) or value is None:
        return 2.0 if value else 0.0
    if not isinstance(value, (int, float)) or value < 0:
        raise AirflowException(f"Task {task_id!r}: retry_exponential_backoff must be True, False or a factor, not {value!r}.")
    return float(value)


def read_date(value: Any, argument: str, owner: str, tz: Any = None) -> Any:
    """A datetime with a zone. Dates and ISO texts are read too, since default_args bring them. Raises AirflowException otherwise."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return timezone.parse(value, tz)
        except Exception:  # noqa: BLE001 - parsers of dates raise many kinds
            raise AirflowException(f"{owner}: {argument}={value!r} is not a date and time in ISO 8601 form.") from None
    if isinstance(value, dt.datetime):
        return timezone.coerce_datetime(value, tz)
    if isinstance(value, dt.date):
        return timezone.coerce_datetime(dt.datetime(value.year, value.month, value.day), tz)
    raise AirflowException(f"{owner}: {argument} must be a datetime, not {type(value).__name__}: {value!r}.")


def read_secrets(value: Union[None, str, Mapping[str, str], List[str]], task_id: str) -> Dict[str, str]:
    """Environment variable -> name of a vault secret. In a list each secret gets a variable of its own name."""
    if not value:
        return {}
    if isinstance(value, str):
        value = [value]
    pairs = dict(value) if isinstance(value, Mapping) else {_UNQUOTED.sub("_", str(name)): name for name in value}
    for variable, name in pairs.items():
        check_environment_name(variable, task_id)
        if not isinstance(name, str) or not name:
            raise AirflowException(f"Task {task_id!r}: secrets= maps {variable!r} to {name!r}; it must be the name of a secret.")
    return pairs


def refuse_unknown(operator: str, task_id: str, given: Mapping[str, Any], known: Callable[[], List[str]]) -> None:
    """
    Raises InvalidArguments for arguments that no constructor of the operator names. A misspelt `retries` would otherwise be found
    when the task fails for good. Values are left out: they may be secret.
    """
    unknown = [name for name in given if name not in SILENT]
    if not unknown:
        return
    near = [(name, difflib.get_close_matches(name, known(), 1, 0.8)) for name in unknown]
    words = ", ".join(f"{name} (did you mean {found[0]}?)" if found else name for name, found in near)
    raise InvalidArguments(f"Invalid arguments were passed to {operator} (task_id: {task_id}). Invalid arguments were: {words}.")
