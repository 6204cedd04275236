"""`DagBag`: the DAGs of a folder, as people's test suites load them (Airflow best-practices "Testing a DAG")."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, NamedTuple, Optional

from vortex.configuration import conf
from vortex.exceptions import AirflowDagDuplicatedIdException, AirflowException
from vortex.loading.author_traceback import format_author_traceback
from vortex.registry import loading_file
from vortex.testing.dag_folder import dag_files


class FileLoadStat(NamedTuple):
    """How one file was loaded."""

    file: str
    duration: float
    dag_num: int
    task_num: int
    dags: str


class DagBag:
    """
    Loads all DAG files of a folder (or one file) when it is made.

    dag_folder: default AIRFLOW__CORE__DAGS_FOLDER, else VORTEX_DAGS_FOLDER, else ./dags; AirflowException if there is none.
    include_examples, read_dags_from_db, load_op_links, known_pools and more are accepted and mean nothing here. safe_mode: only files
    that speak of DAGs. collect_dags=False: nothing is loaded until `collect_dags()` or `process_file()`.

    dags: DAGs by id. import_errors: traceback by absolute path; a file that fails, two DAGs of one id, and cycles are errors.
    """

    def __init__(
        self,
        dag_folder: Any = None,
        include_examples: Any = None,
        safe_mode: Any = None,
        read_dags_from_db: bool = False,
        load_op_links: bool = True,
        collect_dags: bool = True,
        known_pools: Any = None,
        **_: Any,
    ) -> None:
        folder = dag_folder or conf.get("core", "dags_folder", fallback="") or os.environ.get("VORTEX_DAGS_FOLDER") or "dags"
        self.dag_folder: str = os.path.abspath(os.fspath(folder))
        self.dags: Dict[str, Any] = {}
        self.import_errors: Dict[str, str] = {}
        self.captured_warnings: Dict[str, Any] = {}
        self.file_last_changed: Dict[str, float] = {}
        self.dagbag_stats: List[FileLoadStat] = []
        if dag_folder is None and not os.path.isdir(self.dag_folder) and loading_file() is None:
            raise AirflowException(f"There is no DAG folder {self.dag_folder}. Give DagBag one: DagBag(dag_folder='path/of/dags').")
        # A DAG file that makes a DagBag while it is loaded would load itself, and so on.
        if collect_dags and loading_file() is None:
            self.collect_dags(safe_mode=True if safe_mode is None else bool(safe_mode))

    def size(self) -> int:
        return len(self.dags)

    @property
    def dag_ids(self) -> List[str]:
        return list(self.dags)

    def get_dag(self, dag_id: str, session: Any = None) -> Optional[Any]:
        """None if there is no such DAG."""
        return self.dags.get(dag_id)

    def collect_dags(
        self, dag_folder: Any = None, only_if_updated: bool = True, include_examples: Any = None, safe_mode: bool = True, **_: Any
    ) -> None:
        """Loads the folder (its own, or another one)."""
        folder = self.dag_folder if dag_folder is None else os.path.abspath(os.fspath(dag_folder))
        if not os.path.exists(folder):
            self.import_errors[folder] = f"There is no folder {folder}. Give DagBag the folder of the DAG files: DagBag(dag_folder=...)."
            return
        for path in dag_files(folder, safe_mode):
            started = time.perf_counter()
            found = self.process_file(path, only_if_updated=False)
            names = [dag.dag_id for dag in found]
            took = time.perf_counter() - started
            self.dagbag_stats.append(FileLoadStat(path, took, len(found), sum(len(dag.tasks) for dag in found), str(names)))

    def process_file(self, filepath: str, only_if_updated: bool = True, safe_mode: bool = True) -> List[Any]:
        """Loads one file; returns its DAGs."""
        from vortex.loading import load_file

        path = os.path.abspath(filepath)
        root = self.dag_folder if os.path.isdir(self.dag_folder) and path.startswith(self.dag_folder + os.sep) else os.path.dirname(path)
        self.import_errors.pop(path, None)
        for dag_id in [dag_id for dag_id, dag in self.dags.items() if dag.fileloc == path]:
            del self.dags[dag_id]
        try:
            loaded = load_file(root, os.path.relpath(path, root).replace(os.sep, "/"), os.environ.get("VORTEX_COMPAT", "auto"))
            for dag in loaded.dags.values():
                dag.loaded_root = root
                self.bag_dag(dag)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a file raises is its import error
            self.import_errors[path] = format_author_traceback(error)
            return []
        self.file_last_changed[path] = os.path.getmtime(path)
        return list(loaded.dags.values())

    def bag_dag(self, dag: Any, *_: Any, **__: Any) -> None:
        """Takes a DAG in. Raises AirflowDagCycleException, AirflowDagDuplicatedIdException."""
        dag.settle()
        check_cycle(dag)
        known = self.dags.get(dag.dag_id)
        if known is not None and known is not dag and known.fileloc != dag.fileloc:
            raise AirflowDagDuplicatedIdException(
                f"The DAG id {dag.dag_id!r} is taken by {known.fileloc}; {dag.fileloc} defines it too. Give each DAG its own id."
            )
        self.dags[dag.dag_id] = dag

    def dagbag_report(self) -> str:
        """What was loaded, and how long each file took."""
        lines = [f"{stat.file}: {stat.dag_num} DAGs, {stat.task_num} tasks, {stat.duration:.2f} s" for stat in self.dagbag_stats]
        errors = [f"{path}: {text.strip().splitlines()[-1]}" for path, text in self.import_errors.items()]
        return "\n".join([f"{self.dag_folder}: {self.size()} DAGs", *lines, *errors])


def check_cycle(dag: Any) -> None:
    """airflow.utils.dag_cycle_tester. Raises AirflowDagCycleException, which names the cycle."""
    dag.validate()


test_cycle = check_cycle
# pytest takes functions of test modules that begin like this for tests.
test_cycle.__test__ = False  # type: ignore[attr-defined]
