import os

import pytest

from vortex.execution import connections, variables
# As the plugin brings them: a conftest below the top may name no plugins.
from vortex.testing.fixtures import vortex_dag, vortex_dags, vortex_secrets, vortex_store, vortex_task, vortex_time
from vortex.testing.store import Store, use_process_store

__all__ = ["vortex_dag", "vortex_dags", "vortex_secrets", "vortex_store", "vortex_task", "vortex_time"]


@pytest.fixture(autouse=True)
def of_its_own():
    """Runs, environment and sources of each test."""
    before = (use_process_store(Store()), dict(os.environ), variables._source, connections._source)
    yield
    use_process_store(before[0])
    os.environ.clear()
    os.environ.update(before[1])
    variables.use_source(before[2])
    connections.use_source(before[3])
