"""
Dependencies: `a >> b`, `a << b`, lists, groups and XComArgs on both sides, labels in between.

Every operand is a Node. A node knows its `roots` (tasks that what is before it leads to) and its `leaves` (tasks that lead to
what is after it); for a task both are the task itself.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, Optional, Sequence

from vortex.exceptions import AirflowException


class EdgeModifier:
    """A label between two sides: `a >> Label("yes") >> b`. Links are made when both sides are known."""

    def __init__(self, label: Optional[str] = None) -> None:
        self.label = label
        self._upstream: List[Any] = []
        self._downstream: List[Any] = []

    def set_upstream(self, nodes: Any, edge_modifier: Any = None) -> None:
        self._upstream.extend(_listed(nodes))
        self._link()

    def set_downstream(self, nodes: Any, edge_modifier: Any = None) -> None:
        self._downstream.extend(_listed(nodes))
        self._link()

    def _link(self) -> None:
        for up in self._upstream:
            for down in self._downstream:
                link(up, down, self.label)

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rrshift__(self, other: Any) -> "EdgeModifier":
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> "EdgeModifier":
        self.set_downstream(other)
        return self

    def __repr__(self) -> str:
        return f"Label({self.label!r})"


def Label(label: str) -> EdgeModifier:  # noqa: N802 - Airflow's name
    """Words on the arrow between two tasks: `check >> Label("errors found") >> report`."""
    return EdgeModifier(label=label)


class Node:
    """An operand of `>>` and `<<`."""

    @property
    def roots(self) -> Sequence[Any]:
        raise NotImplementedError

    @property
    def leaves(self) -> Sequence[Any]:
        raise NotImplementedError

    def set_upstream(self, task_or_task_list: Any, edge_modifier: Optional[EdgeModifier] = None) -> None:
        """These run before this. `edge_modifier` labels the arrows."""
        label = edge_modifier.label if edge_modifier is not None else None
        for other in _listed(task_or_task_list):
            if isinstance(other, EdgeModifier):
                other.set_downstream(self)
            else:
                link(other, self, label)

    def set_downstream(self, task_or_task_list: Any, edge_modifier: Optional[EdgeModifier] = None) -> None:
        """These run after this. `edge_modifier` labels the arrows."""
        label = edge_modifier.label if edge_modifier is not None else None
        for other in _listed(task_or_task_list):
            if isinstance(other, EdgeModifier):
                other.set_upstream(self)
            else:
                link(self, other, label)

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        """`[a, b] >> self`"""
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        """`[a, b] << self`"""
        self.set_downstream(other)
        return self


# Airflow's name of the class, for isinstance and annotations.
DependencyMixin = Node


def link(upstream: Any, downstream: Any, label: Optional[str] = None) -> None:
    """
    Makes each leaf of `upstream` run before each root of `downstream`. A group that is still empty takes part once its DAG is
    complete. Raises AirflowException if the two belong to different DAGs, to none, or are one task.
    """
    _check_operand(upstream)
    _check_operand(downstream)
    for side in (upstream, downstream):
        if isinstance(side, EdgeModifier):
            raise AirflowException("A Label stands between two tasks, once: a >> Label('x') >> b")
    ups, downs = list(upstream.leaves), list(downstream.roots)
    if not ups or not downs:
        for group, empty in ((upstream, not ups), (downstream, not downs)):
            if empty:
                group.postpone(upstream, downstream, label)
                return
    for up in ups:
        for down in downs:
            _link_tasks(up, down, label)


def _link_tasks(up: Any, down: Any, label: Optional[str]) -> None:
    if up is down:
        raise AirflowException(f"Task {up.task_id!r} cannot depend on itself.")
    dag = _one_dag(up, down)
    up.downstream_task_ids.add(down.task_id)
    down.upstream_task_ids.add(up.task_id)
    if label is not None:
        dag.set_edge_info(up.task_id, down.task_id, {"label": label})


def _one_dag(up: Any, down: Any) -> Any:
    dag = up.dag_or_none or down.dag_or_none
    if dag is None:
        raise AirflowException(
            f"Tried to make {up.task_id!r} run before {down.task_id!r}, but neither belongs to a DAG yet. "
            "Create them inside `with DAG(...)`, or pass dag=."
        )
    for task in (up, down):
        if task.dag_or_none is None:
            task.dag = dag
        elif task.dag_or_none is not dag:
            raise AirflowException(
                f"Tried to make {up.task_id!r} of DAG {up.dag_id!r} run before {down.task_id!r} of DAG {down.dag_id!r}: "
                "a dependency stays within one DAG."
            )
    return dag


def _check_operand(value: Any) -> None:
    if not isinstance(value, (Node, EdgeModifier)):
        raise AirflowException(
            f"Relationships can only be set between operators, task groups and XComArgs; received {type(value).__name__} {_short(value)}. "
            "(A function with @task must be called: `f()`, not `f`.)"
        )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _listed(value: Any) -> List[Any]:
    """One operand, or any iterable of operands, as a list."""
    if isinstance(value, (Node, EdgeModifier, str, bytes)) or not isinstance(value, Iterable):
        return [value]
    return list(_flat(value))


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple, set)):
            yield from _flat(value)
        else:
            yield value
