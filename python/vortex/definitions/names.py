"""Rules for ids: letters, digits, `_`, `-` and `.`, at most 250 characters (Airflow's rule; group ids have no dots)."""

from __future__ import annotations

import re
from typing import Any

from vortex.exceptions import AirflowException

MAX_ID_CHARS = 250
_ID = re.compile(r"[A-Za-z0-9_.-]+")
_GROUP_ID = re.compile(r"[A-Za-z0-9_-]+")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_id(value: Any, kind: str) -> str:
    """Returns the id. Raises TypeError if it is no text, AirflowException if it has other characters or is too long."""
    return _check(value, kind, _ID, "letters, digits, '_', '-' and '.'")


def check_group_id(value: Any) -> str:
    """As check_id, without dots: a dot separates a group from what is in it."""
    return _check(value, "group_id", _GROUP_ID, "letters, digits, '_' and '-'")


def check_environment_name(value: Any, task_id: str) -> str:
    if not isinstance(value, str) or not _ENVIRONMENT_NAME.fullmatch(value):
        raise AirflowException(
            f"Task {task_id!r}: {value!r} in secrets= cannot be the name of an environment variable. "
            "Use letters, digits and '_', such as secrets={'DB_PASSWORD': 'warehouse.password'}."
        )
    return value


def _check(value: Any, kind: str, pattern: "re.Pattern[str]", allowed: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{kind} must be a text, not {type(value).__name__}: {value!r}")
    if not value:
        raise AirflowException(f"{kind} is empty.")
    if len(value) > MAX_ID_CHARS:
        raise AirflowException(f"{kind} {value[:60]!r}... has {len(value)} characters; {MAX_ID_CHARS} are allowed.")
    if not pattern.fullmatch(value):
        raise AirflowException(f"{kind} {value!r} may consist of {allowed} only.")
    return value
