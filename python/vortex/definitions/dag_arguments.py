"""Reads arguments of a DAG that have several names or forms."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from typing import Any, Dict, List, Tuple

from vortex import timezone
from vortex.definitions.not_given import NOTSET
from vortex.definitions.operator_arguments import read_date
from vortex.exceptions import AirflowException

# Arguments of some Airflow that VORTEX accepts and does not act on: what its DAG page says about them ("" = nothing to say).
IGNORED: Dict[str, str] = {
    "sla_miss_callback": "sla_miss_callback= is accepted and ignored: Airflow 3 has no SLAs",
    "deadline": "deadline= is accepted and ignored: use dagrun_timeout= and on_failure_callback=",
    "allowed_run_types": "allowed_run_types= is accepted and ignored",
}
_SILENT = frozenset(
    {
        "default_view",
        "orientation",
        "last_loaded",
        "disable_bundle_versioning",
        "rerun_with_latest_version",
        "is_subdag",
        "task_group",
        "parent_dag",
        "safe_dag_id",
    }
)
_KNOWN = (
    "dag_id description schedule schedule_interval timetable start_date end_date template_searchpath template_undefined "
    "user_defined_macros user_defined_filters default_args concurrency max_active_tasks max_active_runs "
    "max_consecutive_failed_dag_runs dagrun_timeout catchup on_success_callback on_failure_callback doc_md params "
    "access_control is_paused_upon_creation jinja_environment_kwargs render_template_as_native_obj tags owner_links "
    "auto_register fail_fast fail_stop dag_display_name"
).split()


def refuse_unknown(dag_id: str, given: Dict[str, Any]) -> None:
    """Raises TypeError for an argument that no version of Airflow has."""
    for name in given:
        if name not in IGNORED and name not in _SILENT:
            near = difflib.get_close_matches(name, _KNOWN, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"DAG {dag_id!r} got an unexpected keyword argument {name!r}.{hint}")


def read_schedule_arguments(dag_id: str, schedule: Any, schedule_interval: Any, timetable: Any, dialect: str) -> Any:
    """The one that was given. Raises AirflowException if several were."""
    given = [value for value in (schedule, schedule_interval) if value is not NOTSET] + ([timetable] if timetable is not None else [])
    if len(given) > 1 and not all(value is None for value in given):
        raise AirflowException(f"DAG {dag_id!r}: give only one of schedule=, schedule_interval= and timetable=.")
    if given:
        return given[0]
    return dt.timedelta(days=1) if dialect == "2" else None


def default_dates(dag_id: str, start_date: Any, default_args: Dict[str, Any]) -> Tuple[Any, Any]:
    """
    (start_date, time zone). The zone is that of start_date, of the start_date in default_args, or the site's default. Dates in
    default_args become tasks' dates; texts among them are read here, once.
    """
    owner = f"DAG {dag_id!r}"
    start = read_date(start_date, "start_date", owner)
    if default_args.get("start_date") is not None:
        default_args["start_date"] = read_date(default_args["start_date"], "default_args['start_date']", owner)
    first = start if start is not None else default_args.get("start_date")
    zone = first.tzinfo if first is not None else timezone.default_timezone()
    if default_args.get("end_date") is not None:
        default_args["end_date"] = read_date(default_args["end_date"], "default_args['end_date']", owner, zone)
    return start, zone


def as_list(value: Any) -> List[str]:
    if value is None:
        return []
    return (
        [os.fspath(value)]
        if isinstance(value, (str, os.PathLike))
        else [os.fspath(item) if isinstance(item, os.PathLike) else item for item in value]
    )
