r"""
Rules for ids, as Airflow has them: letters of any script, digits, `_`, `-` and `.`, at most 250 characters; group ids have no dots.
Airflow checks ids with the `\w` of Python's re (`airflow.utils.helpers.validate_key`), so that 日報 is an id there and here.
"""

from __future__ import annotations

import re
from typing import Any

from vortex.exceptions import AirflowException

MAX_ID_CHARS = 250
_ID = re.compile(r"[\w.-]+")
_GROUP_ID = re.compile(r"[\w-]+")
# Where a name for people goes.
_DISPLAY_NAMES = {"dag_id": "dag_display_name", "task_id": "task_display_name", "group_id": "group_display_name"}
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
        other = _DISPLAY_NAMES.get(kind)
        hint = "" if other is None else f" Any other text can be its {other}."
        raise AirflowException(f"{kind} {value!r} may consist of {allowed} only.{hint}")
    return value
