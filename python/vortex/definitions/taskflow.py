"""
TaskFlow: `@task` makes an operator of a function. Calling the decorated function creates the task and returns its XComArg; the
arguments of the call are rendered and resolved when the task runs.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import typing
from collections.abc import Mapping
from typing import Any, Callable, Collection, Dict, Optional, Type, Union

from vortex import assets
from vortex.definitions.authoring_context import DagContext, TaskGroupContext
from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.callable_arguments import check_arguments, keyword_arguments, with_context_defaults
from vortex.definitions.construction import merged_defaults
from vortex.definitions.run_conditions import only_if
from vortex.definitions.task_group import unique_task_id
from vortex.definitions.xcom_arg import XComArg
from vortex.operators.bash import BashOperator
from vortex.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class PythonTask(PythonOperator):
    """What @task makes."""

    custom_operator_name = "@task"


class BranchTask(BranchPythonOperator):
    """
    The function returns the id to follow, as that of BranchPythonOperator.

    Example:

        from vortex import DAG, EmptyOperator, task

        with DAG("example_task_branch", schedule="@daily"):

            @task.branch
            def choose(logical_date):
                return "weekend" if logical_date.isoweekday() > 5 else "workday"

            choose() >> [EmptyOperator(task_id="weekend"), EmptyOperator(task_id="workday")]
    """

    custom_operator_name = "@task.branch"


class ShortCircuitTask(ShortCircuitOperator):
    """
    What is downstream runs if the function's result is true, as that of ShortCircuitOperator.

    Example:

        from vortex import DAG, EmptyOperator, task

        with DAG("example_task_short_circuit", schedule="@daily"):

            @task.short_circuit
            def has_orders():
                return True

            has_orders() >> EmptyOperator(task_id="load")
    """

    custom_operator_name = "@task.short_circuit"


class BashTask(BashOperator):
    """
    The function returns the command, which is then rendered and run as BashOperator runs its own. Arguments are BashOperator's, and those
    of the call.

    Raises TypeError when it runs if the function returns no text, or an empty one; AirflowException if the command fails.

    Example:

        from vortex import DAG, task

        with DAG("example_task_bash", schedule="@daily"):

            @task.bash(env={"FOLDER": "/etc"}, append_env=True)
            def count(pattern):
                return f"ls $FOLDER | grep -c {pattern}"

            count("pass")
    """

    custom_operator_name = "@task.bash"
    template_fields = ("op_args", "op_kwargs", *BashOperator.template_fields)
    template_fields_renderers = {**BashOperator.template_fields_renderers, "op_args": "py", "op_kwargs": "py"}

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(bash_command=None, **kwargs)
        self.python_callable = python_callable
        self.op_args: Collection[Any] = op_args if op_args is not None else ()
        self.op_kwargs: Mapping[str, Any] = op_kwargs if op_kwargs is not None else {}

    def execute(self, context: Any) -> Any:
        from vortex.execution.templating import render_now

        command = self.python_callable(*self.op_args, **keyword_arguments(self.python_callable, self.op_args, context, self.op_kwargs))
        if not isinstance(command, str) or not command.strip():
            raise TypeError(f"The function of @task.bash must return the command, a text that is not empty; it returned {command!r}.")
        self._is_script = command.endswith(tuple(self.template_ext))
        self.bash_command = render_now(self, command, context)
        return super().execute(context)


class TaskDecorator:
    """A function with @task on it."""

    def __init__(self, function: Callable[..., Any], operator: Type[BaseOperator], arguments: Dict[str, Any]) -> None:
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"@task goes on a function, not on {function!r}")
        self.function = function
        self.operator_class = operator
        self.kwargs = dict(arguments)
        self.kwargs.setdefault("task_id", getattr(function, "__name__", "task"))
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self._signature = with_context_defaults(function)
        functools.update_wrapper(self, function)
        self.__wrapped__ = function

    @property
    def multiple_outputs(self) -> bool:
        given = self.kwargs.get("multiple_outputs")
        return returns_mapping(self.function) if given is None else bool(given)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Creates the task. Raises TypeError if the arguments do not fit the function."""
        kwargs = self._filled(args, kwargs)
        try:
            self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.function.__name__}(): {error}") from None
        made = XComArg(self._make(op_args=args, op_kwargs=kwargs))
        if self.is_setup:
            made.as_setup()
        if self.is_teardown:
            made.as_teardown(on_failure_fail_dagrun=self.on_failure_fail_dagrun)
        return made

    def _filled(self, args: Collection[Any], kwargs: Dict[str, Any]) -> Dict[str, Any]:
        """Airflow's rule: parameters of the function that the call leaves out are taken from default_args, too."""
        _, _, defaults = merged_defaults(self.kwargs)
        names = [p.name for p in self._signature.parameters.values() if p.kind in _NAMED]
        left = [name for name in names[len(args) :] if name in defaults and name not in kwargs]
        return {**kwargs, **{name: defaults[name] for name in left}} if left else kwargs

    def _make(self, **call: Any) -> BaseOperator:
        operator = self.operator_class(python_callable=self.function, **{**self.operator_arguments(), **call})
        if assets.are_in_use():
            from vortex.assets.asset import named

            # An asset that a function is called with is one that it uses.
            operator.add_inlets(named([*call["op_args"], *call["op_kwargs"].values()]))
        self.document(operator)
        return operator

    def operator_arguments(self) -> Dict[str, Any]:
        """Those that were given to the decorator, with a task_id that is free."""
        arguments = {**self.kwargs, "multiple_outputs": self.multiple_outputs}
        dag = arguments.get("dag") or DagContext.get_current_dag()
        group = arguments.get("task_group") or TaskGroupContext.get_current(dag)
        arguments["task_id"] = unique_task_id(arguments["task_id"], dag, group)
        return arguments

    def document(self, operator: BaseOperator) -> None:
        if operator.doc_md is None and self.function.__doc__:
            operator.doc_md = inspect.cleandoc(self.function.__doc__)

    def check_arguments(self, names: Mapping[str, Any]) -> None:
        check_arguments(self.function, names)

    def override(self, **kwargs: Any) -> "TaskDecorator":
        """The same function with other operator arguments: `f.override(task_id="again", retries=2)()`."""
        other = TaskDecorator(self.function, self.operator_class, {**self.kwargs, **kwargs})
        other.is_setup, other.is_teardown, other.on_failure_fail_dagrun = self.is_setup, self.is_teardown, self.on_failure_fail_dagrun
        return other

    def partial(self, **kwargs: Any) -> Any:
        """Fixes some arguments of a mapped task."""
        from vortex.definitions.mapping import TaskPartial

        return TaskPartial(self, kwargs)

    def expand(self, **kwargs: Any) -> XComArg:
        return self.partial().expand(**kwargs)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        return self.partial().expand_kwargs(kwargs, strict=strict)

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        raise TypeError(f"@task does not support methods: {self.function.__name__} takes self")


class TaskDecorators:
    """
    `@task` makes a task of a function: calling the function in a DAG adds it, and what the call returns stands for its result. As an
    argument of another task it makes it an upstream. The function gets the context's values that its parameters name.

    multiple_outputs: whether each key of a returned dict is an XCom as well. None = as the annotation of the result says.

    Arguments of the decorator are those of PythonOperator and of every task; `task_id` is the function's name unless given.
    `f.override(task_id="again")()` adds it with other ones, `f.partial(...)` and `f.expand(...)` map it.

    Returns what the function returns.
    Raises TypeError at load for arguments that do not fit the function.
    Source: Airflow tutorial/taskflow, core-concepts/taskflow.

    Example:

        from vortex import DAG, task

        with DAG("example_task", schedule="@daily"):

            @task
            def extract(ds):
                return {"day": ds, "orders": [120, 80]}

            @task(retries=2)
            def total(found):
                return sum(found["orders"])

            total(extract())
    """

    def __init__(self, kinds: Dict[str, Union[str, Type[BaseOperator]]]) -> None:
        # "module:class" for what is rare: each import costs every task host memory.
        self._kinds = kinds

    def __call__(self, python_callable: Optional[Callable[..., Any]] = None, multiple_outputs: Optional[bool] = None, **kwargs: Any) -> Any:
        """`@task`, `@task()` and `@task(retries=2)`; arguments are those of PythonOperator."""
        return self._decorate("python", python_callable, multiple_outputs, kwargs)

    def run_if(self, condition: Any, skip_message: Optional[str] = None) -> Callable[[Any], Any]:
        """
        Above `@task`: the task runs if a condition holds, and is skipped otherwise.

        condition: a truth value, or a function of the context; it may return (value, message).
        skip_message: what the log says of a skip.

        Raises TypeError at load if it is not above `@task`.
        Source: Airflow 2.10.

        Example:

            from vortex import DAG, task

            with DAG("example_run_if", schedule="@daily"):

                @task.run_if(lambda context: context["logical_date"].day == 1, skip_message="not the first of a month")
                @task
                def close_month():
                    print("closed")

                close_month()
        """
        return only_if(condition, skip_message, wanted=True)

    def skip_if(self, condition: Any, skip_message: Optional[str] = None) -> Callable[[Any], Any]:
        """
        Above `@task`: the task is skipped if a condition holds. Arguments and errors are those of run_if.

        Source: Airflow 2.10.
        """
        return only_if(condition, skip_message, wanted=False)

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("_"):
            raise AttributeError(kind)

        def decorate(python_callable: Optional[Callable[..., Any]] = None, multiple_outputs: Optional[bool] = None, **kwargs: Any) -> Any:
            return self._decorate(kind, python_callable, multiple_outputs, kwargs)

        decorate.__name__ = kind
        return decorate

    def _decorate(self, kind: str, function: Any, multiple_outputs: Optional[bool], kwargs: Dict[str, Any]) -> Any:
        operator = self._operator(kind)
        if multiple_outputs is not None:
            kwargs["multiple_outputs"] = multiple_outputs
        if function is None:
            return functools.partial(TaskDecorator, operator=operator, arguments=kwargs)
        if not callable(function):
            raise TypeError("@task takes keyword arguments only: @task(retries=2)")
        return TaskDecorator(function, operator, kwargs)

    def _operator(self, kind: str) -> Type[BaseOperator]:
        known = self._kinds.get(kind)
        if known is None:
            from vortex.airflow_compat.stubs import stub_task

            return stub_task(kind)
        if isinstance(known, str):
            module, _, name = known.partition(":")
            known = self._kinds[kind] = getattr(importlib.import_module(module), name)
        return known


task = TaskDecorators(
    {
        "python": PythonTask,
        "branch": BranchTask,
        "short_circuit": ShortCircuitTask,
        "bash": BashTask,
        "sensor": "vortex.sensors.python:SensorTask",
        "virtualenv": "vortex.operators.virtualenv:VirtualenvTask",
        "branch_virtualenv": "vortex.operators.virtualenv:BranchVirtualenvTask",
        "external_python": "vortex.operators.external_python:ExternalPythonTask",
        "branch_external_python": "vortex.operators.external_python:BranchExternalPythonTask",
    }
)


def setup(function: Any) -> TaskDecorator:
    """
    `@setup`, alone or above `@task`: the task is a setup. What lies between it and its teardown needs it.

    Source: Airflow howto/setup-and-teardown.

    Example:

        from vortex import DAG, setup, task, teardown

        with DAG("example_setup_teardown", schedule="@daily"):

            @setup
            def make_cluster():
                return "cluster-7"

            @task
            def work(cluster):
                print(f"works on {cluster}")

            @teardown
            def remove_cluster(cluster):
                print(f"removes {cluster}")

            cluster = make_cluster()
            work(cluster) >> remove_cluster(cluster)
    """
    decorated = function if isinstance(function, TaskDecorator) else task(function)
    decorated.is_setup = True
    return decorated


def teardown(function: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """
    `@teardown`, alone or above `@task`: the task is a teardown. It runs once its upstreams are done and a setup of it succeeded, whatever
    became of the work. Example: see `@setup`.

    on_failure_fail_dagrun: whether the run fails if this teardown does.

    Source: Airflow howto/setup-and-teardown.
    """
    if function is None:
        return functools.partial(teardown, on_failure_fail_dagrun=on_failure_fail_dagrun)
    decorated = function if isinstance(function, TaskDecorator) else task(function)
    decorated.is_teardown = True
    decorated.on_failure_fail_dagrun = on_failure_fail_dagrun
    return decorated


def returns_mapping(function: Callable[..., Any]) -> bool:
    """Whether the annotation of the result is a dict, a Mapping or a TypedDict: each key then becomes an XCom of its own."""
    if "return" not in getattr(function, "__annotations__", {}):
        return False
    try:
        result = typing.get_type_hints(function).get("return")
    except Exception:  # noqa: BLE001 - annotations may name what exists only for type checkers
        return False
    kind = typing.get_origin(result) or result
    return isinstance(kind, type) and issubclass(kind, Mapping) and kind is not type(None)
