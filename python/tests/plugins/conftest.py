import importlib.util
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hello_plugin import HELLO, TESTS, write  # noqa: E402

for name in ("execution", "loading"):
    sys.path.insert(0, os.path.join(TESTS, name))


def _runner(folder):
    """The one of the tests of execution."""
    spec = importlib.util.spec_from_file_location("execution_conftest", os.path.join(TESTS, "execution", "conftest.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Runner(folder)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A DAG folder; what is found out about plugins is kept beside it."""
    monkeypatch.setenv("VORTEX_PLUGIN_CACHE", str(tmp_path / "cache"))
    dags = tmp_path / "dags"
    dags.mkdir()
    return dags


@pytest.fixture
def runner(folder):
    from vortex.execution.current_context import set_current_context

    before = dict(os.environ)
    write(folder, "hello.ts", HELLO)
    yield _runner(folder)
    os.environ.clear()
    os.environ.update(before)
    set_current_context(None)
