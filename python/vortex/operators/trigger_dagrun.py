"""TriggerDagRunOperator: starts a run of another DAG, and waits for it if told to."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any, Dict, List, Optional, Sequence

from vortex import timezone
from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.not_given import NOTSET
from vortex.definitions.operator_arguments import read_seconds
from vortex.exceptions import AirflowException, AirflowSkipException, DagNotFound, DagRunAlreadyExists
from vortex.sensors.base import default_deferrable
from vortex.states import DagRunState

XCOM_RUN_ID = "trigger_run_id"


class DagRunOrder:
    """What python_callable of Airflow 1.10 gets and returns."""

    def __init__(self, run_id: Any = None, payload: Any = None) -> None:
        self.run_id = run_id
        self.payload = payload


class TriggerDagRunOperator(BaseOperator):
    """
    Starts a run of another DAG, also of a paused one, and waits for it if told to.

    trigger_dag_id: that DAG.
    trigger_run_id: the run's id. None = one made of the date.
    conf: params of the run, a dict or JSON text of one.
    logical_date: a datetime or ISO text; left out = now; None = a run without a date, for DAGs that follow Airflow 3.
    execution_date: the name of logical_date in Airflow 2.
    run_after: accepted and ignored with a remark: the run starts as soon as there is room.
    note: a text that is shown with the run.
    reset_dag_run: whether a run of that id or date is cleared and runs again, instead of failing the task.
    skip_when_already_exists: whether the task is skipped instead of failing if there is a run of that id or date.
    fail_when_dag_is_paused: whether the task fails if that DAG is paused.
    wait_for_completion: whether it waits for the end of the run.
    allowed_states: states of the run that are a success; None = ["success"].
    failed_states: states of the run that fail the task; None = ["failed"].
    poke_interval: seconds or timedelta between two looks at the run.
    deferrable: whether it waits in a trigger, without a worker slot. None = as AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE says.
    openlineage_inject_parent_info: accepted, no difference.
    python_callable: as in Airflow 1.10, called with the context and a DagRunOrder, whose run_id and payload it may set; there is no run
        unless it returns one. None = there always is.

    Returns nothing; the run's id is the XCom `trigger_run_id`.
    Raises DagNotFound, DagRunAlreadyExists; AirflowException if the run that it waited for ended in one of failed_states or was deleted.
    Source: Airflow, TriggerDagRunOperator.

    Example:

        from vortex import DAG, BashOperator, TriggerDagRunOperator

        with DAG("example_triggered", schedule=None, params={"region": "eu"}):
            BashOperator(task_id="report", bash_command="echo {{ params.region }}")

        with DAG("example_trigger_dag_run", schedule="@daily"):
            TriggerDagRunOperator(
                task_id="start_report",
                trigger_dag_id="example_triggered",
                conf={"region": "us"},
                wait_for_completion=True,
                poke_interval=1,
            )
    """

    template_fields: Sequence[str] = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    template_fields_renderers = {"conf": "py"}
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: Optional[str] = None,
        conf: Any = None,
        logical_date: Any = NOTSET,
        execution_date: Any = NOTSET,
        run_after: Any = NOTSET,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: Any = 60,
        allowed_states: Optional[List[str]] = None,
        failed_states: Optional[List[str]] = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        note: Optional[str] = None,
        deferrable: Optional[bool] = None,
        openlineage_inject_parent_info: bool = True,
        python_callable: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        # Not kept as the marker itself: it is a template field, and shown.
        date = logical_date if execution_date is NOTSET else execution_date
        self._is_dated = date is not NOTSET
        self.logical_date = date if self._is_dated else None
        self.run_after = None if run_after is NOTSET else run_after
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = read_seconds(poke_interval, "poke_interval", self.task_id).total_seconds()
        self.allowed_states = _states(allowed_states or [DagRunState.SUCCESS], "allowed_states", self.task_id)
        self.failed_states = _states([DagRunState.FAILED] if failed_states is None else failed_states, "failed_states", self.task_id)
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.note = note
        self.deferrable = default_deferrable() if deferrable is None else bool(deferrable)
        if self.run_after is not None:
            self.notices.append("run_after= is ignored by TriggerDagRunOperator: the run starts as soon as there is room")

    def execute(self, context: Any) -> None:
        if self.fail_when_dag_is_paused:
            self._refuse_paused()
        if self.python_callable is not None and not self._is_wanted(context):
            return
        run = self._trigger()
        context["ti"].xcom_push(XCOM_RUN_ID, run.run_id)
        if not self.wait_for_completion:
            return
        if self.deferrable:
            from vortex.triggers.external_task import DagStateTrigger

            states = [*self.allowed_states, *self.failed_states]
            self.defer(
                trigger=DagStateTrigger(dag_id=run.dag_id, run_ids=[run.run_id], states=states, poll_interval=self.poke_interval),
                method_name="execute_complete",
            )
        while not self._is_over(run.run_id, run.state):
            self.log.info("Waits for run %s of %s, which is %s", run.run_id, run.dag_id, run.state)
            time.sleep(self.poke_interval)
            run.refresh_from_db()

    def _is_wanted(self, context: Any) -> bool:
        """Airflow 1.10: a function decides whether there is a run, and gives it its id and conf."""
        order = DagRunOrder(run_id=self.trigger_run_id or f"trig__{timezone.utcnow().isoformat()}", payload=self.conf)
        order = self.python_callable(context, order)
        if not order:
            self.log.info("python_callable wants no run of %s", self.trigger_dag_id)
            return False
        self.trigger_run_id, self.conf = order.run_id, order.payload
        return True

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """`event`: the trigger's class path, and its data with the state of each run by its id."""
        data: Dict[str, Any] = event[1]
        for run_id in data["run_ids"]:
            if not self._is_over(run_id, data.get(run_id)):
                raise AirflowException(f"The run {run_id} of {self.trigger_dag_id} was deleted while the task waited for it.")

    def _is_over(self, run_id: str, state: Any) -> bool:
        if state in self.failed_states:
            raise AirflowException(f"The run {run_id} of {self.trigger_dag_id} ended as {state}.")
        if state in self.allowed_states:
            self.log.info("The run %s of %s is %s", run_id, self.trigger_dag_id, state)
            return True
        return False

    def _refuse_paused(self) -> None:
        from vortex.execution.found_runs import ask

        found = ask("dag.state", dag_id=self.trigger_dag_id)
        if found is None:
            raise DagNotFound(f"There is no DAG {self.trigger_dag_id!r}.")
        if found["is_paused"]:
            raise AirflowException(f"Dag {self.trigger_dag_id} is paused")

    def _trigger(self) -> Any:
        from vortex.execution.found_runs import FoundRun, ask, instant_text

        date = _read_date(self.logical_date)
        run_id = str(self.trigger_run_id) if self.trigger_run_id else f"manual__{(date or timezone.utcnow()).isoformat()}"
        question = {"dag_id": self.trigger_dag_id, "run_id": run_id, "conf": _read_conf(self.conf), "note": self.note}
        dated = {"logical_date": None if date is None else instant_text(date), "without_date": self._is_dated and date is None}
        try:
            run = FoundRun(ask("run.trigger", **question, **dated))
        except DagRunAlreadyExists:
            if self.reset_dag_run:
                return self._reset(run_id, date)
            if self.skip_when_already_exists:
                raise AirflowSkipException(f"The run {run_id} of {self.trigger_dag_id} exists already.") from None
            raise
        self.log.info("Triggered run %s of %s", run.run_id, run.dag_id)
        return run

    def _reset(self, run_id: str, date: Any) -> Any:
        from vortex.execution.found_runs import FoundRun, ask, find_runs, instant_text

        found = find_runs(dag_id=self.trigger_dag_id, run_ids=[run_id])
        if not found and date is not None:
            found = find_runs(dag_id=self.trigger_dag_id, run_type="manual", logical_dates=[instant_text(date)])
        if not found:
            raise AirflowException(f"The run {run_id} of {self.trigger_dag_id} existed and was deleted meanwhile. Try again.")
        run = found[-1]
        self.log.info("Clears run %s of %s, so that it runs again", run.run_id, run.dag_id)
        seen = instant_text(run.queued_at) if run.queued_at is not None else None
        return FoundRun(ask("run.reset", dag_id=run.dag_id, run_id=run.run_id, queued_time=seen))


def _read_date(value: Any) -> Any:
    if value is None or isinstance(value, dt.datetime):
        return None if value is None else timezone.coerce_datetime(value)
    if not isinstance(value, str):
        raise TypeError(f"logical_date must be a datetime, a text or None, not {type(value).__name__}: {value!r}")
    try:
        return timezone.parse(value)
    except Exception:  # noqa: BLE001 - parsers of dates raise many kinds
        raise AirflowException(f"logical_date={value!r} is not a date and time in ISO 8601 form.") from None


def _read_conf(value: Any) -> Dict[str, Any]:
    """Values are left out of messages: they may be secret."""
    try:
        found = json.loads(value) if isinstance(value, str) and value else value or {}
        text = json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"conf parameter should be JSON Serializable: {type(error).__name__} in a {type(value).__name__}") from None
    if not isinstance(found, dict):
        raise ValueError(f"conf must be a dict, not {type(found).__name__}")
    checked: Dict[str, Any] = json.loads(text)
    return checked


def _states(values: Sequence[Any], argument: str, task_id: str) -> List[str]:
    known = [state.value for state in DagRunState]
    found = [str(value) for value in values]
    wrong = [value for value in found if value not in known]
    if wrong:
        raise AirflowException(f"Task {task_id!r}: {argument} are states of a DAG run, {', '.join(known)}, not {wrong[0]!r}.")
    return found
