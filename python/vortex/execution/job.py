"""The job document: what a worker tells a task's child beside the DAG file itself. Checked here, so that a mismatch is named at once."""
from __future__ import annotations

from typing import Any, Dict, Tuple

FORMAT = 1

_TEXT = (str,)
_NUMBER = (int,)
_TEXT_OR_NULL = (str, type(None))
_OBJECT = (dict,)

# Field -> accepted types. Instants are ISO 8601 in UTC.
FIELDS: Dict[str, Tuple[type, ...]] = {
    "format": _NUMBER,
    "dag_id": _TEXT,
    "run_id": _TEXT,
    "task_id": _TEXT,
    "map_index": _NUMBER,
    "attempt": _NUMBER,
    "try_number": _NUMBER,
    "max_tries": _NUMBER,
    "waiting_since": _TEXT_OR_NULL,
    "deferral": (dict, type(None)),
    "run_type": _TEXT,
    "logical_date": _TEXT_OR_NULL,
    "data_interval_start": _TEXT_OR_NULL,
    "data_interval_end": _TEXT_OR_NULL,
    "run_after": _TEXT_OR_NULL,
    "run_queued_time": _TEXT_OR_NULL,
    "run_start_time": _TEXT_OR_NULL,
    "conf": _OBJECT,
    "triggered_by": _TEXT_OR_NULL,
    "dialect": _TEXT,
    "dates": _OBJECT,
    "hostname": _TEXT,
    "asset_events": (list, type(None)),
    "dag_callback": (dict, type(None)),
    "xcom_cap_bytes": _NUMBER,
}
DATES = ("prev_success_interval_start", "prev_success_interval_end", "prev_success_start", "prev_success_end", "prev_logical_date", "next_logical_date")


class InvalidJob(ValueError):
    """The job document does not have the form that this package expects: controller and worker are of different versions."""


def check_job(job: Any) -> Dict[str, Any]:
    """The document itself if it is sound. Unknown fields are of a newer controller and are ignored."""
    if not isinstance(job, dict):
        raise InvalidJob("the job document is not an object")
    problems = []
    for name, kinds in FIELDS.items():
        if name not in job:
            problems.append(f"{name} is missing")
        elif not isinstance(job[name], kinds):
            problems.append(f"{name} is {job[name]!r}")
    if not problems:
        if job["format"] != FORMAT:
            problems.append(f"format is {job['format']}, this package reads {FORMAT}")
        if job["dialect"] not in ("2", "3"):
            problems.append(f"dialect is {job['dialect']!r}")
        problems += [f"dates.{name} is missing" for name in DATES if name not in job["dates"]]
        callback = job["dag_callback"]
        if callback is not None and (callback.get("kind") not in ("success", "failure") or not isinstance(callback.get("reason"), str)):
            problems.append(f"dag_callback is {callback!r}")
        if callback is None and job["deferral"] is not None and not all(isinstance(job["deferral"].get(name), str) for name in ("body", "event", "output")):
            problems.append("deferral holds no body, event and output")
    if problems:
        raise InvalidJob(f"The job document is not sound: {'; '.join(problems)}. Give controller and worker the same version.")
    return job
