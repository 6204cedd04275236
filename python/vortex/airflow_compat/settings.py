"""
`airflow.settings`: the folders and the time zone that DAG files read. The database session can be named while a file loads, and refuses in a
task.
"""

from __future__ import annotations

from typing import Any

__all__ = ["AIRFLOW_HOME", "DAGS_FOLDER", "PLUGINS_FOLDER", "TIMEZONE"]


def __getattr__(name: str) -> Any:
    from vortex.configuration import airflow_home, conf
    from vortex.timezone import default_timezone

    if name == "AIRFLOW_HOME":
        return airflow_home()
    if name == "DAGS_FOLDER":
        return conf.get("core", "dags_folder", fallback="")
    if name == "PLUGINS_FOLDER":
        return conf.get("core", "plugins_folder")
    if name == "TIMEZONE":
        return default_timezone()
    raise AttributeError(f"module 'airflow.settings' has no attribute {name!r}")
