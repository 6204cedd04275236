"""Names of Airflow's providers that VORTEX has (vortex/providers): home here, and every module of 1.10 to 3.x that has the name."""

from __future__ import annotations

from typing import Tuple

_SQL = "airflow.providers.common.sql.operators.sql"
_OLD_SQL = "airflow.operators.sql"
_S3 = "airflow.providers.amazon.aws.operators.s3"
_S3_BUCKET = "airflow.providers.amazon.aws.operators.s3_bucket"
_CHECKS = f"{_SQL} {_OLD_SQL}"

PROVIDER_NAMES: Tuple[Tuple[str, str], ...] = (
    # common.sql
    (
        "vortex.providers.common_sql.hook:DbApiHook",
        "airflow.providers.common.sql.hooks.sql airflow.hooks.dbapi airflow.hooks.dbapi_hook",
    ),
    ("vortex.providers.common_sql.handlers:fetch_all_handler", "airflow.providers.common.sql.hooks.sql airflow.providers.common.sql.hooks.handlers"),
    ("vortex.providers.common_sql.handlers:fetch_one_handler", "airflow.providers.common.sql.hooks.sql airflow.providers.common.sql.hooks.handlers"),
    (
        "vortex.providers.common_sql.handlers:return_single_query_results",
        "airflow.providers.common.sql.hooks.sql airflow.providers.common.sql.hooks.handlers",
    ),
    ("vortex.providers.common_sql.operators:BaseSQLOperator", _CHECKS),
    ("vortex.providers.common_sql.operators:SQLExecuteQueryOperator", _SQL),
    ("vortex.providers.common_sql.operators:SQLInsertRowsOperator", _SQL),
    ("vortex.providers.common_sql.operators:default_output_processor", _SQL),
    ("vortex.providers.common_sql.operators:BranchSQLOperator", f"{_CHECKS} airflow.operators.sql_branch_operator"),
    ("vortex.providers.common_sql.checks:SQLCheckOperator", _CHECKS),
    ("vortex.providers.common_sql.checks:SQLValueCheckOperator", _CHECKS),
    ("vortex.providers.common_sql.checks:SQLThresholdCheckOperator", _CHECKS),
    ("vortex.providers.common_sql.checks:SQLIntervalCheckOperator", _CHECKS),
    ("vortex.providers.common_sql.checks:CheckOperator", "airflow.operators.check_operator"),
    ("vortex.providers.common_sql.checks:ValueCheckOperator", "airflow.operators.check_operator"),
    ("vortex.providers.common_sql.checks:ThresholdCheckOperator", "airflow.operators.check_operator"),
    ("vortex.providers.common_sql.checks:IntervalCheckOperator", "airflow.operators.check_operator"),
    ("vortex.providers.common_sql.table_checks:SQLColumnCheckOperator", _CHECKS),
    ("vortex.providers.common_sql.table_checks:SQLTableCheckOperator", _CHECKS),
    (
        "vortex.providers.common_sql.sensor:SqlSensor",
        "airflow.providers.common.sql.sensors.sql airflow.sensors.sql airflow.sensors.sql_sensor",
    ),
    # postgres
    ("vortex.providers.postgres.hook:PostgresHook", "airflow.providers.postgres.hooks.postgres airflow.hooks.postgres_hook"),
    ("vortex.providers.one_database:PostgresOperator", "airflow.providers.postgres.operators.postgres airflow.operators.postgres_operator"),
    # sqlite
    ("vortex.providers.sqlite.hook:SqliteHook", "airflow.providers.sqlite.hooks.sqlite airflow.hooks.sqlite_hook"),
    ("vortex.providers.one_database:SqliteOperator", "airflow.providers.sqlite.operators.sqlite airflow.operators.sqlite_operator"),
    # mysql
    ("vortex.providers.mysql.hook:MySqlHook", "airflow.providers.mysql.hooks.mysql airflow.hooks.mysql_hook"),
    ("vortex.providers.one_database:MySqlOperator", "airflow.providers.mysql.operators.mysql airflow.operators.mysql_operator"),
    # amazon
    ("vortex.providers.amazon.hook:AwsBaseHook", "airflow.providers.amazon.aws.hooks.base_aws"),
    ("vortex.providers.amazon.hook:AwsGenericHook", "airflow.providers.amazon.aws.hooks.base_aws"),
    ("vortex.providers.amazon.hook:AwsHook", "airflow.contrib.hooks.aws_hook"),
    ("vortex.providers.amazon.base:AwsBaseOperator", "airflow.providers.amazon.aws.operators.base_aws"),
    ("vortex.providers.amazon.base:AwsBaseSensor", "airflow.providers.amazon.aws.sensors.base_aws"),
    ("vortex.providers.amazon.s3_hook:S3Hook", "airflow.providers.amazon.aws.hooks.s3 airflow.hooks.S3_hook"),
    ("vortex.providers.amazon.s3_address:S3HookUriParseFailure", "airflow.providers.amazon.aws.exceptions"),
    ("vortex.providers.amazon.s3_operators:S3CreateBucketOperator", f"{_S3} {_S3_BUCKET}"),
    ("vortex.providers.amazon.s3_operators:S3DeleteBucketOperator", f"{_S3} {_S3_BUCKET}"),
    (
        "vortex.providers.amazon.s3_operators:S3CopyObjectOperator",
        f"{_S3} airflow.providers.amazon.aws.operators.s3_copy_object airflow.contrib.operators.s3_copy_object_operator",
    ),
    ("vortex.providers.amazon.s3_operators:S3CreateObjectOperator", _S3),
    (
        "vortex.providers.amazon.s3_operators:S3DeleteObjectsOperator",
        f"{_S3} airflow.providers.amazon.aws.operators.s3_delete_objects airflow.contrib.operators.s3_delete_objects_operator",
    ),
    (
        "vortex.providers.amazon.s3_transform:S3FileTransformOperator",
        f"{_S3} airflow.providers.amazon.aws.operators.s3_file_transform airflow.operators.s3_file_transform_operator",
    ),
    (
        "vortex.providers.amazon.s3_operators:S3ListOperator",
        f"{_S3} airflow.providers.amazon.aws.operators.s3_list airflow.contrib.operators.s3_list_operator",
    ),
    ("vortex.providers.amazon.s3_operators:S3ListPrefixesOperator", f"{_S3} airflow.providers.amazon.aws.operators.s3_list_prefixes"),
    ("vortex.providers.amazon.s3_operators:S3ReadObjectOperator", _S3),
    (
        "vortex.providers.amazon.s3_sensors:S3KeySensor",
        "airflow.providers.amazon.aws.sensors.s3 airflow.providers.amazon.aws.sensors.s3_key airflow.sensors.s3_key_sensor",
    ),
    # http
    ("vortex.providers.http.hook:HttpHook", "airflow.providers.http.hooks.http airflow.hooks.http_hook"),
    ("vortex.providers.http.operator:HttpOperator", "airflow.providers.http.operators.http"),
    ("vortex.providers.http.operator:SimpleHttpOperator", "airflow.providers.http.operators.http airflow.operators.http_operator"),
    ("vortex.providers.http.sensor:HttpSensor", "airflow.providers.http.sensors.http airflow.sensors.http_sensor"),
)
