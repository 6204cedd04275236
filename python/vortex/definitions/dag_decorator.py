"""`@dag`: a function whose call makes a DAG."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Optional

from vortex import registry
from vortex.definitions.dag import DAG
from vortex.definitions.params import Param


def dag(dag_id: Any = "", *args: Any, **dag_arguments: Any) -> Any:
    """
    `@dag` makes a DAG of a function that is then called: the tasks that it makes are the DAG's. The function's parameters become params of
    the DAG: inside it they stand for values of the run, as arguments of tasks.

    dag_id: the function's name unless given.

    The other arguments are those of DAG; doc_md is the function's docstring unless given. A call returns the DAG.

    Source: Airflow core-concepts/dags.

    Example:

        from vortex import dag, task

        @dag(schedule="@daily", tags=["example"])
        def example_dag(region="eu"):
            @task
            def report(where):
                return f"report of {where}"

            report(region)

        example_dag()
    """
    if callable(dag_id):
        return _factory(dag_id, "", (), {})
    return functools.partial(_factory, dag_id=dag_id, positional=args, dag_arguments=dag_arguments)


def _factory(function: Callable[..., Any], dag_id: str, positional: Any, dag_arguments: Any) -> Callable[..., DAG]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def make(*args: Any, **kwargs: Any) -> DAG:
        given = signature.bind_partial(*args, **kwargs).arguments
        arguments = dict(dag_arguments)
        doc: Optional[str] = arguments.pop("doc_md", None) or function.__doc__
        with DAG(dag_id or function.__name__, *positional, doc_md=doc, **arguments) as made:
            values = {}
            for name, parameter in signature.parameters.items():
                if name in given:
                    default = given[name]
                elif parameter.default is not inspect.Parameter.empty:
                    default = parameter.default
                else:
                    default = Param()
                # A Param of params= under the same name keeps its schema.
                if name not in made.params or not (isinstance(default, Param) and not default.has_value):
                    made.params[name] = default
                values[name] = made.param(name)
            function(**values)
        registry.register(made)
        return made

    return make
