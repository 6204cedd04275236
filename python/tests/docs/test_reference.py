"""docs/operators.md is what the package says now, leaves out no class, and its docstrings say what people look for."""
import importlib.util
import os
import subprocess
import sys

import pytest

from vortex.airflow_compat.table import EXPORTS
from vortex.definitions.base_operator import BaseOperator
from vortex.factory.docstrings import meanings_of, parts_of

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
TOOL = os.path.join(ROOT, "python", "tools", "operator_reference.py")
CODE = "import sys, runpy; sys.stdout.buffer.write(runpy.run_path(sys.argv[1])['reference']().encode())"


def tool():
    spec = importlib.util.spec_from_file_location("operator_reference", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL_MODULE = tool()
ENTRIES = [entry for listed in TOOL_MODULE.entries().values() for entry in listed]
CLASSES = [entry for entry in ENTRIES if isinstance(entry.value, type)]


def test_the_page_is_up_to_date():
    # An interpreter of its own: what tests of this process imported must not show.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    fresh = subprocess.run([sys.executable, "-c", CODE, TOOL], env=environment, check=True, capture_output=True).stdout.decode()
    with open(TOOL_MODULE.TARGET, encoding="utf-8") as stream:
        assert stream.read() == fresh, "run `python tools/references.py` in python/ and commit what it writes"


def test_no_operator_sensor_notifier_or_hook_is_left_out():
    from vortex.airflow_compat.names import BaseHook
    from vortex.notifications.base import BaseNotifier

    listed = {entry.name for entry in ENTRIES} | set(TOOL_MODULE.ALIASES)
    # Bases that only share code; arguments of every task stand at the top.
    bases = {"BaseOperator", "BaseSQLOperator", "AwsBaseOperator", "AwsBaseSensor"}
    missing = []
    for names in EXPORTS.values():
        for name, home in names.items():
            module, _, attribute = home.partition(":")
            value = getattr(importlib.import_module(module), attribute, None)
            if isinstance(value, type) and issubclass(value, (BaseOperator, BaseHook, BaseNotifier)) and name not in listed | bases:
                missing.append(f"{name} ({home})")
    assert len(listed) > 60 and missing == []


@pytest.mark.parametrize("entry", CLASSES, ids=lambda entry: entry.name)
def test_a_docstring_says_it_all(entry):
    names = [argument.name for argument in TOOL_MODULE._own_arguments(entry.value)]
    assert [name for name in names if name not in meanings_of(entry.value, names)] == [], "arguments without a meaning"
    assert parts_of(entry.value, names).summary and parts_of(entry.value, names).example
    assert TOOL_MODULE._said(entry.value, "raises")
    if issubclass(entry.value, BaseOperator):
        assert TOOL_MODULE._said(entry.value, "returns")
