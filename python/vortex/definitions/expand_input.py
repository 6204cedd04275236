"""
What a task or a task group is mapped over: how many instances that gives, and which values each of them gets. The number is a small
program (`map_length` of server/contract/dagSpec.ts), because the server needs it and never runs Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Dict, Iterator, List, Set, Tuple

from vortex.definitions.xcom_arg import XComArg, as_items, is_mappable, iter_references

Step = Dict[str, Any]


class ExpandInput:
    """Base of both kinds. `template_fields` lets dependencies be found in it."""

    template_fields = ("value",)
    value: Any

    def length_program(self) -> List[Step]:
        raise NotImplementedError

    def item(self, context: Mapping[str, Any], map_index: int) -> "Tuple[Dict[str, Any], Set[str]]":
        """(arguments of one instance, names of those whose values were made by tasks)."""
        raise NotImplementedError

    def iter_references(self) -> "Iterator[Tuple[Any, str]]":
        yield from iter_references(self.value)


class DictOfLists(ExpandInput):
    """`expand(x=[1, 2], y=other.output)`: every combination; the last argument varies fastest (Airflow)."""

    def __init__(self, value: Dict[str, Any]) -> None:
        for name, items in value.items():
            if not isinstance(items, XComArg) and not is_mappable(items):
                raise ValueError(
                    f"expand() got an unexpected type {type(items).__name__!r} for keyword argument {name!r}: "
                    "it takes a list, a dict or what a task returns."
                )
            _refuse_custom_keys(items)
        self.value = value

    def length_program(self) -> List[Step]:
        steps: List[Step] = []
        for items in self.value.values():
            steps += _length_of(items)
        return steps if len(self.value) == 1 else [*steps, {"step": "product", "of": len(self.value)}]

    def item(self, context: Mapping[str, Any], map_index: int) -> "Tuple[Dict[str, Any], Set[str]]":
        found: Dict[str, Any] = {}
        rest = map_index
        for name in reversed(list(self.value)):
            found[name], length = _item(self.value[name], context, rest, name)
            rest //= length
        arguments = {name: found[name] for name in self.value}
        return arguments, {name for name, items in self.value.items() if isinstance(items, XComArg)}


class ListOfDicts(ExpandInput):
    """`expand_kwargs([{"x": 1}, {"x": 2}])`: one instance for each dict."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, (XComArg, Sequence)) or isinstance(value, (str, bytes)):
            raise TypeError(f"expand_kwargs() takes a list of dicts or what a task returns, not {type(value).__name__}")
        if not isinstance(value, XComArg):
            for item in value:
                _check_dict(item)
        _refuse_custom_keys(value)
        self.value = value

    def length_program(self) -> List[Step]:
        return _length_of(self.value)

    def item(self, context: Mapping[str, Any], map_index: int) -> "Tuple[Dict[str, Any], Set[str]]":
        made = isinstance(self.value, XComArg)
        found, _ = _item(self.value, context, map_index, "expand_kwargs()")
        _check_dict(found)
        return dict(found), set(found) if made else set()


def _item(given: Any, context: Mapping[str, Any], index: int, what: str) -> "Tuple[Any, int]":
    if isinstance(given, XComArg):
        return given.item(context, index, what)
    items = as_items(given, what)
    return items[index % len(items)], len(items)


def _check_dict(item: Any) -> None:
    if not isinstance(item, Mapping):
        raise ValueError(f"expand_kwargs() expects a list[dict], not list[{type(item).__name__}]")
    wrong = [key for key in item if not isinstance(key, str)]
    if wrong:
        raise ValueError(f"expand_kwargs() takes the names of arguments as keys, which are texts, not {wrong[0]!r}")


def _length_of(items: Any) -> List[Step]:
    return items.length_program() if isinstance(items, XComArg) else [{"step": "literal", "length": len(items)}]


def _refuse_custom_keys(value: Any) -> None:
    for operator, key in iter_references(value):
        if key != "return_value":
            raise ValueError(f"cannot map over XCom with custom key {key!r} from {operator!r}: return the values instead")


class MappedArgument(XComArg):
    """In the function of a mapped task group: the value that the group's instance gets for one argument."""

    def __init__(self, expand_input: ExpandInput, key: str) -> None:
        operator = next((operator for operator, _ in expand_input.iter_references()), None)
        super().__init__(operator, key)
        self._input = expand_input

    def iter_references(self) -> "Iterator[Tuple[Any, str]]":
        yield from self._input.iter_references()

    def length_program(self) -> List[Step]:
        raise NotImplementedError("operator expansion in an expanded task group is not yet supported")

    def resolve(self, context: Mapping[str, Any]) -> Any:
        arguments, _ = self._input.item(context, context["ti"].map_index)
        return arguments[self.key]

    def __getitem__(self, key: str) -> Any:
        raise TypeError(f"the argument {self.key!r} of a mapped task group has no value before a task runs; take {key!r} of it in a task")

    def __str__(self) -> str:
        raise TypeError(f"the argument {self.key!r} of a mapped task group has no value before a task runs; pass it to a task as it is")

    def __repr__(self) -> str:
        return f"MappedArgument({self.key!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MappedArgument) and self._input is other._input and self.key == other.key

    def __hash__(self) -> int:
        return hash((id(self._input), self.key))
