"""
Airflow's models are database tables, and DAG files that tidy a database name their columns while they load: `DagRun.execution_date`. On the
class such a name is a stand-in that refuses in a task; on an instance it is the value.
"""

from __future__ import annotations

from typing import Any


class ColumnNames(type):
    """Metaclass of DagRun and TaskInstance."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Tests make task instances by hand, as Airflow's constructor has it: `TaskInstance(task=task, execution_date=...)`."""
        if cls.__name__ == "TaskInstance" and ("task" in kwargs or (args and not isinstance(args[0], dict))):
            from vortex.testing.task_instance import LocalTaskInstance

            return LocalTaskInstance.by_hand(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def __getattribute__(cls, name: str) -> Any:
        value = super().__getattribute__(name)
        return _column(cls, name) if isinstance(value, property) else value

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return _column(cls, name)


def _column(model: type, name: str) -> Any:
    from vortex.airflow_compat.stubs import Permissive

    return Permissive("airflow.models", f"{model.__name__}.{name}")
