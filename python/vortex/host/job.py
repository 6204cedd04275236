"""
The job document: everything about one attempt that its Python child must know and can't read from the DAG file.
The controller writes it (`job_json` of an assignment), the host passes it on unread, `vortex.execution.execute` uses it.

Instants are ISO 8601 texts with an offset, or None. `vortex/execution/job.py` checks the document.

    format               1
    dag_id, run_id, task_id
    map_index            -1 for a task that is not mapped
    expanded_ti_count    instances of the mapped task or group, or None
    attempt              names the process: each that was started for the task instance has the next number, from 1
    try_number           what authors see: the attempt less those that began no try (a poke, a part of a deferred task, one given back)
    max_tries            number of the last try
    waiting_since        start of the first poke of a sensor in reschedule mode, or None
    deferral             None, or {"body", "event", "output"} of a deferred task that goes on: what it waited for, its event (both as
                         vortex/execution/deferral.py writes them) and what its trigger printed. A trigger's own job has no event
    run_type             scheduled, manual, backfill, asset_triggered
    logical_date, data_interval_start, data_interval_end
    run_after            when the run became due
    run_queued_time, run_start_time
    conf                 object given with the trigger
    triggered_by         user name, or None
    dialect              which Airflow the file was written for: "2" or "3"
    dates                prev_success_interval_start, prev_success_interval_end, prev_success_start, prev_success_end,
                         prev_logical_date, next_logical_date
    hostname             of the worker
    asset_events         None, or the events that triggered the run, oldest first: [{"name", "uri", "group", "extra", "alias", "timestamp",
                         "source_dag_id", "source_run_id", "source_task_id", "source_map_index"}]; sources are None for one that a
                         person made
    dag_callback         None, or {"kind": "success" | "failure", "reason": text}: run the DAG's callback instead of a task
    xcom_cap_bytes       largest XCom, as JSON text

`execute(job, loaded, channel)` returns the result document:

    outcome              success, failed, failed_final, skipped, rescheduled, deferred
    reason, reason_code  one line for people; a word for programs (exception, skip, xcom_too_large, ...)
    exit_code            what sys.exit said, otherwise 0 or 1
    xcoms                [{"key", "value_json"}] that belong to the same commit as the outcome; with "map_length" if tasks are mapped
                         over the value: its items, or 1 if the task is mapped itself
    skip_task_ids        a branch or a short circuit skips these
    reschedule_at_ms     milliseconds since 1970, with outcome rescheduled
    deferral_json        with outcome deferred: trigger and method
    deferral_timeout_ms  with outcome deferred: how long it waits at most; 0 = for ever
    rendered_map_index   the label of a mapped instance, by map_index_template
    asset_events         with outcome success: [{"name", "uri", "group", "extra", "alias"}] of outlets that the task said something of
                         (alias None), and of assets that it added through an alias

Missing fields of the result mean empty.
"""
from __future__ import annotations

import json
from typing import Any, Dict

_RESULT_DEFAULTS: Dict[str, Any] = {
    "outcome": "failed",
    "reason": "",
    "reason_code": "",
    "xcoms": [],
    "skip_task_ids": [],
    "reschedule_at_ms": 0,
    "deferral_json": "",
    "deferral_timeout_ms": 0,
    "rendered_map_index": "",
}


def result_fields(result: Dict[str, Any]) -> Dict[str, Any]:
    """Known fields only, each present, so that a newer `execute` can't break an older host."""
    fields = {name: result.get(name) or default for name, default in _RESULT_DEFAULTS.items()}
    if result.get("asset_events"):
        fields["asset_events_json"] = json.dumps(result["asset_events"], ensure_ascii=False, separators=(",", ":"))
    if "exit_code" in result:
        fields["exit_code"] = int(result["exit_code"] or 0)
    return fields
