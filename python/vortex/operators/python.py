"""PythonOperator and its kin: branch and short circuit."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.branching import tasks_skipped_by_branch, tasks_skipped_by_short_circuit
from vortex.definitions.callable_arguments import keyword_arguments
from vortex.exceptions import AirflowException
from vortex.task_log import say

# A result longer than this is shortened in the log; the XCom is whole.
MAX_LOGGED_CHARS = 10_000


class PythonOperator(BaseOperator):
    """
    Calls a function.

    python_callable: the function. A coroutine function is run to its end.
    op_args, op_kwargs: its arguments. It also gets the context's values that its parameters name, or all of them with `**kwargs`;
        op_kwargs win.
    templates_dict: rendered values, given to the function as `templates_dict`.
    templates_exts: endings of the template files that op_args, op_kwargs and templates_dict may name, such as [".sql"].
    show_return_value_in_logs: whether the result is logged.

    Returns what the function returns.
    Raises AirflowException at load if python_callable cannot be called; when it runs, what the function raises.
    Source: Airflow, PythonOperator.

    Example:

        from vortex import DAG, PythonOperator

        def count(folder, ds):
            return f"{folder} on {ds}"

        with DAG("example_python", schedule="@daily"):
            PythonOperator(task_id="count", python_callable=count, op_args=["/srv/orders/{{ ds }}"])
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        templates_dict: Optional[Dict[str, Any]] = None,
        templates_exts: Optional[Sequence[str]] = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException(f"Task {self.task_id!r}: python_callable must be something that can be called, not {python_callable!r}")
        self.python_callable = python_callable
        self.op_args: Collection[Any] = op_args if op_args is not None else ()
        self.op_kwargs: Mapping[str, Any] = op_kwargs if op_kwargs is not None else {}
        self.templates_dict = templates_dict
        self.show_return_value_in_logs = show_return_value_in_logs
        if templates_exts:
            self.template_ext = tuple(templates_exts)

    def execute(self, context: Mapping[str, Any]) -> Any:
        result = self.execute_callable(self.determine_kwargs({**context, "templates_dict": self.templates_dict}))
        self._log_result(result)
        return result

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        return keyword_arguments(self.python_callable, self.op_args, context, self.op_kwargs)

    def execute_callable(self, keywords: Optional[Mapping[str, Any]] = None) -> Any:
        result = self.python_callable(*self.op_args, **(self.op_kwargs if keywords is None else keywords))
        if inspect.isgenerator(result) and inspect.isgeneratorfunction(self.python_callable):
            from vortex.assets.metadata import take_yielded

            return take_yielded(result, _running())
        if not inspect.iscoroutine(result):
            return result
        # Not at the top: asyncio brings thirty modules and OpenSSL, 4 MB that each fork of a task host would map.
        import asyncio

        return asyncio.run(result)

    def _log_result(self, result: Any) -> None:
        # Not logged: every Python task says it, and the logging module costs a fresh process a third of a millisecond of copied memory.
        if not self.show_return_value_in_logs:
            say("Done. Returned value not shown\n")
            return
        text = str(result)
        if len(text) > MAX_LOGGED_CHARS:
            text = f"{text[:MAX_LOGGED_CHARS]}... ({len(text):,} characters)"
        say(f"Done. Returned value was: {text}\n")


class BranchMixIn:
    """Skips what a decision does not follow."""

    def do_branch(self, context: Mapping[str, Any], branches_to_execute: Union[None, str, Iterable[str]]) -> Any:
        """Returns the decision. Raises AirflowException for ids that the DAG does not have."""
        if isinstance(branches_to_execute, Iterable) and not isinstance(branches_to_execute, str):
            branches_to_execute = list(branches_to_execute)
        skipped = tasks_skipped_by_branch(context["task"], branches_to_execute)
        self.log.info("Follows %s; skips %s", branches_to_execute or "nothing", ", ".join(skipped) or "nothing")  # type: ignore[attr-defined]
        context["ti"].skip(skipped)
        return branches_to_execute


class SkipMixin:
    """Skips tasks by hand, for operators of your own."""

    def skip(self, dag_run: Any = None, tasks: Iterable[Any] = (), *_: Any, ti: Any = None, **__: Any) -> None:
        """`ti` defaults to the running task's."""
        (ti or _running()["ti"]).skip([task.task_id for task in tasks])

    def skip_all_except(self, ti: Any, branch_task_ids: Union[None, str, Iterable[str]]) -> None:
        ti.skip(tasks_skipped_by_branch(ti.task, branch_task_ids))


def _running() -> Mapping[str, Any]:
    from vortex.execution.current_context import get_current_context

    return get_current_context()


class BaseBranchOperator(BaseOperator, BranchMixIn, SkipMixin):
    """
    A branch of your own: override `choose_branch(context)`, which returns the id to follow: of a task, of a group, several, or None.
    Direct downstream tasks that are not followed are skipped.

    Returns the decision: an id, a list of ids, or None.
    Raises AirflowException for ids that are not in the DAG.
    Source: Airflow, BaseBranchOperator.

    Example:

        from vortex import DAG, BaseBranchOperator, EmptyOperator

        class FirstOfMonth(BaseBranchOperator):
            def choose_branch(self, context):
                return "monthly" if context["logical_date"].day == 1 else "daily"

        with DAG("example_base_branch", schedule="@daily"):
            FirstOfMonth(task_id="choose") >> [EmptyOperator(task_id="daily"), EmptyOperator(task_id="monthly")]
    """

    def choose_branch(self, context: Any) -> Union[None, str, Iterable[str]]:
        """The task id, group id, or several of them, to follow."""
        raise NotImplementedError(f"{type(self).__name__} has no choose_branch(self, context)")

    def execute(self, context: Any) -> Any:
        return self.do_branch(context, self.choose_branch(context))


class BranchPythonOperator(PythonOperator, BranchMixIn, SkipMixin):
    """
    Calls a function that returns the id to follow: of a task, of a group, several, or None. Direct downstream tasks that are not followed
    are skipped. Inside a task group, ids have the group's prefix.

    Returns the decision: an id, a list of ids, or None.
    Raises AirflowException for ids that are not in the DAG.
    Source: Airflow, BranchPythonOperator.

    Example:

        from vortex import DAG, BranchPythonOperator, EmptyOperator

        with DAG("example_branch_python", schedule="@daily"):
            choose = BranchPythonOperator(task_id="choose", python_callable=lambda logical_date: ["even", "odd"][logical_date.day % 2])
            choose >> [EmptyOperator(task_id="even"), EmptyOperator(task_id="odd")]
    """

    def execute(self, context: Mapping[str, Any]) -> Any:
        return self.do_branch(context, super().execute(context))


class ShortCircuitOperator(PythonOperator, SkipMixin):
    """
    Calls a function; if its result is false by Python's rules, what is downstream is skipped.

    ignore_downstream_trigger_rules: whether everything downstream is skipped, except teardowns. False = only the direct downstream tasks;
        those behind them go by their trigger rules.

    Returns what the function returns.
    Raises what the function raises.
    Source: Airflow, ShortCircuitOperator.

    Example:

        from vortex import DAG, EmptyOperator, ShortCircuitOperator

        with DAG("example_short_circuit", schedule="@daily"):
            is_weekday = ShortCircuitOperator(task_id="is_weekday", python_callable=lambda logical_date: logical_date.isoweekday() < 6)
            is_weekday >> EmptyOperator(task_id="load")
    """

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Mapping[str, Any]) -> Any:
        condition = super().execute(context)
        if not condition:
            skipped: List[str] = tasks_skipped_by_short_circuit(context["task"], self.ignore_downstream_trigger_rules)
            self.log.info("The condition is %r; skips %s", condition, ", ".join(skipped) or "nothing")
            context["ti"].skip(skipped)
        return condition


def get_current_context() -> Any:
    """The context of the running task. Raises RuntimeError anywhere else."""
    return _running()
