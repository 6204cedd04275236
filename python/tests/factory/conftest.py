import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "loading"))

from vortex import registry  # noqa: E402
from vortex.airflow_compat import install  # noqa: E402
from vortex.factory.document import DagFileProblems  # noqa: E402
from vortex.factory.load import load_dags  # noqa: E402


@pytest.fixture
def dags_of(tmp_path, monkeypatch):
    """The DAGs of a text, by id; modules written to the folder can be named in it."""
    install()
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(text, file="factory_case.yaml"):
        path = str(tmp_path / file)
        registry.begin_load(path, "3", str(tmp_path))
        try:
            return {dag.dag_id: dag for dag in load_dags(path, file, text)}
        finally:
            registry._loads.pop()

    return load


@pytest.fixture
def problems_of(dags_of):
    """[(line, column, message)] of a text that cannot be loaded."""

    def load(text, file="factory_case.yaml"):
        with pytest.raises(DagFileProblems) as caught:
            dags_of(text, file)
        return [(one.line, one.column, one.message) for one in caught.value.problems]

    return load
