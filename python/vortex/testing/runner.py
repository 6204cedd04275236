"""
Runs a DAG run to its end in this process: a small scheduler around vortex.execution, one task instance after the other. Source of its
behaviour: Airflow core-concepts/debug and DAG.test().
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Callable, Dict, List, Optional

from vortex.execution import execute
from vortex.execution.instants import utcnow
from vortex.loading.search_path import extend_sys_path
from vortex.task_log import say
from vortex.testing.attempt import loaded_of, own_surroundings, run_attempt
from vortex.testing.channel import MemoryChannel
from vortex.testing.clock import Clock, SkippingClock
from vortex.testing.decisions import settle
from vortex.testing.inline_trigger import event_of
from vortex.testing.instances import Instance
from vortex.testing.local_run import LocalRun
from vortex.testing.output import TaskOutput

_MAX_BACKOFF_S = 24 * 3600.0


class Runner:
    """
    sleep: whether pokes and retries wait (True), or their waits are passed over. mark_success_pattern: regular expression of ids of
    tasks that count as successful without running. tasks: only these run, the others count as successful. quiet: what tasks print is
    kept, not shown. debug: {task_id: called before the task}.
    """

    def __init__(
        self,
        run: LocalRun,
        *,
        sleep: bool = True,
        mark_success_pattern: Any = None,
        tasks: Optional[List[str]] = None,
        quiet: bool = False,
        report: Optional[Callable[[str], None]] = None,
        debug: Optional[Dict[str, Callable[[], None]]] = None,
    ) -> None:
        self._run = run
        self._clock = Clock() if sleep else SkippingClock()
        self._pattern = re.compile(mark_success_pattern) if mark_success_pattern is not None else None
        self._tasks = None if tasks is None else {run.dag.get_task(task_id).task_id for task_id in tasks}
        self._quiet = quiet
        self._report = report or (lambda _: None)
        self._debug = debug or {}
        # Waiting for their time: a retry or the next poke.
        self._waiting: List[Instance] = []
        self._last: Optional[Instance] = None

    def run(self) -> LocalRun:
        """The run in its final state."""
        run = self._run
        extend_sys_path(loaded_of(run).root)
        run.state, run.start_date = "running", run.start_date or utcnow()
        if self._tasks is not None:
            for one in run.instances:
                if one.task_id not in self._tasks and not one.is_finished:
                    run.instances.move(one, "success", "not asked for")
        with self._clock:
            self._began = self._clock.now()
            self._work()
            self._finish()
            self._call_back()
        return run

    def run_one(self, instance: Instance) -> None:
        """Only this task instance, with its tries, whatever is above it."""
        with self._clock:
            self._attempt(instance)
            while instance in self._waiting:
                self._wait_for(instance)
                self._waiting.remove(instance)
                self._attempt(instance)

    def _work(self) -> None:
        instances, ready = self._run.instances, []  # type: Any, List[Instance]
        while not self._is_late():
            ready += settle(instances)
            due = [one for one in self._waiting if (one.due or 0) <= self._clock.now()]
            following = next((one for one in [*due, *ready] if one.state in ("none", "up_for_retry", "up_for_reschedule")), None)
            if following is None:
                if not self._waiting:
                    return
                self._wait_for(min(self._waiting, key=lambda one: one.due or 0))
                continue
            if following in ready:
                ready.remove(following)
            else:
                self._waiting.remove(following)
            self._attempt(following)

    def _wait_for(self, instance: Instance) -> None:
        seconds = (instance.due or 0) - self._clock.now()
        if seconds >= 1 and not isinstance(self._clock, SkippingClock):
            self._report(f"{instance.name}: waits {seconds:.0f} s for its next {'try' if instance.state == 'up_for_retry' else 'poke'}")
        self._clock.wait(seconds)

    def _is_late(self) -> bool:
        """dagrun_timeout: what has not run is skipped, and the run fails."""
        timeout = self._run.dag.dagrun_timeout
        if timeout is None or self._clock.now() - self._began <= timeout.total_seconds():
            return False
        self._run.reason = "timed_out"
        for one in self._run.instances:
            if not one.is_finished:
                self._run.instances.move(one, "skipped", f"dagrun_timeout of {timeout}")
        return True

    def _attempt(self, instance: Instance) -> None:
        run = self._run
        if self._is_marked(instance.task_id):
            run.instances.move(instance, "success", "marked as success")
            instance.start_date = instance.end_date = utcnow()
            self._report(f"{instance.name}: success, marked")
            return
        self._begin(instance)
        result, channel = run_attempt(run, instance, quiet=self._quiet, debug=self._debug.get(instance.task_id))
        instance.rendered_fields = channel.told.get("rendered", {}).get("fields", instance.rendered_fields)
        while result["outcome"] == "deferred":
            run.instances.move(instance, "deferred", result["reason"])
            instance.deferral = event_of(run, instance, result, self._clock, self._quiet)
            run.instances.move(instance, "running")
            instance.attempt += 1
            result, channel = run_attempt(run, instance, quiet=self._quiet)
        self._ended(instance, result)

    def _is_marked(self, task_id: str) -> bool:
        return self._pattern is not None and self._pattern.fullmatch(task_id) is not None

    def _begin(self, instance: Instance) -> None:
        instance.attempt += 1
        if instance.state != "up_for_reschedule":
            instance.try_number += 1
            instance.deferral = None
            self._run.drop_xcoms(instance)
        instance.start_date = instance.start_date or utcnow()
        self._run.instances.move(instance, "running")

    def _ended(self, instance: Instance, result: Dict[str, Any]) -> None:
        run, outcome, self._last = self._run, result["outcome"], instance
        instance.end_date, instance.reason = utcnow(), result["reason"]
        instance.rendered_map_index = result.get("rendered_map_index") or instance.rendered_map_index
        if outcome in ("success", "skipped", "rescheduled"):
            for xcom in result["xcoms"]:
                run.put_xcom(instance, xcom["key"], xcom["value_json"])
                instance.map_length = xcom.get("map_length", instance.map_length)
        if outcome == "success":
            self._skip_chosen(instance, result["skip_task_ids"])
            self._keep_events(instance, result)
            run.instances.move(instance, "success")
        elif outcome == "skipped":
            run.instances.move(instance, "skipped")
        elif outcome == "rescheduled":
            instance.waiting_since = instance.waiting_since or instance.start_date
            self._wait(instance, "up_for_reschedule", result["reschedule_at_ms"] / 1000)
        elif outcome == "failed" and instance.try_number < instance.max_tries:
            self._wait(instance, "up_for_retry", self._clock.now() + self._retry_delay(instance))
        else:
            run.instances.move(instance, "failed")
            if run.dag.fail_fast and not run.graph.tasks[instance.task_id].is_teardown:
                self._fail_fast(instance)
        self._report(f"{instance.name}: {instance.state}{f', {instance.reason}' if instance.reason else ''}")

    def _wait(self, instance: Instance, state: str, due: float) -> None:
        instance.due = due
        self._run.instances.move(instance, state)
        self._waiting.append(instance)

    def _retry_delay(self, instance: Instance) -> float:
        """Without the jitter that keeps tasks of a server apart."""
        task = self._run.graph.tasks[instance.task_id]
        delay, factor = task.retry_delay.total_seconds(), float(task.retry_exponential_backoff)
        if factor in (0, 1):
            return float(delay)
        grown = max(1.0, min(delay * factor ** (instance.try_number - 1), _MAX_BACKOFF_S))
        return grown if task.max_retry_delay is None else min(grown, task.max_retry_delay.total_seconds())

    def _skip_chosen(self, branch: Instance, task_ids: List[str]) -> None:
        """A mapped branch decides for its own index, and for nothing that has none (Airflow)."""
        instances = self._run.instances
        for task_id in task_ids:
            for other in instances.by_task.get(task_id, ()):
                if branch.map_index >= 0 and other.map_index != branch.map_index:
                    continue
                if other.state in ("none", "up_for_retry"):
                    instances.move(other, "skipped", f"not chosen by {branch.task_id}")
                    if other in self._waiting:
                        self._waiting.remove(other)

    def _fail_fast(self, failed: Instance) -> None:
        instances = self._run.instances
        for other in instances:
            if not other.is_finished and not self._run.graph.tasks[other.task_id].is_teardown:
                instances.move(other, "skipped", f"{failed.name} failed and the DAG is fail_fast")
        self._waiting.clear()

    def _keep_events(self, instance: Instance, result: Dict[str, Any]) -> None:
        from vortex import assets

        if assets.are_in_use():
            from vortex.testing.asset_events import events_of

            self._run.store.asset_events += events_of(self._run, instance, result.get("asset_events") or [])

    def _finish(self) -> None:
        """The deciding tasks (leaves) give the state. Instances that nothing lets start any more are a deadlock."""
        run = self._run
        unfinished = [one.name for one in run.instances if not one.is_finished]
        failed = any(one.state in ("failed", "upstream_failed") for task_id in run.graph.deciders for one in run.instances.by_task[task_id])
        if not run.reason and unfinished:
            run.reason = "all_tasks_deadlocked"
            self._report(f"nothing lets these start: {', '.join(unfinished[:20])}")
        run.state = "failed" if failed or run.reason else "success"
        run.reason = run.reason or ("task_failure" if failed else "")
        run.end_date = utcnow()
        took = run.end_date - run.start_date if run.start_date is not None else dt.timedelta()
        self._report(f"{run.dag_id} {run.run_id}: {run.state} in {took.total_seconds():.2f} s")

    def _call_back(self) -> None:
        run, kind = self._run, "success" if self._run.state == "success" else "failure"
        if not getattr(run.dag, f"on_{kind}_callback", None) or not run.dag.task_dict:
            return
        wanted = "success" if kind == "success" else "failed"
        last = max((one for one in run.instances if one.state == wanted and one.end_date), key=lambda one: one.end_date, default=None)
        instance = last or next(iter(run.instances))
        job = {**run.job(instance), "dag_callback": {"kind": kind, "reason": run.reason or "success"}}
        with own_surroundings(run, instance.task_id), TaskOutput(run.store.masked, self._quiet):
            execute(job, loaded_of(run), MemoryChannel(run.store, run, instance))


def report_line(line: str) -> None:
    """How `dag.test()` tells what happens."""
    say(f"[dag.test] {line}\n")
