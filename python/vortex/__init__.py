"""
VORTEX for authors of DAGs.

    from vortex import DAG, BashOperator, TaskGroup

Names are looked up when they are first used, so that `import vortex` is cheap for the processes that host DAG files. Importing it
also lets `from airflow ...` work where Apache Airflow is not installed (vortex.airflow_compat).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vortex.airflow_compat import install as _install_airflow_names

if TYPE_CHECKING:
    from vortex.assets.asset import Asset, AssetAlias, AssetAll, AssetAny
    from vortex.assets.decorator import asset
    from vortex.assets.metadata import Metadata
    from vortex.assets.schedule import AssetOrTimeSchedule
    from vortex.definitions.base_operator import BaseOperator
    from vortex.definitions.dag import DAG
    from vortex.definitions.dag_decorator import dag
    from vortex.definitions.edges import Label, chain, chain_linear, cross_downstream
    from vortex.definitions.params import DagParam, Param, ParamsDict
    from vortex.definitions.rules import TriggerRule, WeightRule
    from vortex.definitions.task_group import TaskGroup
    from vortex.definitions.task_group_decorator import task_group
    from vortex.definitions.taskflow import setup, task, teardown
    from vortex.definitions.timetables import (
        CronDataIntervalTimetable,
        CronTriggerTimetable,
        DeltaDataIntervalTimetable,
        DeltaTriggerTimetable,
        EventsTimetable,
        MultipleCronTriggerTimetable,
    )
    from vortex.definitions.xcom_arg import XComArg
    from vortex.execution.connections import Connection
    from vortex.execution.variables import Variable
    from vortex.operators.bash import BashOperator
    from vortex.operators.empty import EmptyOperator
    from vortex.operators.python import BaseBranchOperator, BranchPythonOperator, PythonOperator, ShortCircuitOperator, get_current_context
    from vortex.notifications.base import BaseNotifier
    from vortex.operators.datetime import BranchDateTimeOperator
    from vortex.operators.email import EmailOperator
    from vortex.operators.external_python import ExternalPythonOperator
    from vortex.operators.latest_only import LatestOnlyOperator
    from vortex.operators.trigger_dagrun import TriggerDagRunOperator
    from vortex.operators.virtualenv import PythonVirtualenvOperator
    from vortex.operators.weekday import BranchDayOfWeekOperator
    from vortex.sensors.base import BaseSensorOperator, PokeReturnValue
    from vortex.sensors.bash import BashSensor
    from vortex.sensors.date_time import DateTimeSensor
    from vortex.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
    from vortex.sensors.filesystem import FileSensor
    from vortex.sensors.python import PythonSensor
    from vortex.sensors.time_delta import TimeDeltaSensor, WaitSensor
    from vortex.sensors.time_sensor import TimeSensor
    from vortex.sensors.weekday import DayOfWeekSensor
    from vortex.weekday import WeekDay
    from vortex.states import DagRunState, TaskInstanceState

__version__ = "0.1.0"

_HOMES = {
    "vortex.assets.asset": "Asset AssetAlias AssetAll AssetAny",
    "vortex.assets.decorator": "asset",
    "vortex.assets.metadata": "Metadata",
    "vortex.assets.schedule": "AssetOrTimeSchedule",
    "vortex.definitions.base_operator": "BaseOperator",
    "vortex.definitions.dag": "DAG",
    "vortex.definitions.dag_decorator": "dag",
    "vortex.definitions.edges": "Label chain chain_linear cross_downstream",
    "vortex.execution.connections": "Connection",
    "vortex.execution.variables": "Variable",
    "vortex.operators.bash": "BashOperator",
    "vortex.operators.empty": "EmptyOperator",
    "vortex.operators.python": "BaseBranchOperator BranchPythonOperator PythonOperator ShortCircuitOperator get_current_context",
    "vortex.notifications.base": "BaseNotifier",
    "vortex.operators.datetime": "BranchDateTimeOperator",
    "vortex.operators.email": "EmailOperator",
    "vortex.operators.external_python": "ExternalPythonOperator",
    "vortex.operators.latest_only": "LatestOnlyOperator",
    "vortex.operators.trigger_dagrun": "TriggerDagRunOperator",
    "vortex.operators.virtualenv": "PythonVirtualenvOperator",
    "vortex.operators.weekday": "BranchDayOfWeekOperator",
    "vortex.sensors.base": "BaseSensorOperator PokeReturnValue",
    "vortex.sensors.bash": "BashSensor",
    "vortex.sensors.date_time": "DateTimeSensor",
    "vortex.sensors.external_task": "ExternalTaskMarker ExternalTaskSensor",
    "vortex.sensors.filesystem": "FileSensor",
    "vortex.sensors.python": "PythonSensor",
    "vortex.sensors.time_delta": "TimeDeltaSensor WaitSensor",
    "vortex.sensors.time_sensor": "TimeSensor",
    "vortex.sensors.weekday": "DayOfWeekSensor",
    "vortex.weekday": "WeekDay",
    "vortex.definitions.params": "DagParam Param ParamsDict",
    "vortex.definitions.rules": "TriggerRule WeightRule",
    "vortex.states": "DagRunState TaskInstanceState",
    "vortex.definitions.task_group": "TaskGroup",
    "vortex.definitions.task_group_decorator": "task_group",
    "vortex.definitions.taskflow": "setup task teardown",
    "vortex.definitions.timetables": (
        "CronDataIntervalTimetable CronTriggerTimetable DeltaDataIntervalTimetable DeltaTriggerTimetable "
        "EventsTimetable MultipleCronTriggerTimetable"
    ),
    "vortex.definitions.xcom_arg": "XComArg",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "AssetOrTimeSchedule",
    "BaseBranchOperator",
    "BaseNotifier",
    "BaseOperator",
    "BaseSensorOperator",
    "BashOperator",
    "BashSensor",
    "BranchDateTimeOperator",
    "BranchDayOfWeekOperator",
    "BranchPythonOperator",
    "Connection",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DAG",
    "DagParam",
    "DagRunState",
    "DateTimeSensor",
    "DayOfWeekSensor",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EmailOperator",
    "EmptyOperator",
    "EventsTimetable",
    "ExternalPythonOperator",
    "ExternalTaskMarker",
    "ExternalTaskSensor",
    "FileSensor",
    "Label",
    "LatestOnlyOperator",
    "Metadata",
    "MultipleCronTriggerTimetable",
    "Param",
    "ParamsDict",
    "PokeReturnValue",
    "PythonOperator",
    "PythonSensor",
    "PythonVirtualenvOperator",
    "ShortCircuitOperator",
    "TaskGroup",
    "TaskInstanceState",
    "TimeDeltaSensor",
    "TimeSensor",
    "TriggerDagRunOperator",
    "TriggerRule",
    "Variable",
    "WaitSensor",
    "WeekDay",
    "WeightRule",
    "XComArg",
    "asset",
    "chain",
    "chain_linear",
    "cross_downstream",
    "dag",
    "get_current_context",
    "setup",
    "task",
    "task_group",
    "teardown",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'vortex' has no attribute {name!r}")
    # Submodules of the same name (`dag`, `task_group`) are attributes of the package as soon as they are imported: the public
    # meaning is set last and stays.
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


_install_airflow_names()
