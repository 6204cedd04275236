import datetime as dt
import json
import os
import subprocess

import pytest

from vortex import DAG, EmptyOperator
from vortex.definitions import authoring_context
from vortex.serialization import serialize_dag

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
START = dt.datetime(2026, 1, 1)


@pytest.fixture(autouse=True)
def blocks_are_closed():
    """A `with` block that a failing test left open would adopt the next test's tasks."""
    yield
    authoring_context._dags.clear()
    authoring_context._groups.clear()


@pytest.fixture
def dag():
    with DAG("d", start_date=START, schedule=None) as made:
        yield made


@pytest.fixture
def empty(dag):
    return lambda task_id, **kwargs: EmptyOperator(task_id=task_id, **kwargs)


@pytest.fixture
def spec():
    return lambda dag, **kwargs: serialize_dag(dag, file="d.py", **kwargs)


@pytest.fixture
def task_spec(spec):
    def find(task):
        return next(item for item in spec(task.dag)["tasks"] if item["task_id"] == task.task_id)

    return find


@pytest.fixture
def edges():
    return lambda dag: {(up, down) for up, down, _ in serialize_dag(dag, file="d.py")["edges"]}


@pytest.fixture(scope="session")
def schema_errors():
    """What the server's own schema says about specs: a list of errors per spec, empty = it fits."""

    def check(specs):
        node = os.path.join(REPOSITORY, "node_modules", ".bin", "node")
        script = os.path.join(os.path.dirname(__file__), "checkSpecs.ts")
        done = subprocess.run([node, script], input=json.dumps(specs), capture_output=True, text=True, cwd=REPOSITORY, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return check
