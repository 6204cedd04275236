"""
What a DAG file may hold: each key with its form and its meaning, once. The JSON Schema is made of it (schema.py), files are checked by
that schema, the editor completes from it, and the reference in docs/dag-factory.md is printed from it.

A form is the name of a definition in `forms.py`.
"""

from __future__ import annotations

from typing import Dict, Tuple

Keys = Dict[str, Tuple[str, str]]

FILE_KEYS: Keys = {
    "dags": ("dags", "The DAGs of the file by their ids. A file with this key, whose DAGs have tasks, is a DAG file."),
    "default_args": ("default_args", "Arguments of all tasks of all DAGs of the file that do not say otherwise."),
    "defaults": ("dag_defaults", "Keys of all DAGs of the file that do not say otherwise, such as schedule, start_date or tags."),
}

DAG_KEYS: Keys = {
    "tasks": ("tasks", "Its tasks: a mapping from id to task, or a list of tasks that have a task_id."),
    "task_groups": ("task_groups", "Groups of tasks by their ids."),
    "dependencies": ("expressions", "Which task runs before which, as expressions: `extract >> [clean, check] >> load`. Tasks may also name what is before them."),
    "default_args": ("default_args", "Arguments of all its tasks that do not say otherwise. They win over the file's."),
    "description": ("text", "One line for lists of DAGs."),
    "dag_display_name": ("text", "What people read instead of the id."),
    "doc_md": ("text", "Documentation in Markdown, or the path of a `.md` file beside this file."),
    "schedule": ("schedule", "When it runs: cron text, preset, duration, assets, a timetable, or null = only people and other DAGs start it. Left out: null."),
    "start_date": ("instant", "The first moment that runs are for. Without an offset it is in `timezone`."),
    "end_date": ("instant", "The last moment that runs are for."),
    "timezone": ("timezone", "IANA name of the zone of dates without an offset, and of the schedule, such as Europe/Berlin. Default: UTC."),
    "catchup": ("boolean", "Whether runs missed in the past are made up. Default: false."),
    "tags": ("texts", "Words to find it by."),
    "params": ("params", "Values of the trigger dialog by name: a plain default, or a mapping with `default`, `description` and JSON Schema."),
    "is_paused_upon_creation": ("boolean", "Whether it begins paused. Default: the site's."),
    "max_active_runs": ("count", "Runs at the same time. Default: 16."),
    "max_active_tasks": ("count", "Its tasks that run at the same time. Default: 16."),
    "max_consecutive_failed_dag_runs": ("number_0", "After so many failed runs in a row it is paused. Default: 0 = never."),
    "dagrun_timeout": ("duration", "A run that takes longer fails."),
    "fail_fast": ("boolean", "Whether the first failure fails the other tasks of the run. Default: false."),
    "on_success_callback": ("callables", "Called when a run succeeds: `module:function`, or several."),
    "on_failure_callback": ("callables", "Called when a run fails: `module:function`, or several."),
    "template_searchpath": ("texts_or_text", "Folders in which files of templates are looked up."),
    "render_template_as_native_obj": ("boolean", "Whether templates give Python values rather than text. Default: false."),
    "user_defined_macros": ("named_values", "Names for templates; `{$import: module:name}` gives a Python thing."),
    "user_defined_filters": ("named_callables", "Filters for templates, by name."),
    "jinja_environment_kwargs": ("object", "Arguments of Jinja's Environment."),
    "owner_links": ("named_texts", "Links of owners, by name."),
    "access_control": ("object", "Accepted; VORTEX has roles of its own."),
}

# Names of an earlier form, which stay valid.
OLD_DAG_KEYS: Keys = {
    "id": ("id", "The id of the only DAG of a file without `dags`. Elsewhere the key of the mapping is the id."),
    "dag_id": ("id", "The same."),
    "name": ("text", "Earlier name of dag_display_name."),
    "schedule_interval": ("schedule", "Earlier name of schedule."),
    "sla_seconds": ("number_0", "Accepted and ignored, as `sla` is: use dagrun_timeout and on_failure_callback."),
}

GROUP_KEYS: Keys = {
    "tasks": ("tasks", "Tasks of the group. Their ids begin with the group's, unless prefix_group_id is false."),
    "task_groups": ("task_groups", "Groups within it."),
    "dependencies": ("expressions", "Names of what runs before the whole group, and expressions among what is in it."),
    "default_args": ("default_args", "Arguments of all its tasks that do not say otherwise. They win over the DAG's."),
    "tooltip": ("text", "Words for the graph."),
    "prefix_group_id": ("boolean", "Whether ids in the group begin with `group_id.`. Default: true."),
    "group_display_name": ("text", "What people read instead of the id."),
    "ui_color": ("text", "Colour of the group in the graph."),
    "ui_fgcolor": ("text", "Colour of its text."),
}

# What the factory reads itself; everything else of a task is an argument of its operator.
TASK_OWN_KEYS: Keys = {
    "operator": ("operator", "What the task does: a short name, the class name of an operator of a plugin, or the import path of a class, Airflow's paths included."),
    "dependencies": ("texts_or_text", "Ids of tasks and groups that run before it, looked up from the inside out."),
    "partial": ("arguments", "Arguments that all instances of a mapped task share. The same as writing them on the task itself."),
    "expand": ("expand", "Makes one instance for each combination of these values: lists, mappings, or `{$xcom: task}`."),
    "expand_kwargs": ("expand_kwargs", "Makes one instance for each mapping of arguments: a list of them, or `{$xcom: task}`."),
    "setup": ("boolean", "Whether it is a setup: what is between it and its teardown needs it."),
    "teardown": ("boolean", "Whether it is a teardown: it runs whatever became of the work."),
    "setups": ("texts_or_text", "Tasks that become the setups of this teardown."),
    "on_failure_fail_dagrun": ("boolean", "Whether the run fails if this teardown does. Default: false."),
}

# Arguments of every operator.
TASK_KEYS: Keys = {
    "task_id": ("id", "Its id, in a list of tasks. In a mapping the key is the id."),
    "task_display_name": ("text", "What people read instead of the id."),
    "doc_md": ("text", "Documentation in Markdown."),
    "doc": ("text", "Documentation as plain text."),
    "doc_json": ("text", "Documentation as JSON."),
    "doc_yaml": ("text", "Documentation as YAML."),
    "doc_rst": ("text", "Documentation as reStructuredText."),
    "owner": ("text", "Who looks after it. Default: airflow."),
    "email": ("texts_or_text", "Addresses for mail about it."),
    "email_on_failure": ("boolean", "Whether a failure sends mail. Default: true."),
    "email_on_retry": ("boolean", "Whether a retry sends mail. Default: true."),
    "retries": ("number_0", "Tries after the first one. Default: 0."),
    "retry_delay": ("duration", "Wait before the next try. Default: 5m."),
    "retry_exponential_backoff": ("backoff", "Whether the wait grows: true (twice as long each time), false, or a factor."),
    "max_retry_delay": ("duration", "Cap of a growing wait."),
    "execution_timeout": ("duration", "A try that takes longer is ended with all its processes."),
    "start_date": ("instant", "Runs for an earlier date leave the task out."),
    "end_date": ("instant", "Runs for a later date leave the task out."),
    "trigger_rule": ("trigger_rule", "When it may run, given what is before it. Default: all_success."),
    "depends_on_past": ("boolean", "Whether it waits for its own success in the previous run."),
    "wait_for_downstream": ("boolean", "Whether it also waits for what followed it in the previous run."),
    "ignore_first_depends_on_past": ("boolean", "Whether the first run of all waits for nothing. Default: true."),
    "wait_for_past_depends_before_skipping": ("boolean", "Whether it waits for the previous run before it is skipped."),
    "priority_weight": ("integer", "More runs first. Default: 1."),
    "weight_rule": ("weight_rule", "How the weight grows: with what follows, with what is before, or not at all. Default: downstream."),
    "pool": ("text", "The pool whose slots it takes. Default: default_pool."),
    "pool_slots": ("count", "How many slots it takes. Default: 1."),
    "queue": ("text", "Which workers may run it. Default: default."),
    "max_active_tis_per_dag": ("count", "Instances at the same time over all runs."),
    "max_active_tis_per_dagrun": ("count", "Instances at the same time within one run."),
    "task_concurrency": ("count", "Earlier name of max_active_tis_per_dag."),
    "on_execute_callback": ("callables", "Called with the context before it runs: `module:function`, or several."),
    "on_success_callback": ("callables", "Called with the context after a success."),
    "on_failure_callback": ("callables", "Called with the context after the last try failed."),
    "on_retry_callback": ("callables", "Called with the context when it will be tried again."),
    "on_skipped_callback": ("callables", "Called with the context when it skips itself."),
    "pre_execute": ("callable", "Called with the context around the work, before it."),
    "post_execute": ("callable", "Called with the context and the result, after it."),
    "do_xcom_push": ("boolean", "Whether the result is kept as XCom. Default: true."),
    "multiple_outputs": ("boolean", "Whether each key of a returned mapping is an XCom as well."),
    "map_index_template": ("text", "Template that names the instances of a mapped task."),
    "params": ("params", "Values for templates; they win over the DAG's."),
    "secrets": ("secrets", "Secrets of the vault in the task's environment: `{VARIABLE: name}`, or a list of names."),
    "inlets": ("assets", "Assets that it reads."),
    "outlets": ("assets", "Assets that it makes: its success updates them."),
    "sla": ("duration", "Accepted and ignored: Airflow 3 has no SLAs."),
    "resources": ("object", "Accepted and ignored."),
    "run_as_user": ("text", "Accepted and ignored: tasks run as the worker's user."),
    "executor": ("text", "Accepted and ignored: choose workers with queue."),
    "executor_config": ("object", "Accepted and ignored."),
    "logger_name": ("text", "Accepted; logs of a task have one stream."),
    "allow_nested_operators": ("boolean", "Accepted."),
}
# Of BaseOperator's constructor, and not for files.
TASK_NOT_KEYS = frozenset(("dag", "task_group", "default_args"))

OLD_TASK_KEYS: Keys = {
    "id": ("id", "Earlier name of task_id."),
    "name": ("text", "Earlier name of task_display_name."),
    "type": ("old_type", "Earlier name of operator; `sensor` goes with sensor_config."),
    "command": ("any", "Earlier name of bash_command."),
    "code": ("text", "Lines of Python that run when the task runs: operator `python_code`."),
    "sensor_config": ("sensor_config", "What a task of type `sensor` waits for."),
    "task_group": ("text", "The group that it is drawn in; its id stays as it is."),
}
