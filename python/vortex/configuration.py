"""
A small read-only `conf` (`airflow.configuration.conf`): environment variables AIRFLOW__SECTION__KEY, then Airflow's own defaults of what
DAG files ask for while they load (Airflow's configuration reference). Everything else needs a fallback.
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, List, Optional, Tuple

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
    ("core", "unit_test_mode"): "False",
    ("core", "dag_concurrency"): "16",
    ("core", "max_map_length"): "100000",
    ("core", "remote_logging"): "False",
    ("logging", "remote_logging"): "False",
    ("logging", "remote_base_log_folder"): "",
    ("logging", "logging_level"): "INFO",
    ("kubernetes", "namespace"): "default",
    ("kubernetes", "worker_container_repository"): "",
    ("kubernetes", "worker_container_tag"): "",
    ("kubernetes_executor", "namespace"): "default",
    ("kubernetes_executor", "worker_container_repository"): "",
    ("kubernetes_executor", "worker_container_tag"): "",
    ("email", "from_email"): "",
    ("smtp", "smtp_mail_from"): "airflow@example.com",
    ("sensors", "default_timeout"): "604800",
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

    def getlist(self, section: str, key: str, fallback: Any = NOTSET, delimiter: str = ",", **_: Any) -> Any:
        value = self.get(section, key, fallback)
        return [part.strip() for part in value.split(delimiter)] if isinstance(value, str) else value

    def getjson(self, section: str, key: str, fallback: Any = NOTSET, **_: Any) -> Any:
        value = self.get(section, key, fallback)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise AirflowConfigException(f"{section}/{key} does not hold JSON: {error}") from None

    def getsection(self, section: str) -> Optional[Dict[str, Any]]:
        """What is known of a section; None if nothing is."""
        names: List[str] = [key for part, key in {**_DEFAULTS, **_FOLDERS} if part == section.lower()]
        return {key: self.get(section, key) for key in names if self.has_option(section, key)} or None

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
        folder = _FOLDERS.get((section, key))
        return folder() if folder is not None else _DEFAULTS.get((section, key))


def dags_folder() -> Optional[str]:
    """The DAG folder of the file that is being loaded, or the server's."""
    return os.environ.get("VORTEX_DAGS_FOLDER") or registry.loading_root()


def airflow_home() -> str:
    """AIRFLOW_HOME, else the folder that the DAG folder lies in, which is Airflow's usual layout."""
    given = os.environ.get("AIRFLOW_HOME")
    if given:
        return given
    folder = dags_folder()
    return os.path.dirname(os.path.abspath(folder)) if folder else os.path.join(os.path.expanduser("~"), "airflow")


def _below_home(name: str) -> Callable[[], str]:
    return lambda: os.path.join(airflow_home(), name)


_FOLDERS: Dict[Tuple[str, str], Callable[[], Optional[str]]] = {
    ("core", "dags_folder"): dags_folder,
    ("core", "airflow_home"): airflow_home,
    ("core", "plugins_folder"): _below_home("plugins"),
    # VORTEX keeps its logs in the database; DAG files that tidy a folder of logs still load.
    ("core", "base_log_folder"): _below_home("logs"),
    ("logging", "base_log_folder"): _below_home("logs"),
    ("logging", "dag_processor_manager_log_location"): _below_home("logs/dag_processor_manager/dag_processor_manager.log"),
    ("scheduler", "child_process_log_directory"): _below_home("logs/scheduler"),
}


conf = Configuration()
get = conf.get
getboolean = conf.getboolean
getint = conf.getint
getfloat = conf.getfloat
has_option = conf.has_option
