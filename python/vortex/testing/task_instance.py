"""
Task instances of runs in this process: those of a run that ended, and those that a test makes by hand, `TaskInstance(task=..., ...)`.
Source: Airflow best-practices "Unit tests and mocking" and TaskInstance.run.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, cast

from vortex.exceptions import AirflowException, AirflowSkipException
from vortex.execution import xcom_codec
from vortex.execution.context import build_context
from vortex.execution.task_instance import RETURN_KEY, TaskInstance
from vortex.testing.channel import MemoryChannel
from vortex.testing.instances import Instance
from vortex.testing.local_run import LocalRun


class LocalTaskInstance(TaskInstance):
    """
    Airflow's TaskInstance: state, `run()`, `render_templates()`, `get_template_context()`, `xcom_pull()`; and for tests `output` (the end
    of its log), `error` (what its last try raised), `reason`, `value` (its return value), `rendered_fields`.
    """

    def __init__(self, run: LocalRun, instance: Instance) -> None:
        self._instance = instance
        super().__init__(run.job(instance), run.dag.task_dict.get(instance.task_id), run, MemoryChannel(run.store, run, instance))
        self.refresh_from_db()

    @classmethod
    def of(cls, run: LocalRun, instance: Instance) -> "LocalTaskInstance":
        return type.__call__(cls, run, instance)  # type: ignore[no-any-return]

    @classmethod
    def by_hand(
        cls,
        task: Any,
        execution_date: Any = None,
        run_id: Optional[str] = None,
        state: Optional[str] = None,
        map_index: int = -1,
        *,
        logical_date: Any = None,
        dag_version_id: Any = None,
    ) -> "LocalTaskInstance":
        """`TaskInstance(task=..., execution_date=...)`, `TaskInstance(task, run_id=...)`: of that run, which is made if there is none."""
        from vortex.testing.store import process_store

        store = process_store()
        date = logical_date if logical_date is not None else execution_date
        run = None if run_id is None else store.run(task.dag_id, run_id)
        if run is None:
            run = LocalRun.create(task.dag, store, logical_date=date or task.start_date or _now(), run_id=run_id)
            store.add_run(run)
        found = run.instances.at(task.task_id, map_index) or run.instances.by_task[task.task_id][0]
        if state is not None:
            run.instances.move(found, str(state))
        made = cls.of(run, found)
        made.task = task
        return made

    # What tests ask

    @property
    def name(self) -> str:
        """`task_id`, or `task_id[map_index]`."""
        return self._instance.name

    @property
    def output(self) -> str:
        return self._instance.log

    @property
    def error(self) -> Optional[BaseException]:
        return self._instance.error

    @property
    def reason(self) -> str:
        return self._instance.reason

    @property
    def rendered_fields(self) -> Dict[str, str]:
        """By name, as the dashboard shows them: text as it is, anything else as JSON."""
        return {field["name"]: field["value"] for field in self._instance.rendered_fields}

    @property
    def value(self) -> Any:
        """What it returned; None if it returned nothing."""
        text = self.dag_run.xcoms.get((self.task_id, self.map_index, RETURN_KEY))
        return None if text is None else xcom_codec.decode(text)

    # As Airflow's

    def run(
        self,
        verbose: bool = True,
        ignore_all_deps: bool = False,
        ignore_depends_on_past: bool = False,
        wait_for_past_depends_before_skipping: bool = False,
        ignore_task_deps: bool = False,
        ignore_ti_state: bool = False,
        mark_success: bool = False,
        test_mode: bool = False,
        pool: Optional[str] = None,
        session: Any = None,
        **_: Any,
    ) -> None:
        """
        Runs the task, its callbacks and what it waits for, whatever the tasks above it have done. Raises what the task raised; a retry is
        left to the next call. Upstream dependencies are not looked at: Airflow would run nothing and say nothing.
        """
        if self._instance.is_finished and self._instance.state == "success" and not (ignore_ti_state or ignore_all_deps):
            return
        run = self.dag_run
        if mark_success:
            run.instances.move(self._instance, "success", "marked as success")
        else:
            self._run_once()
        self.refresh_from_db()
        error = self._instance.error
        if error is not None and self.state in ("failed", "up_for_retry") and not isinstance(error, AirflowSkipException):
            raise error
        if error is None and self.state in ("failed", "up_for_retry"):
            raise AirflowException(self._instance.reason)

    def _run_once(self) -> None:
        from vortex.testing.runner import Runner

        task, run = self.task, cast(LocalRun, self.dag_run)
        before = run.dag.task_dict.get(self.task_id)
        run.dag.task_dict[self.task_id] = task
        try:
            self._instance.error = None
            Runner(run)._attempt(self._instance)
        finally:
            if before is not None:
                run.dag.task_dict[self.task_id] = before

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        one = self._instance
        self.state: Any = None if one.state == "none" else one.state
        self.map_index, self.start_date, self.end_date = one.map_index, one.start_date, one.end_date
        self.try_number, self.max_tries = one.try_number, one.max_tries - 1
        self.rendered_map_index = one.rendered_map_index
        if one.start_date is not None and one.end_date is not None:
            self.duration = (one.end_date - one.start_date).total_seconds()

    def refresh_from_task(self, task: Any, pool_override: Optional[str] = None) -> None:
        self.task = task

    def current_state(self, session: Any = None) -> Any:
        self.refresh_from_db()
        return self.state

    def set_state(self, state: Any, session: Any = None) -> None:
        self.dag_run.instances.move(self._instance, "none" if state is None else str(state))
        self.refresh_from_db()

    def get_template_context(self, *_: Any, **__: Any) -> Dict[str, Any]:
        """The context that the task would have. Raises ParamValidationError if the run's conf does not fit its params."""
        return build_context(self.dag_run.job(self._instance), self.dag_run.dag, self.task, self.dag_run, self)

    def render_templates(self, context: Any = None, jinja_env: Any = None) -> Any:
        """Renders the template fields of `ti.task` in place, and returns the task."""
        self.task.render_template_fields(context or self.get_template_context(), jinja_env)
        return self.task

    def clear_xcom_data(self, session: Any = None) -> None:
        self.dag_run.drop_xcoms(self._instance)

    @property
    def previous_ti(self) -> Any:
        earlier = self.dag_run.store.before(self.dag_run)
        return earlier[0].get_task_instance(self.task_id, map_index=self.map_index) if earlier else None

    def get_num_running_task_instances(self, *_: Any, **__: Any) -> int:
        return 0


def _now() -> Any:
    from vortex.execution.instants import utcnow

    return utcnow()
