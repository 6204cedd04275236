"""What docs/operators.md lists, in which order (operator_reference.py)."""
from __future__ import annotations

from typing import Tuple

# Title -> (home, names), in the order of the page.
SECTIONS: Tuple[Tuple[str, Tuple[Tuple[str, str], ...]], ...] = (
    (
        "Bash, Python and branches",
        (
            ("vortex.operators.bash", "BashOperator"),
            ("vortex.operators.python", "PythonOperator BranchPythonOperator ShortCircuitOperator BaseBranchOperator"),
            ("vortex.operators.virtualenv", "PythonVirtualenvOperator BranchPythonVirtualenvOperator"),
            ("vortex.operators.external_python", "ExternalPythonOperator BranchExternalPythonOperator"),
            ("vortex.factory.code", "PythonCodeOperator"),
            ("vortex.operators.empty", "EmptyOperator"),
            ("vortex.operators.datetime", "BranchDateTimeOperator"),
            ("vortex.operators.weekday", "BranchDayOfWeekOperator"),
            ("vortex.operators.latest_only", "LatestOnlyOperator"),
            ("vortex.operators.trigger_dagrun", "TriggerDagRunOperator"),
            ("vortex.operators.email", "EmailOperator"),
        ),
    ),
    (
        "Sensors",
        (
            ("vortex.sensors.base", "BaseSensorOperator"),
            ("vortex.sensors.python", "PythonSensor"),
            ("vortex.sensors.bash", "BashSensor"),
            ("vortex.sensors.filesystem", "FileSensor"),
            ("vortex.sensors.external_task", "ExternalTaskSensor ExternalTaskMarker"),
            ("vortex.sensors.time_delta", "TimeDeltaSensor WaitSensor"),
            ("vortex.sensors.time_sensor", "TimeSensor"),
            ("vortex.sensors.date_time", "DateTimeSensor DateTimeSensorAsync"),
            ("vortex.sensors.weekday", "DayOfWeekSensor"),
        ),
    ),
    (
        "SQL",
        (
            ("vortex.providers.common_sql.operators", "SQLExecuteQueryOperator SQLInsertRowsOperator BranchSQLOperator"),
            ("vortex.providers.common_sql.sensor", "SqlSensor"),
            ("vortex.providers.common_sql.checks", "SQLCheckOperator SQLValueCheckOperator SQLThresholdCheckOperator SQLIntervalCheckOperator"),
            ("vortex.providers.common_sql.table_checks", "SQLColumnCheckOperator SQLTableCheckOperator"),
            ("vortex.providers.one_database", "PostgresOperator SqliteOperator MySqlOperator"),
        ),
    ),
    ("HTTP", (("vortex.providers.http.operator", "HttpOperator"), ("vortex.providers.http.sensor", "HttpSensor"))),
    (
        "Amazon S3",
        (
            (
                "vortex.providers.amazon.s3_operators",
                "S3CreateObjectOperator S3ReadObjectOperator S3ListOperator S3ListPrefixesOperator S3CopyObjectOperator S3DeleteObjectsOperator "
                "S3CreateBucketOperator S3DeleteBucketOperator",
            ),
            ("vortex.providers.amazon.s3_transform", "S3FileTransformOperator"),
            ("vortex.providers.amazon.s3_sensors", "S3KeySensor"),
        ),
    ),
    (
        "Decorators",
        (
            ("vortex.definitions.dag_decorator", "dag"),
            ("vortex.definitions.taskflow", "task setup teardown"),
            ("vortex.definitions.task_group_decorator", "task_group"),
            ("vortex.assets.decorator", "asset"),
        ),
    ),
    ("Notifiers", (("vortex.notifications.base", "BaseNotifier"), ("vortex.notifications.smtp", "SmtpNotifier"))),
    (
        "Hooks",
        (
            ("vortex.airflow_compat.names", "BaseHook"),
            ("vortex.providers.common_sql.hook", "DbApiHook"),
            ("vortex.providers.postgres.hook", "PostgresHook"),
            ("vortex.providers.sqlite.hook", "SqliteHook"),
            ("vortex.providers.mysql.hook", "MySqlHook"),
            ("vortex.providers.amazon.hook", "AwsBaseHook"),
            ("vortex.providers.amazon.s3_hook", "S3Hook"),
            ("vortex.providers.http.hook", "HttpHook"),
            ("vortex.hooks.filesystem", "FSHook"),
            ("vortex.hooks.smtp", "SmtpHook"),
        ),
    ),
)
# Classes that are another one by an older name, or differ in one default: class -> (what it is).
ALIASES = {
    "DummyOperator": "EmptyOperator",
    "SimpleHttpOperator": "HttpOperator",
    "TimeSensorAsync": "TimeSensor(deferrable=True)",
    "TimeDeltaSensorAsync": "TimeDeltaSensor(deferrable=True)",
    "CheckOperator": "SQLCheckOperator",
    "ValueCheckOperator": "SQLValueCheckOperator",
    "ThresholdCheckOperator": "SQLThresholdCheckOperator",
    "IntervalCheckOperator": "SQLIntervalCheckOperator",
    "send_smtp_notification": "SmtpNotifier",
    "AwsHook": "AwsBaseHook",
    "AwsGenericHook": "AwsBaseHook",
}
# Examples that only load where the docs are tested.
NOT_RUN = {
    "PythonVirtualenvOperator": "needs a package index",
    "BranchPythonVirtualenvOperator": "needs a package index",
    "task.virtualenv": "needs a package index",
    "PostgresOperator": "needs a PostgreSQL server",
    "PostgresHook": "needs a PostgreSQL server",
    "MySqlOperator": "needs a MySQL server",
    "MySqlHook": "needs a MySQL server",
}
# What stands at the head of a section.
ABOUT = {
    "Amazon S3": "On the boto3 of the DAGs' environment. Operators and sensors also take `aws_conn_id` (`aws_default`), `region_name`, `verify` and "
    "`botocore_config`: see [AwsBaseHook](#awsbasehook). The first three are templates.\n",
}
