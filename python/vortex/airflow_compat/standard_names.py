"""Operators and sensors of Airflow's standard provider that are not in every DAG file, with every module that they are imported from."""

from __future__ import annotations

from typing import Tuple

STANDARD_NAMES: Tuple[Tuple[str, str], ...] = (
    # Operators
    (
        "vortex.operators.trigger_dagrun:TriggerDagRunOperator",
        "airflow.operators.trigger_dagrun airflow.operators.dagrun_operator airflow.providers.standard.operators.trigger_dagrun",
    ),
    ("vortex.operators.trigger_dagrun:DagRunOrder", "airflow.operators.dagrun_operator"),
    (
        "vortex.operators.latest_only:LatestOnlyOperator",
        "airflow.operators.latest_only airflow.operators.latest_only_operator airflow.providers.standard.operators.latest_only",
    ),
    ("vortex.operators.datetime:BranchDateTimeOperator", "airflow.operators.datetime airflow.providers.standard.operators.datetime"),
    (
        "vortex.operators.weekday:BranchDayOfWeekOperator",
        "airflow.operators.weekday airflow.operators.weekday_operator airflow.providers.standard.operators.weekday",
    ),
    (
        "vortex.operators.virtualenv:PythonVirtualenvOperator",
        "airflow.operators.python airflow.operators.python_operator airflow.providers.standard.operators.python",
    ),
    ("vortex.operators.virtualenv:BranchPythonVirtualenvOperator", "airflow.operators.python airflow.providers.standard.operators.python"),
    ("vortex.operators.external_python:ExternalPythonOperator", "airflow.operators.python airflow.providers.standard.operators.python"),
    ("vortex.operators.external_python:BranchExternalPythonOperator", "airflow.operators.python airflow.providers.standard.operators.python"),
    # Mail
    (
        "vortex.operators.email:EmailOperator",
        "airflow.operators.email airflow.operators.email_operator airflow.providers.smtp.operators.smtp",
    ),
    ("vortex.hooks.smtp:SmtpHook", "airflow.providers.smtp.hooks.smtp"),
    ("vortex.notifications.smtp:SmtpNotifier", "airflow.providers.smtp.notifications.smtp"),
    ("vortex.notifications.smtp:send_smtp_notification", "airflow.providers.smtp.notifications.smtp"),
    ("vortex.mail:send_email", "airflow.utils.email airflow.providers.smtp.utils.emailer"),
    # Sensors
    (
        "vortex.sensors.base:BaseSensorOperator",
        "airflow.sensors.base airflow.sensors.base_sensor_operator airflow.operators.sensors airflow.sdk airflow.sdk.bases.sensor",
    ),
    ("vortex.sensors.base:PokeReturnValue", "airflow.sensors.base airflow.sdk airflow.sdk.bases.sensor"),
    ("vortex.sensors.base:poke_mode_only", "airflow.sensors.base airflow.sdk.bases.sensor"),
    (
        "vortex.sensors.python:PythonSensor",
        "airflow.sensors.python airflow.contrib.sensors.python_sensor airflow.providers.standard.sensors.python",
    ),
    ("vortex.sensors.bash:BashSensor", "airflow.sensors.bash airflow.contrib.sensors.bash_sensor airflow.providers.standard.sensors.bash"),
    (
        "vortex.sensors.filesystem:FileSensor",
        "airflow.sensors.filesystem airflow.contrib.sensors.file_sensor airflow.providers.standard.sensors.filesystem",
    ),
    (
        "vortex.hooks.filesystem:FSHook",
        "airflow.hooks.filesystem airflow.contrib.hooks.fs_hook airflow.providers.standard.hooks.filesystem",
    ),
    (
        "vortex.sensors.date_time:DateTimeSensor",
        "airflow.sensors.date_time airflow.sensors.date_time_sensor airflow.providers.standard.sensors.date_time",
    ),
    ("vortex.sensors.date_time:DateTimeSensorAsync", "airflow.sensors.date_time airflow.providers.standard.sensors.date_time"),
    ("vortex.sensors.time_sensor:TimeSensor", "airflow.sensors.time_sensor airflow.providers.standard.sensors.time"),
    ("vortex.sensors.time_sensor:TimeSensorAsync", "airflow.sensors.time_sensor airflow.providers.standard.sensors.time"),
    (
        "vortex.sensors.time_delta:TimeDeltaSensor",
        "airflow.sensors.time_delta airflow.sensors.time_delta_sensor airflow.providers.standard.sensors.time_delta",
    ),
    ("vortex.sensors.time_delta:TimeDeltaSensorAsync", "airflow.sensors.time_delta airflow.providers.standard.sensors.time_delta"),
    ("vortex.sensors.time_delta:WaitSensor", "airflow.sensors.time_delta airflow.providers.standard.sensors.time_delta"),
    (
        "vortex.sensors.weekday:DayOfWeekSensor",
        "airflow.sensors.weekday airflow.contrib.sensors.weekday_sensor airflow.providers.standard.sensors.weekday",
    ),
    ("vortex.weekday:WeekDay", "airflow.utils.weekday airflow.providers.standard.utils.weekday"),
    (
        "vortex.sensors.external_task:ExternalTaskSensor",
        "airflow.sensors.external_task airflow.sensors.external_task_sensor airflow.providers.standard.sensors.external_task",
    ),
    (
        "vortex.sensors.external_task:ExternalTaskMarker",
        "airflow.sensors.external_task airflow.sensors.external_task_sensor airflow.providers.standard.sensors.external_task",
    ),
    # What a running task asks about DAG runs
    ("vortex.execution.xcom_model:XCom", "airflow.models airflow.models.xcom"),
    ("vortex.execution.found_runs:get_last_dagrun", "airflow.models.dag"),
    ("vortex.execution.found_runs:trigger_dag", "airflow.api.common.trigger_dag airflow.api.common.experimental.trigger_dag"),
)
