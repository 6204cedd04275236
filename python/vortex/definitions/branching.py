"""Which tasks a branch or a short circuit skips. Pure functions over a DAG; the operators hand the ids to `ti.skip`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, List, Set

from vortex.exceptions import AirflowException


def tasks_skipped_by_branch(task: Any, followed: Any) -> List[str]:
    """
    Direct downstream tasks that are neither followed nor downstream of a followed one, sorted.

    followed: a task id, a task group id (its roots are followed), several of them, or None or an empty list = skip all. Raises
    AirflowException for anything else, and for ids that the DAG does not have.
    """
    following = _followed_ids(task, followed)
    kept: Set[str] = set(following)
    for task_id in following:
        kept |= task.dag.get_task(task_id).get_flat_relative_ids(upstream=False)
    return sorted(task.downstream_task_ids - kept)


def tasks_skipped_by_short_circuit(task: Any, ignore_downstream_trigger_rules: bool = True) -> List[str]:
    """All tasks downstream, or only the direct ones so that the rest follow their own trigger rules; teardowns never. Sorted."""
    ids = task.get_flat_relative_ids(upstream=False) if ignore_downstream_trigger_rules else task.downstream_task_ids
    return sorted(task_id for task_id in ids if not task.dag.get_task(task_id).is_teardown)


def _followed_ids(task: Any, followed: Any) -> List[str]:
    dag = task.dag
    if followed is None:
        return []
    names = [followed] if isinstance(followed, str) else followed
    if not isinstance(names, Iterable):
        raise AirflowException(f"'branch_task_ids' expected a task id, several or None, got {type(followed).__name__}: {followed!r}")
    found: List[str] = []
    unknown: List[str] = []
    for name in names:
        if not isinstance(name, str):
            raise AirflowException(f"'branch_task_ids' must contain only texts, got {type(name).__name__}: {name!r}")
        if name in dag.task_dict:
            found.append(name)
        elif name in dag.task_group_dict:
            found.extend(root.task_id for root in dag.task_group_dict[name].roots)
        else:
            unknown.append(name)
    if unknown:
        hint = _full_names(dag, unknown)
        raise AirflowException(
            f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {', '.join(sorted(unknown))}.{hint}"
        )
    return found


def _full_names(dag: Any, unknown: List[str]) -> str:
    """Ids in a task group start with the group's: the usual mistake."""
    near = [task_id for name in unknown for task_id in list(dag.task_dict) + list(dag.task_group_dict) if task_id.endswith(f".{name}")]
    return f" Did you mean {', '.join(near)}?" if near else ""
