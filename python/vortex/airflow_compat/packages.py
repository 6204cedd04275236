"""Which package of Airflow a module belongs to, for messages."""

from __future__ import annotations

# Folders inside a provider; what is before them names the provider.
_INSIDE = frozenset(
    """
    assets auth_managers cli config decorators exceptions executors extractors fs get_provider_info hooks io links log models notifications
    notifier operators plugins policies queues secret secrets sensors timetables transfers transformers triggers utils version
    waiters xcom
    """.split()
)
# Parts of Airflow 1's module names, before there were provider packages.
_OLD_NAMES = {
    "aws": "amazon",
    "azure": "microsoft-azure",
    "bigquery": "google",
    "databricks": "databricks",
    "dataflow": "google",
    "dataproc": "google",
    "docker": "docker",
    "druid": "apache-druid",
    "ecs": "amazon",
    "emr": "amazon",
    "ftp": "ftp",
    "gcp": "google",
    "gcs": "google",
    "hive": "apache-hive",
    "http": "http",
    "jdbc": "jdbc",
    "kubernetes": "cncf-kubernetes",
    "mongo": "mongo",
    "mssql": "microsoft-mssql",
    "mysql": "mysql",
    "oracle": "oracle",
    "pig": "apache-pig",
    "postgres": "postgres",
    "presto": "presto",
    "pyspark": "apache-spark",
    "redis": "redis",
    "redshift": "amazon",
    "s3": "amazon",
    "sftp": "sftp",
    "slack": "slack",
    "snowflake": "snowflake",
    "spark": "apache-spark",
    "sql": "common-sql",
    "sqlite": "sqlite",
    "ssh": "ssh",
    "wasb": "microsoft-azure",
    "winrm": "microsoft-winrm",
}


def package_of(module: str) -> str:
    """`apache-airflow-providers-...` where it can be told, else `apache-airflow`."""
    parts = module.split(".")
    if parts[:2] == ["airflow", "providers"] and len(parts) > 2:
        found = []
        for part in parts[2:]:
            if part in _INSIDE and found:
                break
            found.append(part.replace("_", "-"))
            # `amazon.aws.hooks`, `google.cloud.operators`: the service is not part of the package's name.
            if part in ("amazon", "google", "snowflake", "databricks", "slack"):
                break
        return "apache-airflow-providers-" + "-".join(found)
    for word in parts[-1].lower().split("_"):
        if word in _OLD_NAMES:
            return f"apache-airflow-providers-{_OLD_NAMES[word]}"
    return "apache-airflow"
