"""Operators by short name or import path, and what their constructors take."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any, Dict, NamedTuple, Optional, Tuple

# (module, classes): VORTEX's own. The short name follows from the class: BashOperator is bash, FileSensor is file_sensor.
_HOMES: Tuple[Tuple[str, str], ...] = (
    ("vortex.operators.bash", "BashOperator"),
    ("vortex.operators.python", "PythonOperator BranchPythonOperator ShortCircuitOperator"),
    ("vortex.operators.empty", "EmptyOperator"),
    ("vortex.operators.email", "EmailOperator"),
    ("vortex.operators.trigger_dagrun", "TriggerDagRunOperator"),
    ("vortex.operators.latest_only", "LatestOnlyOperator"),
    ("vortex.operators.datetime", "BranchDateTimeOperator"),
    ("vortex.operators.weekday", "BranchDayOfWeekOperator"),
    ("vortex.operators.virtualenv", "PythonVirtualenvOperator BranchPythonVirtualenvOperator"),
    ("vortex.operators.external_python", "ExternalPythonOperator BranchExternalPythonOperator"),
    ("vortex.factory.code", "PythonCodeOperator"),
    ("vortex.sensors.bash", "BashSensor"),
    ("vortex.sensors.date_time", "DateTimeSensor"),
    ("vortex.sensors.external_task", "ExternalTaskSensor ExternalTaskMarker"),
    ("vortex.sensors.filesystem", "FileSensor"),
    ("vortex.sensors.python", "PythonSensor"),
    ("vortex.sensors.time_delta", "TimeDeltaSensor WaitSensor"),
    ("vortex.sensors.time_sensor", "TimeSensor"),
    ("vortex.sensors.weekday", "DayOfWeekSensor"),
    ("vortex.providers.common_sql.operators", "SQLExecuteQueryOperator SQLInsertRowsOperator BranchSQLOperator"),
    ("vortex.providers.common_sql.sensor", "SqlSensor"),
    ("vortex.providers.common_sql.checks", "SQLCheckOperator SQLValueCheckOperator SQLThresholdCheckOperator SQLIntervalCheckOperator"),
    ("vortex.providers.common_sql.table_checks", "SQLColumnCheckOperator SQLTableCheckOperator"),
)


def short_name(name: str) -> str:
    """BashOperator -> bash, SQLExecuteQueryOperator -> sql_execute_query."""
    stem = name[: -len("Operator")] if name.endswith("Operator") else name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem).lower()


def _catalogue() -> Dict[str, Tuple[str, str]]:
    """
    Operators of the shipped plugins win over Airflow's of the same class name, which are there by import path. One whose short name alone
    is taken goes by its class name.
    """
    from vortex.plugins.catalogue import shipped

    found = {short_name(name): (module, name) for module, names in _HOMES for name in names.split()}
    for _, one in shipped().values():
        short = short_name(one.name)
        if one.kind != "notifier" and found.get(short, ("", one.name))[1] == one.name:
            found[short] = ("vortex.plugins", one.name)
    return found


# Short name -> (module, class)
CATALOGUE: Dict[str, Tuple[str, str]] = _catalogue()
# Class name -> short name: both may be written.
SHORT_OF: Dict[str, str] = {name: short for short, (_, name) in CATALOGUE.items()}


class Argument(NamedTuple):
    name: str
    annotation: str
    default: Any
    required: bool


@functools.lru_cache(maxsize=500)
def arguments_of(operator: type, without: "frozenset[str]" = frozenset()) -> Tuple[Argument, ...]:
    """What its constructors take, those that they hand on included, and which of it must be given."""
    found: Dict[str, Argument] = {}
    for base in operator.__mro__:
        init = vars(base).get("__init__")
        if not inspect.isfunction(init):
            continue
        parameters = list(inspect.signature(inspect.unwrap(init)).parameters.values())[1:]
        for one in parameters:
            if one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL) or one.name in without or one.name.startswith("_"):
                continue
            annotation = one.annotation if isinstance(one.annotation, str) else getattr(one.annotation, "__name__", str(one.annotation))
            is_required = one.default is one.empty
            found.setdefault(one.name, Argument(one.name, "" if one.annotation is one.empty else annotation, one.default, is_required))
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return tuple(found.values())


def load_operator(text: str) -> "Tuple[Optional[str], Any]":
    """(short name if it is VORTEX's own, class). Raises whatever importing it raises; None for a short name that does not exist."""
    import importlib

    from vortex.factory.imports import import_name

    short = text if text in CATALOGUE else SHORT_OF.get(text)
    if short is not None:
        module, name = CATALOGUE[short]
        return short, getattr(importlib.import_module(module), name)
    if "." not in text and ":" not in text:
        return None, _of_plugin(text)
    found = import_name(text)
    own = SHORT_OF.get(getattr(found, "__name__", ""))
    if own is not None and CATALOGUE[own][0] == getattr(found, "__module__", None):
        return own, found
    return None, found


def _of_plugin(text: str) -> Any:
    """The operator of a plugin, by its class name; None if there is no plugin with it. Raises PluginImportError for one that is disabled."""
    from vortex.plugins.catalogue import PluginMissing, class_of

    if not text[:1].isupper():
        return None
    try:
        return class_of(text)
    except PluginMissing:
        return None
