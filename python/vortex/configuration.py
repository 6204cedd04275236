"""
A small read-only `conf` (`airflow.configuration.conf`): environment variables AIRFLOW__SECTION__KEY, then a few values that DAG
files ask for. Everything else needs a fallback.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple

from vortex import registry
from vortex.definitions.not_given import NOTSET
from vortex.exceptions import AirflowConfigException

_DEFAULTS: Dict[Tuple[str, str], str] = {
    ("core", "default_timezone"): "utc",
    ("core", "load_examples"): "False",
    ("core", "parallelism"): "32",
    ("core", "max_active_tasks_per_dag"): "16",
    ("core", "max_active_runs_per_dag"): "16",
    ("core", "dagbag_import_timeout"): "30.0",
    ("core", "default_task_retries"): "0",
    ("core", "default_task_retry_delay"): "300",
    ("core", "executor"): "VortexExecutor",
    ("operators", "default_owner"): "airflow",
    ("operators", "default_queue"): "default",
    ("webserver", "base_url"): "http://localhost:8080",
    ("api", "base_url"): "http://localhost:8080",
}
_TRUE = ("t", "true", "1", "yes", "on")
_FALSE = ("f", "false", "0", "no", "off")


class Configuration:
    """Reading only. A missing value raises AirflowConfigException unless the call brings a fallback."""

    def get(self, section: str, key: str, fallback: Any = NOTSET, **_: Any) -> Any:
        value = self._find(section.lower(), key.lower())
        if value is not None:
            return value
        if fallback is not NOTSET:
            return fallback
        raise AirflowConfigException(
            f"VORTEX has no setting {section}/{key}. Set AIRFLOW__{section.upper()}__{key.upper()} in the environment, or pass fallback=."
        )

    def getboolean(self, section: str, key: str, fallback: Any = NOTSET, **_: Any) -> Any:
        value = self.get(section, key, fallback)
        if not isinstance(value, str):
            return value
        word = value.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise AirflowConfigException(f"{section}/{key} should be true or false, not {value!r}.")

    def getint(self, section: str, key: str, fallback: Any = NOTSET, **_: Any) -> Any:
        return self._number(section, key, fallback, int)

    def getfloat(self, section: str, key: str, fallback: Any = NOTSET, **_: Any) -> Any:
        return self._number(section, key, fallback, float)

    def has_option(self, section: str, key: str) -> bool:
        return self._find(section.lower(), key.lower()) is not None

    def _number(self, section: str, key: str, fallback: Any, kind: Any) -> Any:
        value = self.get(section, key, fallback)
        if not isinstance(value, str):
            return value
        try:
            return kind(value)
        except ValueError:
            raise AirflowConfigException(f"{section}/{key} should be a number, not {value!r}.") from None

    def _find(self, section: str, key: str) -> Optional[str]:
        value = os.environ.get(f"AIRFLOW__{section.upper()}__{key.upper()}")
        if value is not None:
            return value
        if (section, key) == ("core", "dags_folder"):
            return _dags_folder()
        return _DEFAULTS.get((section, key))


def _dags_folder() -> Optional[str]:
    folder = os.environ.get("VORTEX_DAGS_FOLDER")
    if folder:
        return folder
    file = registry.loading_file()
    return os.path.dirname(os.path.abspath(file)) if file else None


conf = Configuration()
get = conf.get
getboolean = conf.getboolean
getint = conf.getint
getfloat = conf.getfloat
has_option = conf.has_option
