"""
XComArg: the value that a task will leave, used before it exists. Passed to another task's template field it is replaced by the
value when that task runs, and the dependency follows from it.
"""

from __future__ import annotations

import itertools
from collections import abc
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

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
        task, ti = self.operator, context["ti"]
        options: Dict[str, Any] = {}
        # Within a mapped group the instances of one index belong together.
        if task.mapped_group is not None and task.mapped_group is getattr(ti.task, "mapped_group", None):
            options["map_indexes"] = ti.map_index
        found = ti.xcom_pull(task_ids=task.task_id, dag_id=task.dag_id, key=self.key, default=NOTSET, **options)
        if found is not NOTSET:
            return found
        if self.key != XCOM_RETURN_KEY:
            raise XComNotFound(task.dag_id, task.task_id, self.key)
        return [] if task.is_mapped and not options else None

    # What tasks are mapped over

    def item(self, context: Mapping[str, Any], index: int, what: str) -> "Tuple[Any, int]":
        """
        (the item at `index`, counted around if there are fewer; how many there are). `what` names it in the message of an error.
        An item comes alone: ten thousand instances do not pull ten thousand items each.
        """
        ask = getattr(context["ti"], "xcom_item", None)
        if ask is not None and type(self) is XComArg and self.key == XCOM_RETURN_KEY and self.operator.mapped_group is None:
            found = ask(self.operator.task_id, index)
            if found is not None:
                return found
        items = as_items(self.resolve(context), what)
        if not items:
            raise RuntimeError(f"{what} has no items any more; the task was mapped over some.")
        return items[index % len(items)], len(items)

    def length_program(self) -> "List[Dict[str, Any]]":
        """How many items it has (expand_input.py)."""
        return [{"step": "xcom", "task_id": self.operator.task_id}]

    def map(self, f: "Callable[[Any], Any]") -> "XComArg":
        """Each item as `f` makes it, in the task that takes it. AirflowSkipException in `f` skips that instance."""
        return MapXComArg(self, [f])

    def zip(self, *others: "XComArg", fillvalue: Any = NOTSET) -> "XComArg":
        """Items side by side, as tuples: as many as the shortest has, or with a fillvalue as many as the longest."""
        return ZipXComArg([self, *others], fillvalue)

    def concat(self, *others: "XComArg") -> "XComArg":
        """Items one after the other."""
        return ConcatXComArg([self, *others])

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


def is_mappable(value: Any) -> bool:
    """A list or a dict, in Airflow's sense."""
    return isinstance(value, (abc.Sequence, abc.Mapping)) and not isinstance(value, (str, bytes, bytearray))


def as_items(value: Any, what: str) -> Sequence[Any]:
    """The items of what is mapped over; those of a dict are its pairs."""
    if not is_mappable(value):
        raise ValueError(f"cannot map over {what}: it is a {type(value).__name__}, neither a list nor a dict")
    return list(value.items()) if isinstance(value, abc.Mapping) else value


class DerivedXComArg(XComArg):
    """Made of other XComArgs."""

    def __init__(self, arguments: "List[XComArg]") -> None:
        super().__init__(arguments[0].operator)
        self._arguments = arguments

    def iter_references(self) -> "Iterator[Tuple[Any, str]]":
        for argument in self._arguments:
            yield from argument.iter_references()

    def _programs(self) -> "List[Dict[str, Any]]":
        return [step for argument in self._arguments for step in argument.length_program()]

    def _items(self, context: Mapping[str, Any]) -> "List[Sequence[Any]]":
        return [as_items(argument.resolve(context), repr(argument)) for argument in self._arguments]

    def __getitem__(self, key: str) -> "XComArg":
        raise TypeError(f"{type(self).__name__} has no keys: take {key!r} in a task")

    def __str__(self) -> str:
        raise TypeError(f"{type(self).__name__} has no place in a text: its items exist only when a task runs")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._arguments))})"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class MapXComArg(DerivedXComArg):
    """`x.map(f)`."""

    def __init__(self, argument: XComArg, functions: "List[Callable[[Any], Any]]") -> None:
        for function in functions:
            if not callable(function) or hasattr(function, "operator_class"):
                raise ValueError("map() takes a plain function, not a task")
        super().__init__([argument])
        self._functions = functions

    def map(self, f: "Callable[[Any], Any]") -> XComArg:
        return MapXComArg(self._arguments[0], [*self._functions, f])

    def length_program(self) -> "List[Dict[str, Any]]":
        return self._programs()

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return _Mapped(self._items(context)[0], self._functions)

    def item(self, context: Mapping[str, Any], index: int, what: str) -> "Tuple[Any, int]":
        value, length = self._arguments[0].item(context, index, repr(self._arguments[0]))
        for function in self._functions:
            value = function(value)
        return value, length


class ZipXComArg(DerivedXComArg):
    """`a.zip(b)`."""

    def __init__(self, arguments: "List[XComArg]", fillvalue: Any) -> None:
        super().__init__(arguments)
        self._fillvalue = fillvalue

    def length_program(self) -> "List[Dict[str, Any]]":
        return [*self._programs(), {"step": "shortest" if self._fillvalue is NOTSET else "longest", "of": len(self._arguments)}]

    def resolve(self, context: Mapping[str, Any]) -> Any:
        if self._fillvalue is NOTSET:
            return list(zip(*self._items(context)))
        return list(itertools.zip_longest(*self._items(context), fillvalue=self._fillvalue))


class ConcatXComArg(DerivedXComArg):
    """`a.concat(b)`."""

    def length_program(self) -> "List[Dict[str, Any]]":
        return [*self._programs(), {"step": "sum", "of": len(self._arguments)}]

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return list(itertools.chain.from_iterable(self._items(context)))


class _Mapped(abc.Sequence):
    """Applies the functions to an item when it is asked for: an instance pays for its own item only."""

    def __init__(self, items: Sequence[Any], functions: "List[Callable[[Any], Any]]") -> None:
        self._items = items
        self._functions = functions

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        value = self._items[index]
        for function in self._functions:
            value = function(value)
        return value


def iter_references(value: Any, depth: int = 0) -> Iterator[Tuple[Any, str]]:
    """(operator, key) of each XComArg in a value."""
    if isinstance(value, XComArg):
        yield from value.iter_references()
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
