"""A rehearsal runs the way of a real attempt and leaves nothing behind."""
import os

import pytest

from vortex.execution import rehearsal as module
from vortex.execution.current_context import get_current_context
from vortex.execution.rehearsal import Rehearsal


def test_it_runs_to_a_success_and_leaves_no_trace(capfd, monkeypatch):
    results = []
    execute = module.execute
    monkeypatch.setattr(module, "execute", lambda *arguments: results.append(execute(*arguments)) or results[-1])
    before = dict(os.environ)
    Rehearsal().run()
    assert [result["outcome"] for result in results] == ["success"]
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")
    with pytest.raises(RuntimeError):
        get_current_context()


def test_standard_output_comes_back_when_it_fails(monkeypatch):
    import sys

    def fail(*_):
        raise ValueError("broken")

    monkeypatch.setattr(module, "execute", fail)
    stdout = sys.stdout
    with pytest.raises(ValueError):
        Rehearsal().run()
    assert sys.stdout is stdout
