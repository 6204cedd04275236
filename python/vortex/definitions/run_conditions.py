"""`@task.run_if` and `@task.skip_if`: a condition that is looked at before the task's function is called (Airflow 2.10)."""

from __future__ import annotations

from typing import Any, Callable, Optional

from vortex.exceptions import AirflowSkipException


def only_if(condition: Any, skip_message: Optional[str], *, wanted: bool) -> Callable[[Any], Any]:
    """A decorator of what @task made. condition: a truth value, or a function of the context; it may return (value, message)."""
    name = "run_if" if wanted else "skip_if"

    def look(context: Any) -> None:
        found, message = condition(context) if callable(condition) else condition, None
        if isinstance(found, tuple):
            found, message = found
        if bool(found) != wanted:
            raise AirflowSkipException(message or skip_message or f"skip by {name} condition")

    def decorate(task: Any) -> Any:
        from vortex.definitions.taskflow import TaskDecorator

        if not isinstance(task, TaskDecorator):
            raise TypeError(f"@task.{name} goes above @task: decorate the function with @task first.")
        task.kwargs["pre_execute"] = _both(task.kwargs.get("pre_execute"), look)
        return task

    return decorate


def _both(first: Optional[Callable[[Any], Any]], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if first is None:
        return second

    def hooks(context: Any) -> None:
        first(context)
        second(context)

    return hooks
