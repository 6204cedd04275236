"""
What a server would keep, in memory: runs with their XComs, Variables, connections and events of assets. `dag.test()` has one store for the
process, so that a second run finds the first; each test of the fixtures has its own.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from vortex.execution import connections, variables
from vortex.testing.secret_files import connection_of

# A DAG's older runs are forgotten.
MAX_RUNS_PER_DAG = 100
_CONNECTION_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")


class Store:
    """Of one process or one test."""

    def __init__(self) -> None:
        self.runs: Dict[str, List[Any]] = {}
        self.variables: Dict[str, str] = {}
        self.connections: Dict[str, Dict[str, Any]] = {}
        # Oldest first, as vortex/host/job.py has them.
        self.asset_events: List[Dict[str, Any]] = []
        # DAGs that tasks may ask about and trigger, by id.
        self.dags: Dict[str, Any] = {}
        self.masked: List[str] = []

    def take(self, given_variables: Optional[Dict[str, Any]], given_connections: Optional[Dict[str, Any]]) -> None:
        """Variables (what is no text becomes JSON), and connections as a URI, JSON text, a dict of fields or a Connection."""
        for key, value in (given_variables or {}).items():
            self.variables[key] = value if isinstance(value, str) else json.dumps(value)
        for conn_id, value in (given_connections or {}).items():
            connection = connection_of(conn_id, value)
            self.connections[conn_id] = {name: getattr(connection, name) for name in _CONNECTION_FIELDS}

    def add_run(self, run: Any) -> None:
        """One of the same id is replaced, as Airflow clears it."""
        runs = [other for other in self.runs.get(run.dag_id, []) if other.run_id != run.run_id]
        self.runs[run.dag_id] = [*runs, run][-MAX_RUNS_PER_DAG:]

    def run(self, dag_id: str, run_id: str) -> Optional[Any]:
        return next((run for run in self.runs.get(dag_id, []) if run.run_id == run_id), None)

    def before(self, run: Any) -> List[Any]:
        """Runs of the DAG with an earlier date, newest first."""
        date = run.logical_date or run.run_after
        earlier = [other for other in self.runs.get(run.dag_id, []) if other is not run and (other.logical_date or other.run_after) < date]
        return sorted(earlier, key=lambda other: other.logical_date or other.run_after, reverse=True)

    def dag(self, dag_id: str) -> Optional[Any]:
        """Those that were given, and those of the script that Python runs."""
        if dag_id in self.dags:
            return self.dags[dag_id]
        import sys

        from vortex.definitions.dag import DAG

        script = vars(sys.modules.get("__main__", object)).values() if "__main__" in sys.modules else ()
        return next((value for value in list(script) if isinstance(value, DAG) and value.dag_id == dag_id), None)


class StoreVariables(variables.VariableSource):
    """What `Variable` asks outside of a task."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Optional[str]:
        return self._store.variables.get(key)

    def set(self, key: str, value: str, description: Optional[str]) -> None:
        self._store.variables[key] = value

    def delete(self, key: str) -> bool:
        return self._store.variables.pop(key, None) is not None


class StoreConnections(connections.ConnectionSource):
    """What `BaseHook.get_connection` asks outside of a task."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, conn_id: str) -> Optional[Dict[str, Any]]:
        return self._store.connections.get(conn_id)


_process_store = Store()


def process_store() -> Store:
    """That of `dag.test()`."""
    return _process_store


def use_process_store(store: Store) -> Store:
    """Another one from now on; returns the one before."""
    global _process_store
    before, _process_store = _process_store, store
    return before
