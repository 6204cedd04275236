"""
A DAG as data: the JSON of DagSpec in server/contract/dagSpec.ts, exactly its fields. The same file gives the same JSON, so that a new
DAG version appears only when something changed.

Raises a DagInvalid (cycle, duplicate, schedule, params) in the author's words.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from vortex.definitions.graph import topological_order
from vortex.definitions.notices import Notices
from vortex.definitions.params import Param, is_static
from vortex.definitions.rules import TriggerRule
from vortex.definitions.timetables import ContinuousTimetable, Timetable, read_schedule
from vortex.exceptions import DagInvalid
from vortex.json_values import exact_json, instant, milliseconds, words_for
from vortex.serialize_task import as_count, serialize_task
from vortex.timezone import name_of

DAG_SPEC_FORMAT = 1
# doc_md files and texts are shown on the DAG page; longer ones are cut.
MAX_DOC_CHARS = 200_000


def serialize_dag(dag: Any, *, file: str, dialect: Optional[str] = None) -> Dict[str, Any]:
    """`file`: path of the DAG file, relative to the DAG folder, with forward slashes. `dialect`: '2' or '3', by default the DAG's own."""
    dialect = dialect or dag.dialect
    dag.settle()
    topological_order(dag)
    notices = Notices()
    for line in dag.notices.lines():
        notices.add(line)
    zone = name_of(dag.timezone, dag.start_date)
    timetable = read_schedule(dag.schedule, dag.timezone, dialect, dag.dag_id)
    spec = _timetable(dag, timetable, notices)
    condition = _asset_condition(dag, timetable, notices)
    start = _earliest(dag)
    catchup = None if dag.catchup is None else bool(dag.catchup)
    _check_start(dag, spec, start, catchup, dialect, notices)
    tasks = [serialize_task(task, dag, start, notices) for task in dag.task_dict.values()]
    _check_fail_fast(dag)
    callbacks = [kind for kind in ("success", "failure") if getattr(dag, f"on_{kind}_callback", None)]
    found: Dict[str, Any] = {
        "format": DAG_SPEC_FORMAT,
        "dag_id": dag.dag_id,
        "dag_display_name": str(dag.dag_display_name) if dag.dag_display_name != dag.dag_id else None,
        "description": None if dag.description is None else str(dag.description),
        "doc_md": read_doc(dag),
        "dialect": dialect,
        "file": file,
        "owner": dag.owner,
        "tags": [str(tag) for tag in dag.tags],
        "timezone": zone,
        "start_date": instant(start),
        "end_date": instant(dag.end_date),
        "timetable": spec,
        "schedule": _schedule_words(dag, timetable),
        "catchup": catchup,
        "max_active_runs": _active_runs(dag, timetable),
        "max_active_tasks": as_count(dag.max_active_tasks, "max_active_tasks", dag, 1),
        "dagrun_timeout_ms": milliseconds(dag.dagrun_timeout, 1),
        "max_consecutive_failed_dag_runs": as_count(dag.max_consecutive_failed_dag_runs, "max_consecutive_failed_dag_runs", dag, 0),
        "fail_fast": bool(dag.fail_fast),
        "is_paused_upon_creation": None if dag.is_paused_upon_creation is None else bool(dag.is_paused_upon_creation),
        "params": _params(dag, is_planned=spec["type"] != "null" or bool(condition)),
        "callbacks": callbacks,
        "tasks": tasks,
        "edges": _edges(dag),
        "task_groups": [_group(group) for group in dag.task_group.iter_groups()],
        "notices": notices.lines(),
    }
    if condition:
        found["asset_condition"] = condition
    return found


def _asset_condition(dag: Any, timetable: Timetable, notices: Notices) -> List[Dict[str, Any]]:
    """Empty = no assets start runs."""
    condition = getattr(timetable, "asset_condition", None)
    if condition is None:
        return []
    from vortex.assets.serialization import condition_steps

    steps = condition_steps(condition, f"DAG {dag.dag_id!r}", notices)
    if not steps:
        notices.add("the schedule names no asset; the DAG runs when somebody or something triggers it")
    return steps


def _timetable(dag: Any, timetable: Timetable, notices: Notices) -> Dict[str, Any]:
    """With an asset condition the time is a timetable of its own."""
    timed = getattr(timetable, "timetable", None) if getattr(timetable, "asset_condition", None) is not None else None
    planned = timed if isinstance(timed, Timetable) else timetable
    planned.validate()
    if _is_own_class(planned):
        from vortex.definitions.computed_schedule import Bounds, computed_spec

        return computed_spec(planned, dag.dag_id, Bounds(_earliest(dag), dag.end_date, bool(dag.catchup)), notices)
    spec = timetable.spec()
    if spec is not None:
        return spec
    notices.add(f"the schedule {timetable.summary} cannot be planned by VORTEX; the DAG runs when somebody or something triggers it")
    return {"type": "null"}


def _is_own_class(timetable: Timetable) -> bool:
    """Cheap for what nearly all DAGs have."""
    if type(timetable).__module__ == Timetable.__module__:
        return False
    from vortex.definitions.computed_schedule import is_own_class

    return is_own_class(timetable)


def _schedule_words(dag: Any, timetable: Timetable) -> Optional[str]:
    """As the author wrote it."""
    schedule = dag.schedule
    if schedule is None:
        return None
    return (
        str(schedule)
        if isinstance(schedule, str)
        else timetable.summary
        if isinstance(schedule, Timetable)
        else words_for(timetable.summary)
    )


def _earliest(dag: Any) -> Any:
    """The effective start: the first of the DAG's and its tasks' start dates (Airflow's rule)."""
    dates = [task.start_date for task in dag.task_dict.values() if task.start_date is not None]
    for own in (dag.start_date, dag.default_args.get("start_date")):
        if own is not None:
            dates.append(own)
            break
    return min(dates) if dates else None


def _check_start(dag: Any, spec: Dict[str, Any], start: Any, catchup: Optional[bool], dialect: str, notices: Notices) -> None:
    if start is not None or spec["type"] in ("null", "once", "continuous", "events", "computed"):
        return
    if catchup:
        raise DagInvalid(f"DAG {dag.dag_id!r} has catchup=True but no start_date, so nobody knows where to begin. Give it a start_date.")
    if dialect == "2" and spec["type"].endswith("data_interval"):
        notices.add("the DAG has a schedule but no start_date, so its schedule starts no runs; give it a start_date")


def _active_runs(dag: Any, timetable: Timetable) -> int:
    limit = as_count(dag.max_active_runs, "max_active_runs", dag, 1)
    if not isinstance(timetable, ContinuousTimetable):
        return limit
    if dag.active_runs_given and limit > 1:
        raise DagInvalid(f"DAG {dag.dag_id!r}: schedule='@continuous' needs max_active_runs=1, not {limit}.")
    return 1


def _check_fail_fast(dag: Any) -> None:
    if not dag.fail_fast:
        return
    for task in dag.task_dict.values():
        if task.trigger_rule != TriggerRule.ALL_SUCCESS and not task.is_teardown:
            raise DagInvalid(
                f"DAG {dag.dag_id!r} has fail_fast=True, which works with the trigger rule all_success only; "
                f"task {task.task_id!r} has {task.trigger_rule}."
            )


def _params(dag: Any, *, is_planned: bool) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name in dag.params:
        param = dag.params.get_param(name)
        if is_planned and not is_static(param):
            problem = "has no default" if not param.has_value else f"has the default {param.value!r}, which does not fit its schema"
            raise DagInvalid(
                f"DAG {dag.dag_id!r} has a schedule, and its param {name!r} {problem}: a scheduled run would have no valid value. "
                "Give it a valid default, or schedule=None."
            )
        found[str(name)] = _param(dag, name, param)
    return found


def _param(dag: Any, name: str, param: Param) -> Dict[str, Any]:
    try:
        value = exact_json(param.value) if param.has_value else None
        schema = exact_json(param.schema)
    except (TypeError, ValueError) as error:
        raise DagInvalid(f"DAG {dag.dag_id!r}: param {name!r} cannot be written as JSON: {error}.") from None
    return {
        "value": value,
        "has_default": param.has_value,
        "description": None if param.description is None else str(param.description),
        "schema": schema,
    }


def _edges(dag: Any) -> List[List[Optional[str]]]:
    """By order of definition of both ends, so that the text does not depend on hashing."""
    position = {task_id: index for index, task_id in enumerate(dag.task_dict)}
    found: List[List[Optional[str]]] = []
    for task_id, task in dag.task_dict.items():
        for down in sorted(task.downstream_task_ids, key=position.__getitem__):
            label = dag.get_edge_info(task_id, down).get("label")
            found.append([task_id, down, None if label is None else str(label)])
    return found


def _group(group: Any) -> Dict[str, Any]:
    parent = group.parent_group
    spec = {
        "group_id": group.group_id,
        "label": str(group.label),
        "parent_id": parent.group_id if parent is not None else None,
        "tooltip": str(group.tooltip or ""),
        "ui_color": str(group.ui_color),
    }
    if group.expand_input is not None:
        spec["map_length"] = group.expand_input.length_program()
    return spec


def read_doc(dag: Any) -> Optional[str]:
    """doc_md, or the content of the file that it names (Airflow's rule for texts that end in `.md`)."""
    text = dag.doc_md
    if text is None:
        return None
    text = str(text)
    if text.endswith(".md") and "\n" not in text:
        for folder in [dag.folder, *dag.template_searchpath]:
            path = os.path.join(folder, text)
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as stream:
                    text = stream.read(MAX_DOC_CHARS)
                break
    return text[:MAX_DOC_CHARS]
