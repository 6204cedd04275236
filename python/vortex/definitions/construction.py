"""
How an operator is constructed: who fills which argument.

Every `__init__` in an operator's class chain is wrapped once, when its class is made. The outermost call collects the defaults
(operator's own `default_args` over those of its task groups, inner wins, over those of its DAG); then each `__init__` takes from
them what it names itself and was not given. So a required argument of an author's class may come from `default_args`, classes that
pass `*args, **kwargs` on work, and keys that no constructor of the chain names are ignored (Airflow's rule).
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict, FrozenSet, Tuple

from vortex.definitions.authoring_context import DagContext, TaskGroupContext
from vortex.exceptions import AirflowException

_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# Not inherited through default_args: they say which task it is, not how it behaves.
_OWN = frozenset({"default_args", "dag", "task_group"})


class OperatorMeta(type):
    """Wraps `__init__` of each operator class."""

    def __new__(mcs, name: str, bases: Tuple[type, ...], namespace: Dict[str, Any], **keywords: Any) -> Any:
        if "__init__" in namespace:
            namespace["__init__"] = fill_from_defaults(namespace["__init__"])
        return super().__new__(mcs, name, bases, namespace, **keywords)


def fill_from_defaults(init: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(init)
    parameters = [p for p in list(signature.parameters.values())[1:] if p.kind in _KINDS]
    names: FrozenSet[str] = frozenset(p.name for p in parameters) - _OWN
    positional = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    takes_args = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in signature.parameters.values())
    required = [p.name for p in parameters if p.default is inspect.Parameter.empty]

    @functools.wraps(init)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        state = self.__dict__
        outermost = "_defaults" not in state
        if outermost:
            _begin(self, kwargs)
        defaults = state["_defaults"]
        for name in names.intersection(defaults):
            if name not in kwargs and name not in positional[: len(args)]:
                kwargs[name] = defaults[name]
        if args and not takes_args:
            _name_positional(self, args, kwargs, positional)
            args = ()
        missing = [name for name in required if name not in kwargs] if not args else []
        if missing:
            raise AirflowException(_missing(self, kwargs, missing))
        init(self, *args, **kwargs)
        if outermost:
            _end(self)

    return wrapper


def merged_defaults(kwargs: Dict[str, Any]) -> Tuple[Any, Any, Dict[str, Any]]:
    """DAG, task group and defaults of a task that is made here with these arguments."""
    dag = kwargs.get("dag")
    if dag is None:
        group = kwargs.get("task_group")
        dag = group.dag if group is not None and group.dag is not None else DagContext.get_current_dag()
    group = kwargs["task_group"] if kwargs.get("task_group") is not None else TaskGroupContext.get_current(dag)
    defaults: Dict[str, Any] = {}
    if dag is not None:
        defaults.update(dag.default_args)
    if group is not None:
        defaults.update(group.merged_default_args())
    own = kwargs.get("default_args")
    if own:
        if not isinstance(own, dict):
            raise TypeError(f"default_args must be a dict, not {type(own).__name__}")
        defaults.update(own)
    return dag, group, defaults


def _begin(operator: Any, kwargs: Dict[str, Any]) -> None:
    """Finds DAG and group once, and merges the defaults that hold for this task."""
    state = operator.__dict__
    state["_found_dag"], state["_found_group"], state["_defaults"] = merged_defaults(kwargs)


def _end(operator: Any) -> None:
    state = operator.__dict__
    if "task_id" not in state:
        raise AirflowException(f"{type(operator).__name__}.__init__ did not call super().__init__(**kwargs), so the task has no task_id.")
    for name in ("_defaults", "_found_dag", "_found_group"):
        state.pop(name, None)
    operator.on_constructed()


def _name_positional(operator: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any], positional: "list[str]") -> None:
    """Airflow 1 took positional arguments; Airflow 2 refuses them. Here they are read by position."""
    if len(args) > len(positional):
        raise TypeError(f"{type(operator).__name__} takes {len(positional)} positional arguments, got {len(args)}. Use keyword arguments.")
    for name, value in zip(positional, args):
        if name in kwargs:
            raise TypeError(f"{type(operator).__name__} got two values for the argument {name!r}")
        kwargs[name] = value


def _missing(operator: Any, kwargs: Dict[str, Any], missing: "list[str]") -> str:
    name = operator.__dict__.get("task_id") or kwargs.get("task_id")
    task = f" of task {name!r}" if name else ""
    words = ", ".join(repr(item) for item in missing)
    return f"{type(operator).__name__}{task} is missing the keyword argument{'s' if len(missing) > 1 else ''} {words}."
