"""ExternalTaskSensor: waits for tasks, a task group or a run of another DAG. ExternalTaskMarker names a task that depends on this one."""

from __future__ import annotations

import datetime as dt
import inspect
from typing import Any, Callable, Collection, Dict, Iterable, List, Optional, Sequence

from vortex.definitions.callable_arguments import keyword_arguments
from vortex.exceptions import AirflowException, AirflowSkipException
from vortex.operators.empty import EmptyOperator
from vortex.sensors.base import BaseSensorOperator, SensorArgumentError, default_deferrable
from vortex.sensors.external_states import Wanted, verdict
from vortex.states import DagRunState, TaskInstanceState


class ExternalTaskSensor(BaseSensorOperator):
    """
    Waits for what ran for the same logical date in another DAG. Of several runs for one date the newest counts; of a mapped task all
    instances.

    external_dag_id: that DAG.
    external_task_id, external_task_ids, external_task_group_id: a task, several, or a group of it that is waited for; none of them = its
        run.
    allowed_states: states that it waits for. None = ["success"].
    failed_states: states that fail the sensor at once. None = no state does: a failure there is waited out, so that it can be mended.
    skipped_states: states that skip the sensor at once. None = no state does.
    execution_delta: how much earlier that run's logical date is.
    execution_date_fn: a function of this run's logical date, and of the context's values that it names, that returns the date or several of
        them. Give execution_delta or this; neither = the same date.
    check_existence: whether it fails if that DAG, task or group does not exist.
    poll_interval: older name of poke_interval where it is deferred.
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.

    Raises AirflowSensorTimeout when it gives up; ExternalTaskFailed for one of failed_states; AirflowException at load for arguments that
    contradict each other.
    Source: Airflow core-concepts/external_task_sensor, ExternalTaskSensor.

    Example:

        from vortex import DAG, EmptyOperator, ExternalTaskSensor

        with DAG("example_orders", schedule="@daily"):
            EmptyOperator(task_id="load")

        with DAG("example_external_task_sensor", schedule="@daily"):
            ExternalTaskSensor(
                task_id="orders_are_loaded",
                external_dag_id="example_orders",
                external_task_id="load",
                failed_states=["failed", "upstream_failed"],
                poke_interval=5,
                mode="reschedule",
            )
    """

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: Optional[str] = None,
        external_task_ids: Optional[Collection[str]] = None,
        external_task_group_id: Optional[str] = None,
        allowed_states: Optional[Iterable[str]] = None,
        skipped_states: Optional[Iterable[str]] = None,
        failed_states: Optional[Iterable[str]] = None,
        execution_delta: Optional[dt.timedelta] = None,
        execution_date_fn: Optional[Callable[..., Any]] = None,
        check_existence: bool = False,
        poll_interval: Optional[float] = None,
        deferrable: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.external_task_ids: Any = external_task_ids or ([external_task_id] if external_task_id is not None else None)
        self.external_task_group_id = external_task_group_id
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)
        self.allowed_states = self._states(allowed_states or [TaskInstanceState.SUCCESS])
        self.skipped_states = self._states(skipped_states or [])
        self.failed_states = self._states(failed_states or [])
        self._check(external_task_ids)

    def _states(self, values: Iterable[Any]) -> List[str]:
        kinds: Any = TaskInstanceState if self.external_task_ids or self.external_task_group_id else DagRunState
        known = [state.value for state in kinds]
        found = [values] if isinstance(values, str) else [str(value) for value in values]
        wrong = [value for value in found if value not in known]
        if wrong:
            what = "a task" if kinds is TaskInstanceState else "a DAG run"
            raise SensorArgumentError(f"Task {self.task_id!r}: {wrong[0]!r} is no state of {what}; those are {', '.join(known)}.")
        return found

    def _check(self, external_task_ids: Any) -> None:
        what = [self.external_task_id is not None, bool(external_task_ids), self.external_task_group_id is not None]
        if sum(what) > 1:
            words = "Give one of external_task_id, external_task_ids and external_task_group_id."
            raise SensorArgumentError(f"Task {self.task_id!r}: {words}")
        states = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(states) > len(set(states)):
            words = "a state may be in only one of allowed_states, skipped_states and failed_states."
            raise SensorArgumentError(f"Task {self.task_id!r}: {words}")
        if self.execution_delta is not None and self.execution_date_fn is not None:
            raise SensorArgumentError(f"Task {self.task_id!r}: give execution_delta or execution_date_fn, not both.")

    def poke(self, context: Any) -> bool:
        from vortex.execution.found_runs import ask

        dates = self._dates(context)
        wanted = self._wanted(dates)
        self.log.info("Poking for %s of %s on %s", wanted.what(), self.external_dag_id, ", ".join(dates))
        if self.check_existence:
            self._refuse_missing(ask("dag.state", **wanted.existence()))
        method, params = wanted.question()
        return self._settle(verdict(wanted, ask(method, **params)))

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        if self.poke(context):
            return None
        from vortex.triggers.external_task import WorkflowTrigger

        wanted = self._wanted(self._dates(context))
        self.defer(
            trigger=WorkflowTrigger(**wanted.fields(), poke_interval=self.poke_interval),
            method_name="execute_complete",
            timeout=dt.timedelta(seconds=self.timeout),
        )

    def execute_complete(self, context: Any, event: Any = None) -> None:
        if not isinstance(event, dict) or "status" not in event:
            raise AirflowException(f"The trigger of an ExternalTaskSensor gave {event!r}.")
        self._settle(event["status"])

    def _wanted(self, dates: List[str]) -> Wanted:
        ids = None if self.external_task_ids is None else [str(task_id) for task_id in self.external_task_ids]
        if ids is not None and len(ids) > len(set(ids)):
            raise ValueError("Duplicate task_ids passed in external_task_ids parameter")
        states = {"allowed_states": self.allowed_states, "failed_states": self.failed_states, "skipped_states": self.skipped_states}
        return Wanted(self.external_dag_id, dates, task_ids=ids, group_id=self.external_task_group_id, **states)

    def _settle(self, status: str) -> bool:
        what = self._wanted([]).what()
        if status == "skipped":
            raise AirflowSkipException(f"{what} of DAG {self.external_dag_id} reached a state in skipped_states.")
        if status == "failed":
            words = f"{what} of DAG {self.external_dag_id} failed."
            raise AirflowSkipException(f"{words} Skipping due to soft_fail.") if self.soft_fail else ExternalTaskFailed(words)
        return status == "success"

    def _refuse_missing(self, found: Optional[Dict[str, Any]]) -> None:
        if found is None:
            raise AirflowException(f"The external DAG {self.external_dag_id} does not exist.")
        if found["is_stale"]:
            raise AirflowException(f"The external DAG {self.external_dag_id} was deleted.")
        if found["missing_task_ids"]:
            names = ", ".join(found["missing_task_ids"])
            raise AirflowException(f"The external task {names} in DAG {self.external_dag_id} does not exist.")
        if self.external_task_group_id is not None and not found["has_group"]:
            raise AirflowException(f"The external task group {self.external_task_group_id!r} in DAG {self.external_dag_id} does not exist.")

    def _dates(self, context: Any) -> List[str]:
        """Logical dates of the runs that it waits for, as ISO text."""
        from vortex.execution.found_runs import instant_text

        date = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta is not None:
            found: Any = date - self.execution_delta
        elif self.execution_date_fn is not None:
            found = self._call(date, context)
        else:
            found = date
        dates = list(found) if isinstance(found, (list, tuple, set)) else [found]
        wrong = [item for item in dates if not isinstance(item, dt.datetime)]
        if wrong:
            raise AirflowException(f"execution_date_fn must return a datetime or several, not {type(wrong[0]).__name__}: {wrong[0]!r}")
        return [instant_text(item) for item in dates]

    def _call(self, date: Any, context: Any) -> Any:
        """As f(date), f(date, context) of Airflow 1, or with the context's values that it names."""
        function = self.execution_date_fn
        assert function is not None
        others = {key: value for key, value in context.items() if key not in ("execution_date", "logical_date")}
        others["context"] = context
        try:
            named = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return function(date)
        positional = [p for p in named if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if len(positional) == 2 and positional[1].default is positional[1].empty and positional[1].name not in others:
            return function(date, context)
        return function(date, **keyword_arguments(function, (date,), others, {}))


class ExternalTaskFailed(AirflowException):
    """What an ExternalTaskSensor waits for ended in one of its failed_states."""


class ExternalTaskMarker(EmptyOperator):
    """
    Says that a task of another DAG depends on this one. It does nothing when it runs; clearing it does not clear the other task.

    external_dag_id, external_task_id: that task.
    logical_date, execution_date, recursion_depth: accepted, no difference.

    Raises TypeError or ValueError at load for a date or depth of another kind.
    Source: Airflow, ExternalTaskMarker.

    Example:

        from vortex import DAG, ExternalTaskMarker

        with DAG("example_external_task_marker", schedule="@daily"):
            ExternalTaskMarker(task_id="report_depends", external_dag_id="report", external_task_id="wait")
    """

    template_fields: Sequence[str] = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        logical_date: Any = "{{ logical_date.isoformat() }}",
        execution_date: Any = None,
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        date = logical_date if execution_date is None else execution_date
        if not isinstance(date, (str, dt.datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for logical_date. Got {type(date)}")
        if recursion_depth <= 0:
            raise ValueError("recursion_depth should be a positive integer")
        self.external_dag_id = external_dag_id
        self.external_task_id = external_task_id
        self.logical_date = date.isoformat() if isinstance(date, dt.datetime) else date
        self.recursion_depth = recursion_depth
        self.notices.append("clearing an ExternalTaskMarker does not clear the task that it names: clear that one too")
