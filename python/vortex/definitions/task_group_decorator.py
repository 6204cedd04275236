"""`@task_group`: a function whose call makes a task group and the tasks in it."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict, Iterable

from vortex.definitions.authoring_context import DagContext
from vortex.definitions.expand_input import DictOfLists, ExpandInput, ListOfDicts, MappedArgument
from vortex.definitions.task_group import TaskGroup


class TaskGroupDecorator:
    """A function with @task_group on it. Calling it returns what the function returns, or the group if that is None."""

    def __init__(self, function: Callable[..., Any], arguments: Dict[str, Any]) -> None:
        self.function = function
        self.kwargs = dict(arguments)
        self.kwargs.setdefault("group_id", function.__name__)
        self.kwargs.setdefault("add_suffix_on_collision", True)
        if not self.kwargs.get("tooltip") and function.__doc__:
            self.kwargs["tooltip"] = inspect.cleandoc(function.__doc__)
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        inspect.signature(self.function).bind(*args, **kwargs)
        arguments = dict(self.kwargs)
        if "dag" not in arguments and arguments.get("parent_group") is None:
            arguments["dag"] = DagContext.get_current_dag()
        with TaskGroup(**arguments) as group:
            made = self.function(*args, **kwargs)
        return group if made is None else made

    def override(self, **kwargs: Any) -> "TaskGroupDecorator":
        """The same function with other arguments of the group."""
        return TaskGroupDecorator(self.function, {**self.kwargs, **kwargs})

    def partial(self, **kwargs: Any) -> "TaskGroupPartial":
        """Fixes some arguments of a mapped group; `.expand(...)` brings the others."""
        return TaskGroupPartial(self, kwargs)

    def expand(self, **mapped: Any) -> Any:
        return self.partial().expand(**mapped)

    def expand_kwargs(self, mapped: Any) -> Any:
        return self.partial().expand_kwargs(mapped)

    def make_mapped(self, expand_input: ExpandInput, fixed: Dict[str, Any], names: Iterable[str]) -> Any:
        """
        One group whose tasks have an instance for each item. In the function the mapped arguments stand for values to come. Gives what the
        function returns, else the group, as a call without mapping does.
        """
        arguments = dict(self.kwargs)
        if "dag" not in arguments and arguments.get("parent_group") is None:
            arguments["dag"] = DagContext.get_current_dag()
        with TaskGroup(**arguments) as group:
            if _is_in_mapped(group.parent_group):
                raise NotImplementedError("a mapped task group within a mapped task group is not supported, as in Airflow")
            group.expand_input = expand_input
            made = self.function(**fixed, **{name: MappedArgument(expand_input, name) for name in names})
        for operator, _ in expand_input.iter_references():
            group.set_upstream(operator)
        return group if made is None else made


class TaskGroupPartial:
    """`group.partial(...)`: the arguments that all instances of the group share."""

    def __init__(self, decorator: TaskGroupDecorator, kwargs: Dict[str, Any]) -> None:
        self._decorator = decorator
        self._kwargs = kwargs
        self._signature = inspect.signature(decorator.function)
        self._signature.bind_partial(**kwargs)

    def partial(self, **kwargs: Any) -> "TaskGroupPartial":
        return TaskGroupPartial(self._decorator, {**self._kwargs, **kwargs})

    def expand(self, **mapped: Any) -> Any:
        if not mapped:
            raise TypeError("no arguments to expand against")
        twice = sorted(set(mapped) & set(self._kwargs))
        if twice:
            raise TypeError(f"mapping already partial argument: {', '.join(twice)}")
        self._signature.bind(**self._kwargs, **mapped)
        return self._decorator.make_mapped(DictOfLists(mapped), self._kwargs, mapped)

    def expand_kwargs(self, mapped: Any) -> Any:
        names = [name for name in self._signature.parameters if name not in self._kwargs]
        return self._decorator.make_mapped(ListOfDicts(mapped), self._kwargs, names)


def _is_in_mapped(group: Any) -> bool:
    while group is not None:
        if group.expand_input is not None:
            return True
        group = group.parent_group
    return False


def task_group(group_id: Any = None, **kwargs: Any) -> Any:
    """
    `@task_group` makes a group of the tasks that a function makes when it is called. `f.partial(...)` and `f.expand(...)` map it.

    group_id: the function's name unless given.

    The other arguments are those of TaskGroup; tooltip is the function's docstring unless given. A call returns what the function
    returns, or the group if that is None.

    Source: Airflow core-concepts/dags, "TaskGroups".

    Example:

        from vortex import DAG, task, task_group

        with DAG("example_task_group", schedule="@daily"):

            @task
            def double(number):
                return 2 * number

            @task
            def add(number, more):
                return number + more

            @task_group
            def compute(number):
                return add(double(number), 1)

            compute.expand(number=[1, 2, 3])
    """
    if callable(group_id):
        return TaskGroupDecorator(group_id, kwargs)
    if group_id is not None:
        kwargs["group_id"] = group_id
    return functools.partial(TaskGroupDecorator, arguments=kwargs)
