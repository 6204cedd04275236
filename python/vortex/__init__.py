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
    "BaseOperator",
    "BashOperator",
    "BranchPythonOperator",
    "Connection",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DAG",
    "DagParam",
    "DagRunState",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EmptyOperator",
    "EventsTimetable",
    "Label",
    "Metadata",
    "MultipleCronTriggerTimetable",
    "Param",
    "ParamsDict",
    "PythonOperator",
    "ShortCircuitOperator",
    "TaskGroup",
    "TaskInstanceState",
    "TriggerRule",
    "Variable",
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
