"""`@task_group`: a function whose call makes a task group and the tasks in it."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict

from vortex.definitions.authoring_context import DagContext
from vortex.definitions.task_group import TaskGroup
from vortex.exceptions import AirflowException


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

    def partial(self, **_: Any) -> Any:
        raise AirflowException(f"Task group {self.kwargs['group_id']!r}: mapped task groups are not supported yet.")

    expand = expand_kwargs = partial


def task_group(group_id: Any = None, **kwargs: Any) -> Any:
    """With or without arguments; they are those of TaskGroup. group_id defaults to the function's name, tooltip to its docstring."""
    if callable(group_id):
        return TaskGroupDecorator(group_id, kwargs)
    if group_id is not None:
        kwargs["group_id"] = group_id
    return functools.partial(TaskGroupDecorator, arguments=kwargs)
