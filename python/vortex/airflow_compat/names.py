"""Small parts of Airflow that DAG files name: base classes of hooks and notifiers, and decorators that mean nothing here."""

from __future__ import annotations

import functools
import inspect
import logging
from typing import Any, Callable, ClassVar, Dict, List, Mapping, NamedTuple, Optional, Type


class Context(Dict[str, Any]):
    """The context of a task, for annotations."""


class literal:  # noqa: N801 - Airflow's name
    """A text that is not rendered: `BashOperator(bash_command=literal("echo {{ x }}"))`."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def iter_references(self) -> Any:
        return iter(())

    def resolve(self, context: Mapping[str, Any]) -> Any:
        return self.value

    def __repr__(self) -> str:
        return f"literal({self.value!r})"


class LoggingMixin:
    """`self.log`."""

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")


class BaseHook(LoggingMixin):
    """
    Base of hooks: a named connection, and whatever a subclass makes of it.

    Raises AirflowNotFoundException for a connection that is not defined, AirflowException for a type of connection that VORTEX has no
    hook for.
    Source: Airflow, BaseHook.

    Example:

        from airflow.hooks.base import BaseHook
        from vortex import DAG, task

        with DAG("example_base_hook", schedule=None):

            @task
            def address():
                return BaseHook.get_connection("shop_api").host

            address()
    """

    conn_name_attr = ""
    default_conn_name = ""
    conn_type = ""
    hook_name = ""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """Raises AirflowNotFoundException for a connection that is not defined."""
        from vortex.execution.connections import get_connection

        return get_connection(conn_id)

    @classmethod
    def get_connections(cls, conn_id: str) -> Any:
        return [cls.get_connection(conn_id)]

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: Optional[Dict[str, Any]] = None) -> Any:
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no get_conn()")


class AirflowPlugin:
    """
    Base of Airflow plugins. Macros, and what Airflow 1.10 imports by the plugin's name, are found when a DAG asks for them
    (vortex/execution/plugin_macros.py); timetables and classes need no plugin; the other parts are not loaded.
    """

    name: Optional[str] = None
    plugins: ClassVar[List[Type[AirflowPlugin]]] = []

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        AirflowPlugin.plugins.append(cls)


class AirflowParsingContext(NamedTuple):
    """Which DAG and task a file is loaded for; None = all, which is what VORTEX does."""

    dag_id: Optional[str]
    task_id: Optional[str]


def get_parsing_context() -> AirflowParsingContext:
    return AirflowParsingContext(dag_id=None, task_id=None)


def apply_defaults(function: Callable[..., Any]) -> Callable[..., Any]:
    """Airflow 1 marked constructors with it; every constructor does it now."""
    return function


def provide_session(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a `session` that refuses to be used in a task: workers never see the database."""
    if "session" not in inspect.signature(function).parameters:
        return function

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if "session" not in kwargs and "session" not in inspect.signature(function).bind_partial(*args, **kwargs).arguments:
            from vortex.airflow_compat.stubs import Permissive

            kwargs["session"] = Permissive("airflow.settings", "Session")
        return function(*args, **kwargs)

    return wrapper
