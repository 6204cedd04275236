"""
XComArg: the value that a task will leave, used before it exists. Passed to another task's template field it is replaced by the
value when that task runs, and the dependency follows from it.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence, Tuple

from vortex.definitions.dependencies import Node
from vortex.definitions.not_given import NOTSET
from vortex.exceptions import XComNotFound

XCOM_RETURN_KEY = "return_value"
# Arguments nested deeper than this are no arguments any more.
MAX_DEPTH = 20


class XComArg(Node):
    """`op.output`, or what a call of an @task function returns. `x["key"]` is another XCom of the same task."""

    def __init__(self, operator: Any, key: str = XCOM_RETURN_KEY) -> None:
        self.operator = operator
        self.key = key

    @property
    def roots(self) -> Sequence[Any]:
        return self.operator.roots

    @property
    def leaves(self) -> Sequence[Any]:
        return self.operator.leaves

    def postpone(self, *_: Any) -> None:
        """A task is never empty."""

    @property
    def dag(self) -> Any:
        return self.operator.dag

    @property
    def node_id(self) -> str:
        return self.operator.task_id

    @staticmethod
    def iter_xcom_references(value: Any) -> "Iterator[Tuple[Any, str]]":
        """(operator, key) of each XComArg in a value, nested in lists, dicts and objects with template fields too."""
        return iter_references(value)

    def iter_references(self) -> "Iterator[Tuple[Any, str]]":
        yield self.operator, self.key

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The value, in a running task. Raises XComNotFound for a key of its own that was not pushed; a missing return value is None."""
        task = self.operator
        found = context["ti"].xcom_pull(task_ids=task.task_id, dag_id=task.dag_id, key=self.key, default=NOTSET)
        if found is not NOTSET:
            return found
        if self.key == XCOM_RETURN_KEY:
            return None
        raise XComNotFound(task.dag_id, task.task_id, self.key)

    def as_setup(self) -> "XComArg":
        self.operator.as_setup()
        return self

    def as_teardown(self, **arguments: Any) -> "XComArg":
        self.operator.as_teardown(**arguments)
        return self

    def __enter__(self) -> "XComArg":
        self.operator.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.operator.__exit__(*error)

    def __getitem__(self, key: str) -> "XComArg":
        if not isinstance(key, str):
            raise ValueError(
                f"XComArg only supports str lookup, received {type(key).__name__}: the value itself exists only when the task runs."
            )
        return type(self)(self.operator, key)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(
            "XComArg is not iterable: its value exists only when the task runs. Iterate in a task that takes it as an argument."
        )

    def __str__(self) -> str:
        """A template that pulls the value: `f"echo {op.output}"` works in template fields."""
        key = "" if self.key == XCOM_RETURN_KEY else f", key={self.key!r}"
        return f"{{{{ task_instance.xcom_pull(task_ids={self.operator.task_id!r}, dag_id={self.operator.dag_id!r}{key}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}{'' if self.key == XCOM_RETURN_KEY else f', {self.key!r}'})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XComArg) and self.operator is other.operator and self.key == other.key

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))


# Airflow's name of the concrete class.
PlainXComArg = XComArg


def iter_references(value: Any, depth: int = 0) -> Iterator[Tuple[Any, str]]:
    """(operator, key) of each XComArg in a value."""
    if isinstance(value, XComArg):
        yield value.operator, value.key
    elif value is None or depth > MAX_DEPTH or isinstance(value, (str, int, float, bool, bytes, type)):
        return
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from iter_references(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from iter_references(item, depth + 1)
    else:
        fields = getattr(type(value), "template_fields", None)
        if isinstance(fields, (list, tuple)) and not isinstance(value, Node):
            for name in fields:
                yield from iter_references(getattr(value, name, None), depth + 1)


def depend_on_references(task: Any, value: Any) -> None:
    """Makes `task` run after every task whose XComArg is in the value."""
    for operator, _ in iter_references(value):
        if operator is not task and operator.task_id not in task.upstream_task_ids:
            task.set_upstream(operator)
