"""The context of a task: what templates, `**kwargs` and callbacks see. Keys of both dialects are there; nothing hides."""
from __future__ import annotations

import datetime as dt
import os
from typing import Any, Dict

from vortex import assets
from vortex.execution import macros
from vortex.execution.connections import ConnectionAccessor
from vortex.execution.dag_run import DagRun, previous_run_facts
from vortex.execution.params import resolve_params
from vortex.execution.task_instance import TaskInstance
from vortex.execution.variables import VariableAccessor


_ONE_DAY = dt.timedelta(days=1)


class Accessors:
    """`var.value` and `var.json`."""

    def __init__(self) -> None:
        self.value = VariableAccessor(deserialize_json=False)
        self.json = VariableAccessor(deserialize_json=True)


def build_context(job: Dict[str, Any], dag: Any, task: Any, dag_run: DagRun, ti: TaskInstance) -> Dict[str, Any]:
    """Raises ParamValidationError if the run's conf does not fit the declared params."""
    params = resolve_params(getattr(dag, "params", {}) or {}, getattr(task, "params", {}) or {}, dag_run.conf)
    context: Dict[str, Any] = {
        "dag": dag,
        "task": task,
        "dag_run": dag_run,
        "ti": ti,
        "task_instance": ti,
        "run_id": dag_run.run_id,
        "run_after": dag_run.run_after,
        "macros": macros,
        "params": params,
        "test_mode": False,
        "var": Accessors(),
        "conn": ConnectionAccessor(),
        "conf": _configuration(),
        "inlets": list(getattr(task, "inlets", None) or []),
        "outlets": list(getattr(task, "outlets", None) or []),
        "inlet_events": {},
        "outlet_events": {},
        "triggering_asset_events": {},
        "triggering_dataset_events": {},
        "expanded_ti_count": job.get("expanded_ti_count"),
        "map_index_template": getattr(task, "map_index_template", None),
        "task_reschedule_count": job["attempt"] - job["try_number"],
        "try_number": ti.try_number,
        "task_instance_key_str": ti.key_text(),
        "start_date": ti.start_date,
        "templates_dict": None,
    }
    context.update(_dates(job, dag_run))
    if job["asset_events"] is not None or assets.are_in_use():
        from vortex.assets.context import asset_context

        context.update(asset_context(job, task, dag_run, ti))
    return context


def _dates(job: Dict[str, Any], dag_run: DagRun) -> Dict[str, Any]:
    """Date keys. A run without a logical date (Airflow 3) lacks them, so that a template names what is missing."""
    facts = previous_run_facts(job)
    previous, following = facts.pop("prev_logical_date"), facts.pop("next_logical_date")
    found: Dict[str, Any] = dict(facts)
    if dag_run.data_interval_start is not None:
        found["data_interval_start"] = dag_run.data_interval_start
    if dag_run.data_interval_end is not None:
        found["data_interval_end"] = dag_run.data_interval_end
    logical = dag_run.logical_date
    if logical is None:
        return found
    if dag_run.run_type == "manual":
        # Airflow 2: a manual run has no neighbours on the schedule.
        previous = following = logical
    found.update({"logical_date": logical, "execution_date": logical, "next_execution_date": following, "prev_execution_date": previous})
    found["prev_execution_date_success"] = facts["prev_data_interval_start_success"]
    text = logical.isoformat()
    found["ts"] = text
    found["ts_nodash_with_tz"] = text.replace("-", "").replace(":", "")
    found["ts_nodash"] = found["ts_nodash_with_tz"][:15]
    day = _day(logical)
    for name, date in (("ds", day), ("next_ds", _day(following)), ("prev_ds", _day(previous)), ("yesterday_ds", day - _ONE_DAY), ("tomorrow_ds", day + _ONE_DAY)):
        found[name] = None if date is None else date.isoformat()
        found[name + "_nodash"] = None if date is None else date.isoformat().replace("-", "")
    return found


def _day(moment: Any) -> Any:
    """The plain date: its arithmetic and texts need no Python code of pendulum's."""
    return None if moment is None else dt.date(moment.year, moment.month, moment.day)


def _configuration() -> Any:
    """Airflow's `conf` object, if the package has one."""
    try:
        from vortex.configuration import conf
    except ImportError:
        return None
    return conf


def export_environment(job: Dict[str, Any], dag: Any, task: Any) -> Dict[str, str]:
    """AIRFLOW_CTX_* and VORTEX_* of the attempt; set in this process and returned for children with an environment of their own."""
    email = getattr(task, "email", None) or ""
    values = {
        "DAG_ID": job["dag_id"],
        "TASK_ID": job["task_id"],
        "EXECUTION_DATE": job["logical_date"] or "",
        "LOGICAL_DATE": job["logical_date"] or "",
        "TRY_NUMBER": str(job["try_number"]),
        "DAG_RUN_ID": job["run_id"],
        "DAG_OWNER": getattr(task, "owner", None) or getattr(dag, "owner", None) or "",
        "DAG_EMAIL": email if isinstance(email, str) else ",".join(email),
    }
    if job["logical_date"]:
        text = job["logical_date"].replace("Z", "+00:00")
        values["EXECUTION_DATE"] = values["LOGICAL_DATE"] = text
    exported = {f"AIRFLOW_CTX_{name}": value for name, value in values.items()}
    exported.update(
        {
            "VORTEX_DAG_ID": job["dag_id"],
            "VORTEX_RUN_ID": job["run_id"],
            "VORTEX_TASK_ID": job["task_id"],
            "VORTEX_MAP_INDEX": str(job["map_index"]),
            "VORTEX_ATTEMPT": str(job["attempt"]),
            "VORTEX_TRY_NUMBER": str(job["try_number"]),
            "VORTEX_LOGICAL_DATE": values["LOGICAL_DATE"],
        }
    )
    # Not `update`: what it touches of the abstract base classes would be copied for each child.
    environ = os.environ
    for name, value in exported.items():
        environ[name] = value
    return exported
