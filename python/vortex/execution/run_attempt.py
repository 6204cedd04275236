"""
Runs one attempt of a Python task, in a process that was forked for it and ends after it.

Order, as in Airflow: context, environment, templates, on_execute, pre_execute, execute, post_execute, XComs, then the callback of the
outcome. Whatever the author's code raises becomes an outcome (`outcome.py`); its traceback goes to stdout, which is the log.

Invariants: exactly one result document; a value that cannot be stored fails the attempt before it counts as a success; SIGTERM and
the execution timeout call on_kill() once, in the main thread.
"""
from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from inspect import isgeneratorfunction
from types import GeneratorType
from typing import Any, Dict, List

from vortex import assets
from vortex.configuration import conf
from vortex.definitions.xcom_arg import is_mappable
from vortex.exceptions import (
    AirflowException,
    ParamValidationError,
    TaskDeferred,
    UnmappableXComLengthPushed,
    UnmappableXComTypePushed,
    XComForMappingNotPushed,
)
from vortex.execution import connections, masking, variables, xcom_codec
from vortex.execution.callbacks import registered, run_callbacks
from vortex.execution.context import build_context, export_environment
from vortex.execution.current_context import set_current_context
from vortex.execution.dag_run import DagRun
from vortex.execution.instants import utcnow
from vortex.execution.job import check_job
from vortex.execution.outcome import outcome_of
from vortex.execution.task_instance import RETURN_KEY, TaskInstance
from vortex.execution.shown_fields import shown_fields
from vortex.execution.templating import render_now, render_template_fields
from vortex.execution.termination import Termination
from vortex.loading.author_traceback import format_author_traceback
from vortex.loading.bundle import template_folders
from vortex.task_log import say

# Airflow's own default is 1,024; a list that long was a burden for its scheduler.
MAX_MAP_LENGTH = 100_000
MAX_LABEL_CHARS = 250
# `vortex run --debug`: asked once, in the host.
_DEBUGS = "DEBUG_OF_VORTEX_TASK" in os.environ


def execute(job: Dict[str, Any], loaded: Any, channel: Any) -> Dict[str, Any]:
    """The result document: outcome, reason, reason_code, xcoms, skip_task_ids, reschedule_at_ms, deferral_json, deferral_timeout_ms."""
    check_job(job)
    variables.use_source(variables.ControllerSource(channel))
    connections.use_source(connections.ControllerSource(channel))
    masking.use_channel(channel)
    log_to_stdout()
    dag = loaded.dags.get(job["dag_id"])
    if dag is None:
        names = ", ".join(sorted(loaded.dags)[:10]) or "none"
        return _result({"outcome": "failed", "reason": f"{loaded.file} does not define the DAG {job['dag_id']!r} here (it defines: {names})", "reason_code": "missing_dag"})
    if job["dag_callback"] is not None:
        return _run_dag_callback(job, dag, channel)
    task = dag.task_dict.get(job["task_id"])
    if task is None:
        return _result({"outcome": "failed", "reason": f"the DAG {job['dag_id']!r} has no task {job['task_id']!r} here", "reason_code": "missing_task"})
    if _DEBUGS:
        from vortex.testing.debugger import debug_if_asked

        refused = debug_if_asked(task.task_id)
        if refused is not None:
            return _result({"outcome": "failed_final", "reason": refused, "reason_code": "debugger"})
    return _Attempt(job, loaded, dag, task, channel).run()


class _Attempt:
    def __init__(self, job: Dict[str, Any], loaded: Any, dag: Any, task: Any, channel: Any) -> None:
        self._job = job
        self._channel = channel
        self._loaded = loaded
        self._dag = dag
        self._task = task
        self._dag_run = DagRun(job, dag)
        self._ti = TaskInstance(job, task, self._dag_run, channel)
        # Until the context is whole, callbacks see what there is.
        self._context: Dict[str, Any] = {"dag": dag, "task": task, "ti": self._ti, "task_instance": self._ti, "dag_run": self._dag_run, "run_id": job["run_id"], "params": {}}
        self._termination = Termination(task, channel)
        # Of a mapped instance: what tasks have made is no template.
        self._plain_values: List[Any] = []

    def run(self) -> Dict[str, Any]:
        deferral = self._job["deferral"]
        if deferral is not None and deferral["output"]:
            say(deferral["output"] if deferral["output"].endswith("\n") else f"{deferral['output']}\n")
        try:
            with self._termination:
                value = self._run_operator()
                xcoms = self._return_value(value)
                asset_events = self._asset_events(value)
        except TaskDeferred as deferred:
            return self._deferred(deferred)
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the task's own
            return self._ended_with(error)
        finally:
            self._ti.end_date = utcnow()
        self._finish("success", "success")
        found = {"outcome": "success", "reason": "", "reason_code": "", "asset_events": asset_events, **self._label()}
        return _result(found, xcoms, self._ti.skipped_task_ids)

    def _asset_events(self, value: Any) -> List[Dict[str, Any]]:
        """What the task said of its outlets; the engine makes the events of those that it did not speak of."""
        if not assets.are_in_use():
            return []
        from vortex.assets.context import events_of

        return events_of(self._task, value, self._context["outlet_events"])

    def _label(self) -> Dict[str, str]:
        """map_index_template is rendered when the task is over, so that it can name what the task put into the context."""
        template = getattr(self._task, "map_index_template", None)
        if template is None or self._ti.map_index < 0:
            return {}
        try:
            self._ti.rendered_map_index = str(render_now(self._task, template, self._context))[:MAX_LABEL_CHARS]
        except Exception as error:  # noqa: BLE001 - a label is no reason to fail
            say(f"map_index_template could not be rendered: {type(error).__name__}: {error}")
            return {}
        return {"rendered_map_index": self._ti.rendered_map_index}

    def _become_instance(self) -> None:
        """Of a mapped task: from here on this is the real operator, with the arguments of its map index."""
        if self._task.expand_input is None:
            return
        self._task, self._plain_values = self._task.unmap(self._context, self._ti.map_index)
        self._ti.task = self._context["task"] = self._task
        self._termination.task = self._task

    def _run_operator(self) -> Any:
        task, context = self._task, self._context
        context.update(build_context(self._job, self._dag, task, self._dag_run, self._ti))
        export_environment(self._job, self._dag, task)
        set_current_context(context)
        self._become_instance()
        task = self._task
        folders = template_folders(self._loaded.root, self._loaded.path, self._dag)
        if render_template_fields(task, context, folders, self._plain_values):
            self._channel.tell("rendered", fields=shown_fields(task))
        context["templates_dict"] = getattr(task, "templates_dict", None)
        run_callbacks(task, "execute", context)
        _whole(_hook(task, "pre_execute", context), context)
        value = self._work()
        _whole(_hook(task, "post_execute", context, value), context)
        return value

    def _work(self) -> Any:
        task, context, deferral = self._task, self._context, self._job["deferral"]
        if deferral is not None:
            from vortex.execution.deferral import resume

            return resume(task, deferral, context, self._ti)
        if getattr(task, "start_from_trigger", False):
            from vortex.execution.deferral import started_by_trigger

            waits_for = started_by_trigger(task)
            if waits_for is not None:
                raise waits_for
        value = task.execute(context)
        return _whole(value, context) if isgeneratorfunction(task.execute) else value

    def _deferred(self, deferred: TaskDeferred) -> Dict[str, Any]:
        """No callback: the task is on its way. A wait that cannot be stored fails it."""
        from vortex.execution.deferral import deferral_of

        try:
            found = deferral_of(self._task, deferred)
        except Exception as error:  # noqa: BLE001 - serialize() is the author's
            return self._ended_with(error)
        say(f"Waits for {type(deferred.trigger).__name__}, then goes on with {deferred.method_name}()\n")
        return _result(found)

    def _return_value(self, value: Any) -> List[Dict[str, Any]]:
        """XComs that belong to the same commit as the success."""
        task = self._task
        map_length = self._map_length(value)
        if value is None or not getattr(task, "do_xcom_push", True):
            return []
        values = {RETURN_KEY: value}
        if getattr(task, "multiple_outputs", False):
            if not isinstance(value, Mapping):
                raise AirflowException(f"The task has multiple_outputs and returned a {type(value).__name__}; it must return a dict.")
            wrong = [key for key in value if not isinstance(key, str)]
            if wrong:
                raise AirflowException(f"The task has multiple_outputs; the key {wrong[0]!r} of its dict is not a text.")
            values = {**value, RETURN_KEY: value}
        cap = self._job["xcom_cap_bytes"]
        xcoms: List[Dict[str, Any]] = [{"key": key, "value_json": xcom_codec.encode(item, cap, key)} for key, item in values.items()]
        if map_length is not None:
            next(xcom for xcom in xcoms if xcom["key"] == RETURN_KEY)["map_length"] = map_length
        return xcoms

    def _map_length(self, value: Any) -> "int | None":
        """How many items the value has, if others are mapped over it. A value that they can't be mapped over fails this task (Airflow)."""
        if self._ti.task_id not in self._dag.mapping_sources():
            return None
        if self._ti.map_index >= 0:
            return None if value is None else 1
        if value is None or not getattr(self._task, "do_xcom_push", True):
            raise XComForMappingNotPushed("other tasks are mapped over what this task returns, and it returned nothing")
        if not is_mappable(value):
            raise UnmappableXComTypePushed(f"other tasks are mapped over what this task returns: it must be a list or a dict, not {type(value).__name__}")
        limit = conf.getint("core", "max_map_length", fallback=MAX_MAP_LENGTH)
        if len(value) > limit:
            raise UnmappableXComLengthPushed(f"other tasks are mapped over what this task returns: {len(value):,} items, and the limit is {limit:,} (AIRFLOW__CORE__MAX_MAP_LENGTH)")
        return len(value)

    def _ended_with(self, error: BaseException) -> Dict[str, Any]:
        found = outcome_of(error)
        if found["outcome"] == "skipped":
            say(f"Skipped: {found['reason']}\n")
            self._finish("skipped", "skipped")
        elif found["outcome"] != "rescheduled":
            say(format_author_traceback(error))
            self._context["exception"] = error
            retries = found["outcome"] == "failed" and self._ti.is_eligible_to_retry()
            if found["reason_code"] != "killed":
                self._finish("retry" if retries else "failure", "up_for_retry" if retries else "failed")
        # A skip that was asked for counts only with a success.
        return _result(found)

    def _finish(self, callback: str, state: str) -> None:
        self._ti.state = state
        run_callbacks(self._task, callback, self._context)
        if callback in ("failure", "retry") and getattr(self._task, "email", None):
            from vortex.execution.alerts import send_alert

            send_alert(self._task, callback, self._context)


def _hook(task: Any, name: str, *arguments: Any) -> Any:
    """The operator's own pre_execute or post_execute; BaseOperator's calls the one that was given as an argument."""
    method = getattr(task, name, None)
    return method(*arguments) if callable(method) else None


def _whole(result: Any, context: Dict[str, Any]) -> Any:
    """A method that yields is run to its end: what it yields is Metadata of assets."""
    if not isinstance(result, GeneratorType):
        return result
    from vortex.assets.metadata import take_yielded

    return take_yielded(result, context)


def _run_dag_callback(job: Dict[str, Any], dag: Any, channel: Any) -> Dict[str, Any]:
    kind, reason = job["dag_callback"]["kind"], job["dag_callback"]["reason"]
    dag_run = DagRun(job, dag)
    dag_run.state = "success" if kind == "success" else "failed"
    task = dag.task_dict.get(job["task_id"])
    ti = TaskInstance(job, task, dag_run, channel)
    ti.state = dag_run.state
    try:
        context = build_context(job, dag, task, dag_run, ti)
    except ParamValidationError:
        # The run failed because its params do not fit: the callback is how the author hears of it.
        context = {"dag": dag, "task": task, "ti": ti, "task_instance": ti, "dag_run": dag_run, "run_id": dag_run.run_id, "params": dict(dag_run.conf)}
    context["reason"] = reason
    set_current_context(context)
    if not registered(dag, kind):
        return _result({"outcome": "failed", "reason": f"the DAG has no on_{kind}_callback here", "reason_code": "missing_callback"})
    run_callbacks(dag, kind, context)
    return _result({"outcome": "success", "reason": "", "reason_code": ""})


def _result(found: Dict[str, Any], xcoms: Any = (), skip_task_ids: Any = ()) -> Dict[str, Any]:
    document = {"xcoms": list(xcoms), "skip_task_ids": list(skip_task_ids), "reschedule_at_ms": 0, "deferral_json": "", "deferral_timeout_ms": 0}
    document.update(found)
    return document


def log_to_stdout() -> None:
    """
    Records of the logging module go to the task's log, unless the DAG file has set up logging itself. A task host calls it after the
    import, so that its children find it done.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s %(name)s - %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
