"""
Running DAGs and tasks in this process, for tests: no server, no worker, no database. docs/testing.md shows how.

    from vortex.testing import run_dag

    run = run_dag(dag, "2026-01-01", conf={"day": 7}, sleep=False)
    run.check()                      # raises DagTestFailed with the logs of what failed
    run.states, run.xcom("extract"), run.task("load").output

For pytest: the fixtures vortex_dag, vortex_task, vortex_dags, vortex_secrets, vortex_time and vortex_store (fixtures.py).

What does not happen here: pools and limits (one task runs at a time), processes of their own (a task that ends the process ends all of
them), runs of DAGs in other files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vortex.testing.clock import FrozenTime
    from vortex.testing.dag_bag import DagBag
    from vortex.testing.dag_test import run_dag
    from vortex.testing.local_run import DagTestFailed, LocalRun
    from vortex.testing.store import Store
    from vortex.testing.task_instance import LocalTaskInstance

# Read by pytest when this package is its plugin.
pytest_plugins = ["vortex.testing.fixtures"]

_HOMES = {
    "DagBag": "vortex.testing.dag_bag",
    "DagTestFailed": "vortex.testing.local_run",
    "FrozenTime": "vortex.testing.clock",
    "LocalRun": "vortex.testing.local_run",
    "LocalTaskInstance": "vortex.testing.task_instance",
    "Store": "vortex.testing.store",
    "run_dag": "vortex.testing.dag_test",
}

__all__ = ["DagBag", "DagTestFailed", "FrozenTime", "LocalRun", "LocalTaskInstance", "Store", "run_dag"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vortex.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
