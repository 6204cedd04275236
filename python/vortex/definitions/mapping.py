"""
Dynamic task mapping, as far as it loads: a mapped task shows in the graph with its dependencies, and fails with a clear message when
it runs.
"""

from __future__ import annotations

from typing import Any, Dict, Type

from vortex.definitions.base_operator import BaseOperator, argument_names
from vortex.definitions.operator_arguments import refuse_unknown
from vortex.definitions.xcom_arg import XComArg
from vortex.exceptions import AirflowFailException


class MappedTask(BaseOperator):
    """Stands for all copies of a mapped task."""

    template_fields = ("expand_input", "partial_kwargs")

    def __init__(self, *, operator: Type[BaseOperator], expand_input: Any, partial_kwargs: Dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.operator = operator
        self.expand_input = expand_input
        self.partial_kwargs = partial_kwargs
        self.ui_color = operator.ui_color
        self.custom_operator_name = operator.custom_operator_name or operator.__name__
        self.notices.append("dynamic task mapping (expand) is not run yet; the task fails when it runs")

    def execute(self, context: Any) -> Any:
        raise AirflowFailException(f"Task {self.task_id!r} is mapped with expand(), which VORTEX does not run yet.")


class OperatorPartial:
    """`SomeOperator.partial(...)`: the arguments that all copies share."""

    def __init__(self, operator: Type[BaseOperator], kwargs: Dict[str, Any]) -> None:
        self._operator = operator
        self._kwargs = kwargs

    def expand(self, **mapped: Any) -> MappedTask:
        """One copy per combination of the values."""
        if not mapped:
            raise TypeError("expand() needs at least one argument to map over")
        self._refuse_twice(mapped)
        self._refuse_unknown(mapped)
        return self._make(mapped)

    def expand_kwargs(self, mapped: Any, *, strict: bool = True) -> MappedTask:
        """One copy per dict of arguments."""
        return self._make(mapped)

    def _refuse_twice(self, mapped: Dict[str, Any]) -> None:
        twice = sorted(set(mapped) & set(self._kwargs))
        if twice:
            raise TypeError(f"mapping already partial argument: {', '.join(twice)}")

    def _refuse_unknown(self, mapped: Dict[str, Any]) -> None:
        if self._operator.stub_package is not None:
            return
        known = argument_names(self._operator)
        unknown = {name: None for name in [*self._kwargs, *mapped] if name not in known}
        refuse_unknown(self._operator.__name__, str(self._kwargs.get("task_id")), unknown, lambda: known)

    def _make(self, mapped: Any) -> MappedTask:
        common, own = split_arguments(self._kwargs)
        return MappedTask(operator=self._operator, expand_input=mapped, partial_kwargs=own, **common)


class TaskPartial:
    """`f.partial(...)` of an @task function."""

    def __init__(self, decorator: Any, kwargs: Dict[str, Any]) -> None:
        self._decorator = decorator
        self._kwargs = kwargs

    def partial(self, **kwargs: Any) -> "TaskPartial":
        return TaskPartial(self._decorator, {**self._kwargs, **kwargs})

    def expand(self, **mapped: Any) -> XComArg:
        if not mapped:
            raise TypeError("expand() needs at least one argument to map over")
        return self._make(mapped)

    def expand_kwargs(self, mapped: Any, *, strict: bool = True) -> XComArg:
        return self._make(mapped)

    def _make(self, mapped: Any) -> XComArg:
        from vortex.definitions.authoring_context import DagContext, TaskGroupContext
        from vortex.definitions.task_group import unique_task_id

        decorator = self._decorator
        common, own = split_arguments(decorator.kwargs)
        own = {**own, **self._kwargs}
        dag = common.get("dag") or DagContext.get_current_dag()
        common["task_id"] = unique_task_id(common["task_id"], dag, common.get("task_group") or TaskGroupContext.get_current(dag))
        return XComArg(MappedTask(operator=decorator.operator_class, expand_input=mapped, partial_kwargs=own, **common))


def split_arguments(kwargs: Dict[str, Any]) -> "tuple[Dict[str, Any], Dict[str, Any]]":
    """(arguments of every task, arguments of this operator)."""
    known = set(argument_names(BaseOperator))
    return {k: v for k, v in kwargs.items() if k in known}, {k: v for k, v in kwargs.items() if k not in known}
