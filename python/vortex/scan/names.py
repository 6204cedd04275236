"""Names that Airflow 3 removed, and what became of them here."""

from __future__ import annotations

from typing import Dict

# Template names and keyword arguments of a task's function. VORTEX has them in both dialects.
CONTEXT_KEYS: Dict[str, str] = {
    "execution_date": "logical_date",
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "prev_ds": "prev_data_interval_start_success",
    "prev_ds_nodash": "prev_data_interval_start_success",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "yesterday_ds_nodash": "macros.ds_add(ds, -1)",
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "tomorrow_ds_nodash": "macros.ds_add(ds, 1)",
    "next_execution_date": "data_interval_end",
    "prev_execution_date": "prev_data_interval_start_success",
    "prev_execution_date_success": "prev_data_interval_start_success",
    "triggering_dataset_events": "triggering_asset_events",
}
_WEB = "not loaded: it is a part of Airflow's web server"
PLUGIN = "AirflowPlugin"
# Parts of an AirflowPlugin class. Macros, operators, hooks, sensors and timetables work.
PLUGIN_PARTS: Dict[str, str] = {
    "listeners": "not loaded: nothing calls listeners; a DAG has on_success_callback and on_failure_callback",
    "operator_extra_links": "not loaded: tasks show no links of their own",
    "global_operator_extra_links": "not loaded: tasks show no links of their own",
    "ti_deps": "not loaded: what a task waits for is the scheduler's own rules",
    "priority_weight_strategies": "not loaded: weight_rule is downstream, upstream or absolute",
    "executors": "not loaded: workers run all tasks",
    "flask_blueprints": _WEB,
    "appbuilder_views": _WEB,
    "appbuilder_menu_items": _WEB,
    "admin_views": _WEB,
    "menu_links": _WEB,
    "fastapi_apps": _WEB,
    "fastapi_root_middlewares": _WEB,
    "external_views": _WEB,
    "react_apps": _WEB,
}

# Arguments of DAG(...) and @dag.
DAG_ARGUMENTS: Dict[str, str] = {
    "schedule_interval": "works here; Airflow 3 has schedule=",
    "timetable": "works here; Airflow 3 has schedule=",
    "concurrency": "works here; Airflow 3 has max_active_tasks=",
    "fail_stop": "works here; Airflow 3 has fail_fast=",
    "default_view": "accepted, means nothing",
    "orientation": "accepted, means nothing",
    "sla_miss_callback": "accepted and ignored: there are no SLAs",
}
# Arguments of operators.
TASK_ARGUMENTS: Dict[str, str] = {
    "sla": "accepted and ignored: there are no SLAs",
    "task_concurrency": "works here; Airflow 3 has max_active_tis_per_dag=",
    "provide_context": "accepted, means nothing: the context is always there",
    "resources": "accepted and ignored: limit tasks with pools and queues",
    "run_as_user": "accepted and ignored: tasks run as the worker's user",
    "executor_config": "accepted and ignored: VORTEX has one executor",
}
# Classes and functions.
IMPORTS: Dict[str, str] = {
    "SubDagOperator": "loads and fails when it runs: use a TaskGroup",
    "provide_session": "workers see no database: a task that uses the session fails",
    "create_session": "workers see no database: a task that uses the session fails",
    "Session": "workers see no database: a task that uses the session fails",
    "DagBag": "workers see no database: ask the REST API",
}
