"""A task as data: TaskSpec of server/contract/dagSpec.ts. Decides which tasks need no Python to run."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from vortex import assets
from vortex.definitions.base_operator import BaseOperator
from vortex.definitions.notices import Notices
from vortex.exceptions import DagInvalid
from vortex.json_values import instant, milliseconds, to_json
from vortex.operators.bash import BashOperator
from vortex.operators.empty import EmptyOperator

CALLBACKS = ("execute", "success", "failure", "retry", "skipped")
_TEMPLATE_MARKS = ("{{", "{%", "{#")
# Columns of PostgreSQL hold 2**31 - 1; a task instance's tries also count its pokes. Authors write sys.maxsize for "without end".
MAX_COUNT = 1_000_000_000
# As Airflow's: what is beyond it counts as much.
MAX_WEIGHT = 2**31 - 1
# As many as a pool may have.
MAX_POOL_SLOTS = 1_000_000
# Linux's limit for one argument of a new process is 128 KiB; the Python side knows another way.
MAX_PLAIN_COMMAND_BYTES = 120 * 1024


def serialize_task(task: Any, dag: Any, dag_start: Any, notices: Notices) -> Dict[str, Any]:
    notices.add_all(task.notices, task.task_id)
    callbacks = [kind for kind in CALLBACKS if getattr(task, f"on_{kind}_callback", None)]
    bash = _plain_bash(task, dag, callbacks)
    kind = "bash" if bash is not None else "empty" if _is_empty(task, callbacks) else "python"
    group = task.task_group
    spec = {
        "task_id": task.task_id,
        "task_display_name": str(task.task_display_name) if task.task_display_name not in (None, task.task_id) else None,
        "operator": task.operator_name,
        "kind": kind,
        "bash": bash,
        "group_id": group.group_id if group is not None else None,
        "owner": str(task.owner),
        "doc_md": _doc(task),
        "ui_color": str(task.ui_color),
        "trigger_rule": str(task.trigger_rule),
        "retries": as_count(task.retries or 0, "retries", dag, 0, task),
        "retry_delay_ms": milliseconds(task.retry_delay),
        "retry_exponential_backoff": float(task.retry_exponential_backoff),
        "max_retry_delay_ms": milliseconds(task.max_retry_delay),
        "execution_timeout_ms": milliseconds(task.execution_timeout, 1),
        "depends_on_past": bool(task.depends_on_past),
        "ignore_first_depends_on_past": bool(task.ignore_first_depends_on_past),
        "wait_for_downstream": bool(task.wait_for_downstream),
        "wait_for_past_depends_before_skipping": bool(task.wait_for_past_depends_before_skipping),
        "priority_weight": max(-MAX_WEIGHT, min(MAX_WEIGHT, task.priority_weight)),
        "weight_rule": str(task.weight_rule),
        "pool": str(task.pool),
        "pool_slots": _pool_slots(task, dag),
        "queue": str(task.queue),
        "max_active_tis_per_dag": _limit(task, "max_active_tis_per_dag", dag),
        "max_active_tis_per_dagrun": _limit(task, "max_active_tis_per_dagrun", dag),
        # Only what differs from the DAG's own: a run before the DAG's start does not exist.
        "start_date": None if task.start_date == dag_start else instant(task.start_date),
        "end_date": None if task.end_date == dag.end_date else instant(task.end_date),
        "do_xcom_push": bool(task.do_xcom_push),
        "is_setup": bool(task.is_setup),
        "is_teardown": bool(task.is_teardown),
        "on_failure_fail_dagrun": bool(task.on_failure_fail_dagrun),
        "callbacks": callbacks,
        "secrets": dict(task.secrets),
        "template_fields": _template_fields(task),
        "stub_package": task.stub_package,
    }
    if task.expand_input is not None:
        spec["map_length"] = task.expand_input.length_program()
    if assets.are_in_use():
        _add_assets(spec, task, notices)
    return spec


def _add_assets(spec: Dict[str, Any], task: Any, notices: Notices) -> None:
    from vortex.assets.serialization import asset_refs, outlet_refs

    for name, refs_of in (("outlets", outlet_refs), ("inlets", asset_refs)):
        refs = refs_of(getattr(task, name), f"Task {task.task_id!r}", notices)
        if refs:
            spec[name] = refs


def as_count(value: Any, argument: str, dag: Any, least: int, task: Any = None) -> int:
    """
    A whole number that the schema takes; a billion stands for whatever is more. Attributes may be set after construction, so they
    are read again here.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value % 1 != 0 or value < least:
        raise DagInvalid(f"{_where(dag, task)}: {argument} must be a whole number of {least} or more, not {value!r}.")
    return min(MAX_COUNT, int(value))


def _where(dag: Any, task: Any) -> str:
    return f"DAG {dag.dag_id!r}" + (f", task {task.task_id!r}" if task is not None else "")


def _limit(task: Any, argument: str, dag: Any) -> Optional[int]:
    value = getattr(task, argument)
    return None if value is None else as_count(value, argument, dag, 1, task)


def _pool_slots(task: Any, dag: Any) -> int:
    """More than any pool can have is no wish for very many: the task would wait for ever."""
    slots = as_count(task.pool_slots, "pool_slots", dag, 1, task)
    if slots > MAX_POOL_SLOTS:
        raise DagInvalid(f"{_where(dag, task)}: pool_slots must be at most {MAX_POOL_SLOTS:,}, not {task.pool_slots!r}.")
    return slots


def _doc(task: Any) -> Optional[str]:
    for text in (task.doc_md, task.doc, task.doc_rst):
        if text is not None:
            return str(text)
    return None


def _template_fields(task: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name in task.template_fields:
        value = getattr(task, name, None)
        if value is not None and value != () and value != {}:
            found[str(name)] = to_json(value)
    return found


def _is_untouched(task: Any, callbacks: List[str]) -> bool:
    """Nothing of the author's Python would run around execute."""
    kind = type(task)
    return (
        not callbacks
        and task._pre_execute_hook is None
        and task._post_execute_hook is None
        and kind.pre_execute is BaseOperator.pre_execute
        and kind.post_execute is BaseOperator.post_execute
        and "execute" not in vars(task)
    )


def _is_empty(task: Any, callbacks: List[str]) -> bool:
    return isinstance(task, EmptyOperator) and type(task).execute is EmptyOperator.execute and _is_untouched(task, callbacks)


def _plain_bash(task: Any, dag: Any, callbacks: List[str]) -> Optional[Dict[str, Any]]:
    """
    The command, if a worker may start it without Python: no template, no callback, no output processor, nothing that a subclass
    could have changed.
    """
    if type(task) is not BashOperator or not _is_untouched(task, callbacks):
        return None
    if task.task_id in dag.mapping_sources():
        # Its result must be a list; only Python looks at it.
        return None
    if task.email and (task.email_on_failure or task.email_on_retry):
        # The mail about a failure is sent by Python.
        return None
    if task.has_output_processor or task.multiple_outputs or task.map_index_template:
        return None
    if task.output_encoding.lower().replace("_", "-") not in ("utf-8", "utf8") or dag.jinja_environment_kwargs:
        return None
    cwd = os.fspath(task.cwd) if isinstance(task.cwd, os.PathLike) else task.cwd
    extensions = tuple(task.template_ext or ())
    if not _is_plain(task.bash_command, extensions) or not (cwd is None or _is_plain(cwd, extensions)):
        return None
    env = task.env
    if env is not None and not (
        isinstance(env, dict) and all(isinstance(name, str) and _is_plain(value, extensions) for name, value in env.items())
    ):
        return None
    return {
        "command": task.bash_command,
        "env": None if env is None else dict(env),
        "append_env": bool(task.append_env),
        "cwd": cwd,
        "skip_on_exit_codes": list(task.skip_on_exit_code),
    }


def _is_plain(text: Any, extensions: "tuple[str, ...]") -> bool:
    """A text that Jinja would hand back as it is, and that may be an argument of a process."""
    return (
        isinstance(text, str)
        and not any(mark in text for mark in _TEMPLATE_MARKS)
        and not (extensions and text.endswith(extensions))
        and "\0" not in text
        and len(text.encode("utf-8", "surrogatepass")) <= MAX_PLAIN_COMMAND_BYTES
        and _is_encodable(text)
    )


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
