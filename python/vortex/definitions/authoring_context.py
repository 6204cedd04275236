"""What a new task belongs to: the innermost `with DAG` and the innermost `with TaskGroup`."""

from __future__ import annotations

from typing import Any, List, Optional

# Entries may be None: a DAG block inside a group of another DAG starts without a group.
_dags: List[Any] = []
_groups: List[Any] = []


class DagContext:
    """`with DAG(...)` blocks, innermost last."""

    @staticmethod
    def push(dag: Any) -> None:
        _dags.append(dag)
        _groups.append(None)

    @staticmethod
    def pop() -> Any:
        _groups.pop()
        return _dags.pop()

    @staticmethod
    def get_current_dag() -> Optional[Any]:
        return _dags[-1] if _dags else None


class TaskGroupContext:
    """`with TaskGroup(...)` blocks, innermost last."""

    @staticmethod
    def push(group: Any) -> None:
        _groups.append(group)
        _dags.append(group.dag if group.dag is not None else DagContext.get_current_dag())

    @staticmethod
    def pop() -> Any:
        _dags.pop()
        return _groups.pop()

    @staticmethod
    def get_current(dag: Any) -> Optional[Any]:
        """The innermost group if it belongs to `dag`, else the DAG's root group, else None."""
        group = _groups[-1] if _groups else None
        if group is not None and (dag is None or group.dag is dag or group.dag is None):
            return group
        return dag.task_group if dag is not None else None
