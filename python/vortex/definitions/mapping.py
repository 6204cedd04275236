"""
Dynamic task mapping: `expand`, `expand_kwargs` and `partial`. A mapped task is one task of the DAG; when an instance of it runs, the
real operator is made with the arguments of its map index.
Source of the rules: Airflow authoring-and-scheduling/dynamic-task-mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Tuple, Type

from vortex.definitions.base_operator import BaseOperator, argument_names
from vortex.definitions.callable_arguments import check_arguments
from vortex.definitions.expand_input import DictOfLists, ExpandInput, ListOfDicts
from vortex.definitions.operator_arguments import refuse_unknown
from vortex.definitions.xcom_arg import XComArg

# They say which task it is and where it belongs: the same for all instances.
_NOT_MAPPED = ("task_id", "dag", "task_group", "trigger_rule", "default_args")


class MappedTask(BaseOperator):
    """Stands for all instances of a mapped task."""

    template_fields = ("expand_input", "partial_kwargs")

    def __init__(
        self,
        *,
        operator: Type[BaseOperator],
        expand_input: ExpandInput,
        partial_kwargs: Dict[str, Any],
        function_kwargs: Optional[Dict[str, Any]] = None,
        strict: bool = True,
        **common: Any,
    ) -> None:
        # Kept before the constructor's end takes them away: instances are made outside of any DAG block.
        defaults = dict(self.__dict__["_defaults"])
        super().__init__(**common)
        if self.mapped_group is not None:
            raise NotImplementedError("operator expansion in an expanded task group is not yet supported")
        # Not `operator`: a result of a task (XComArg) is known by that name, and what takes both looks for it.
        self._operator_class = operator
        self.expand_input = expand_input
        self.partial_kwargs = partial_kwargs
        self._common = {name: value for name, value in common.items() if name not in ("dag", "task_group", "default_args")}
        self._defaults_of_dag = {**defaults, **(common.get("default_args") or {})}
        # Of an @task function: its arguments, mapped ones come on top; None = the mapped arguments are the operator's own.
        self._function_kwargs = function_kwargs
        self._strict = strict
        self.ui_color = operator.ui_color
        self.ui_fgcolor = operator.ui_fgcolor
        self.custom_operator_name = operator.custom_operator_name or operator.__name__
        self.stub_package = operator.stub_package

    @property
    def operator_class(self) -> Type[BaseOperator]:
        return self._operator_class

    @property
    def task_type(self) -> str:
        return self.operator_class.__name__

    def depend_on_arguments(self) -> None:
        super().depend_on_arguments()
        if self.dag_or_none is not None and self._function_kwargs:
            from vortex.definitions.xcom_arg import depend_on_references

            depend_on_references(self, self._function_kwargs)

    def unmap(self, context: Mapping[str, Any], map_index: int) -> "Tuple[BaseOperator, List[Any]]":
        """The operator of one instance, and the values in it that tasks have made: Airflow does not render those as templates."""
        arguments, made = self.expand_input.item(context, map_index)
        given = {**self._common, **self.partial_kwargs}
        if self._function_kwargs is None:
            self._refuse(arguments, given)
            given.update(arguments)
        else:
            self._refuse(arguments, self._function_kwargs)
            check_arguments(given["python_callable"], arguments)
            given["op_kwargs"] = {**self._function_kwargs, **arguments}
        operator = self.operator_class(**{**given, "task_id": "instance", "default_args": self._defaults_of_dag})
        operator.task_id = self.task_id
        operator.task_display_name = self.task_display_name
        operator.task_group = self.task_group
        operator._dag = self._dag
        operator.upstream_task_ids = self.upstream_task_ids
        operator.downstream_task_ids = self.downstream_task_ids
        operator.is_setup, operator.is_teardown = self.is_setup, self.is_teardown
        return operator, [arguments[name] for name in made]

    def _refuse(self, arguments: Dict[str, Any], given: Dict[str, Any]) -> None:
        twice = sorted(set(arguments) & set(given)) if self._strict else []
        if twice:
            raise TypeError(f"mapping already partial argument: {', '.join(twice)}")

    def execute(self, context: Any) -> Any:
        raise RuntimeError(f"{self.task_id!r} is mapped: its instances run, not the task itself")


class _Partial:
    """What `.partial()` gives, until `.expand()` makes the task of it."""

    _expanded = False

    def expand(self, **mapped: Any) -> Any:
        """One instance for each combination of the values: lists, dicts (as pairs), or what tasks return."""
        if not mapped:
            raise TypeError("expand() needs at least one argument to map over")
        self._check(mapped)
        return self._make(DictOfLists(mapped), strict=True)

    def expand_kwargs(self, mapped: Any, *, strict: bool = True) -> Any:
        """One instance for each dict of arguments. strict: refuse arguments that `.partial()` gave already."""
        if not isinstance(mapped, XComArg) and isinstance(mapped, (list, tuple)):
            for item in mapped:
                if isinstance(item, Mapping) and strict:
                    self._check(dict(item))
        return self._make(ListOfDicts(mapped), strict=strict)

    def _check(self, mapped: Dict[str, Any]) -> None:
        raise NotImplementedError

    def _make(self, expand_input: ExpandInput, *, strict: bool) -> Any:
        raise NotImplementedError


def _refuse_twice(mapped: Dict[str, Any], given: Mapping[str, Any]) -> None:
    twice = sorted(set(mapped) & set(given))
    if twice:
        raise TypeError(f"mapping already partial argument: {', '.join(twice)}")


class OperatorPartial(_Partial):
    """`SomeOperator.partial(...)`: the arguments that all instances share."""

    def __init__(self, operator: Type[BaseOperator], kwargs: Dict[str, Any]) -> None:
        self._operator = operator
        self._kwargs = kwargs

    def _check(self, mapped: Dict[str, Any]) -> None:
        fixed = sorted(set(mapped) & set(_NOT_MAPPED))
        if fixed:
            raise TypeError(f"{self._operator.__name__}.expand() got arguments that cannot be mapped: {', '.join(fixed)}; give them to partial()")
        _refuse_twice(mapped, self._kwargs)
        if self._operator.stub_package is not None:
            return
        known = argument_names(self._operator)
        unknown = {name: None for name in [*self._kwargs, *mapped] if name not in known}
        refuse_unknown(self._operator.__name__, str(self._kwargs.get("task_id")), unknown, lambda: known)

    def _make(self, expand_input: ExpandInput, *, strict: bool) -> MappedTask:
        common, own = split_arguments(self._kwargs)
        return MappedTask(operator=self._operator, expand_input=expand_input, partial_kwargs=own, strict=strict, **common)


class TaskPartial(_Partial):
    """`f.partial(...)` of an @task function."""

    def __init__(self, decorator: Any, kwargs: Dict[str, Any]) -> None:
        self._decorator = decorator
        self._kwargs = kwargs

    def partial(self, **kwargs: Any) -> "TaskPartial":
        return TaskPartial(self._decorator, {**self._kwargs, **kwargs})

    def _check(self, mapped: Dict[str, Any]) -> None:
        _refuse_twice(mapped, self._kwargs)
        self._decorator.check_arguments({**self._kwargs, **mapped})

    def _make(self, expand_input: ExpandInput, *, strict: bool) -> XComArg:
        decorator = self._decorator
        common, own = split_arguments(decorator.operator_arguments())
        made = MappedTask(
            operator=decorator.operator_class,
            expand_input=expand_input,
            partial_kwargs={**own, "python_callable": decorator.function},
            function_kwargs=self._kwargs,
            strict=strict,
            **common,
        )
        decorator.document(made)
        return XComArg(made)


def split_arguments(kwargs: Dict[str, Any]) -> "Tuple[Dict[str, Any], Dict[str, Any]]":
    """(arguments of every task, arguments of this operator)."""
    known = set(argument_names(BaseOperator))
    return {k: v for k, v in kwargs.items() if k in known}, {k: v for k, v in kwargs.items() if k not in known}
