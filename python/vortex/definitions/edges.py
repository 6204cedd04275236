"""`chain`, `chain_linear` and `cross_downstream`: many dependencies in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, List

from vortex.definitions.dependencies import EdgeModifier, Label, Node
from vortex.exceptions import AirflowException

__all__ = ["EdgeModifier", "Label", "chain", "chain_linear", "cross_downstream"]


def chain(*tasks: Any) -> None:
    """
    Each operand before the next. Two neighbouring lists pair up item by item; a list beside a single operand fans in or out.

    Raises TypeError for an operand that is no task, group, label or list; AirflowException for neighbouring lists of different
    lengths. Source: Airflow, `chain`.
    """
    for index, up in enumerate(tasks[:-1]):
        down = tasks[index + 1]
        _check(up)
        _check(down)
        if not _is_list(up):
            up.set_downstream(down)
        elif not _is_list(down):
            down.set_upstream(up)
        elif len(up) != len(down):
            raise AirflowException(
                f"chain() got two neighbouring lists of different lengths, {len(up)} and {len(down)}. "
                "Use chain_linear() to connect each with each."
            )
        else:
            for one, other in zip(up, down):
                one.set_downstream(other)


def chain_linear(*elements: Any) -> None:
    """
    Each operand before the next; neighbouring lists are connected fully. Empty lists are left out. Raises ValueError for fewer
    than two operands. Source: Airflow, `chain_linear`.
    """
    groups: List[List[Any]] = []
    for element in elements:
        _check(element)
        items = list(element) if _is_list(element) else [element]
        if items:
            groups.append(items)
    if len(groups) < 2:
        raise ValueError("chain_linear() needs at least two operands that are not empty.")
    label: List[EdgeModifier] = []
    previous = groups[0]
    for current in groups[1:]:
        if len(current) == 1 and isinstance(current[0], EdgeModifier):
            label = current
            continue
        for up in previous:
            for down in current:
                up.set_downstream(down, edge_modifier=label[0] if label else None)
        previous, label = current, []


def cross_downstream(from_tasks: Any, to_tasks: Any) -> None:
    """Each of the first list before each of the second. Source: Airflow, `cross_downstream`."""
    for task in from_tasks if _is_list(from_tasks) else [from_tasks]:
        task.set_downstream(to_tasks)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _check(value: Any) -> None:
    for item in value if _is_list(value) else [value]:
        if not isinstance(item, (Node, EdgeModifier)):
            raise TypeError(
                f"Chain not supported between {type(item).__name__} and other tasks: "
                "use operators, task groups, XComArgs, Labels, or lists of them."
            )
