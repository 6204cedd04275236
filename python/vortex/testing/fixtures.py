"""
The pytest plugin: fixtures to run a DAG or one task in the process of the test. They come with the installed package (entry point
`pytest11`), with `pytest -p vortex.testing`, or in a conftest.py: `pytest_plugins = ["vortex.testing"]`.

    def test_orders(vortex_dag):
        run = vortex_dag("dags/orders.py", variables={"region": "eu"})
        assert run.states == {"extract": "success", "load": "success"}
        assert run.xcom("extract") == [1, 2, 3]

Each test has Variables, connections and runs of its own; those of the environment (AIRFLOW_VAR_*, AIRFLOW_CONN_*) are seen too.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from vortex.definitions.not_given import NOTSET
from vortex.execution import connections, variables
from vortex.testing.clock import FrozenTime
from vortex.testing.dag_bag import DagBag
from vortex.testing.dag_test import run_dag
from vortex.testing.local_run import DagTestFailed, LocalRun
from vortex.testing.single_task import run_single
from vortex.testing.store import Store, StoreConnections, StoreVariables, use_process_store


class Secrets:
    """Variables and connections of one test: `vortex_secrets.variable("key", value)`, `vortex_secrets.connection("id", uri_or_fields)`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def variable(self, key: str, value: Any) -> None:
        """A text; anything else is kept as JSON."""
        self._store.take({key: value}, None)

    def connection(self, conn_id: str, connection: Any = None, **fields: Any) -> None:
        """A URI, JSON text, a dict of fields, a Connection, or the fields as arguments: conn_type, host, login, password, extra, ..."""
        self._store.take(None, {conn_id: fields if connection is None else connection})

    @property
    def variables(self) -> Dict[str, str]:
        """As they are now: tasks may have set some."""
        return dict(self._store.variables)


@pytest.fixture
def vortex_store() -> Iterator[Store]:
    """Runs, Variables, connections and asset events of this test; what `dag.test()`, `Variable` and `BaseHook` use meanwhile."""
    store = Store()
    before = (use_process_store(store), variables._source, connections._source)
    variables.use_source(StoreVariables(store))
    connections.use_source(StoreConnections(store))
    yield store
    use_process_store(before[0])
    variables.use_source(before[1])
    connections.use_source(before[2])


@pytest.fixture
def vortex_secrets(vortex_store: Store) -> Secrets:
    """Variables and connections for the tasks of this test; see Secrets."""
    return Secrets(vortex_store)


@pytest.fixture
def vortex_dag(vortex_store: Store) -> Callable[..., LocalRun]:
    """
    `vortex_dag(dag, ...)` runs a DAG to its end in this process and returns the run (vortex.testing.LocalRun).

    dag: a DAG, or the path of its file (`dag_id=` if the file defines several). check: False = a failed run is returned; else it raises
    DagTestFailed, which names the failed tasks with the ends of their logs (True). Waits take no time unless sleep=True. All other
    arguments are those of vortex.testing.run_dag: logical_date, conf, variables, connections, tasks, mark_success_pattern, ...
    """

    def run(dag: Any, *, dag_id: Optional[str] = None, check: bool = True, **options: Any) -> LocalRun:
        found = load_dag(dag, dag_id) if not hasattr(dag, "task_dict") else dag
        made = run_dag(found, options.pop("logical_date", NOTSET), **{"store": vortex_store, "sleep": False, **options})
        return made.check() if check else made

    return run


@pytest.fixture
def vortex_task(vortex_store: Store) -> Callable[..., Any]:
    """
    `vortex_task(task, ...)` runs one task in this process and returns its task instance: state, value, output, error, xcom_pull.

    task: an operator, with or without a DAG, or what an @task function returned. xcoms: {"task_id": return value} or
    {("task_id", "key"): value} of tasks above it. check: False = a failure is returned, else raised (True). Other arguments:
    logical_date, conf, variables, connections, sleep.
    """

    def run(task: Any, *, check: bool = True, xcoms: Optional[Dict[Any, Any]] = None, **options: Any) -> Any:
        return run_single(task, vortex_store, check, xcoms or {}, options)

    return run


@pytest.fixture
def vortex_dags(vortex_store: Store) -> Callable[[Any], DagBag]:
    """`vortex_dags("dags")` loads a folder: `.dags`. Raises AssertionError with the tracebacks if a file does not load."""

    def load(folder: Any) -> DagBag:
        bag = DagBag(folder)
        broken = [f"{path}\n{text}" for path, text in bag.import_errors.items()]
        assert not broken, "\n".join(["DAG files do not load:", *broken])
        return bag

    return load


@pytest.fixture
def vortex_time() -> Iterator[Callable[..., FrozenTime]]:
    """
    `clock = vortex_time("2026-01-01T06:00Z")` freezes every clock until the end of the test; `clock.shift(60)`, `clock.move_to(...)`.
    tick=True: it goes on from there. Needs the package time-machine.
    """
    frozen: List[FrozenTime] = []

    def freeze(moment: Any, tick: bool = False) -> FrozenTime:
        frozen.append(FrozenTime(moment, tick).__enter__())
        return frozen[-1]

    yield freeze
    for one in reversed(frozen):
        one.__exit__(None, None, None)


def load_dag(path: Any, dag_id: Optional[str] = None) -> Any:
    """The DAG of a file. Raises DagTestFailed if the file does not load, or defines several and none was named."""
    bag = DagBag(path)
    for text in bag.import_errors.values():
        raise DagTestFailed(f"{path} does not load:\n{text}")
    if dag_id is None and len(bag.dags) == 1:
        return next(iter(bag.dags.values()))
    if dag_id not in bag.dags:
        raise DagTestFailed(
            f"{path} defines {', '.join(bag.dag_ids) or 'no DAG'}" + ("; name one with dag_id=." if dag_id is None else f", not {dag_id}.")
        )
    return bag.dags[dag_id]
