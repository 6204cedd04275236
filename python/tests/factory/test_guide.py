"""Every code block of docs/dag-factory.md is what it says, and its reference is the published schema's."""
import importlib.util
import os
import re
import sys
import textwrap

import pytest

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(FOLDER, "..", "..", "..")
GUIDE = os.path.join(ROOT, "docs", "dag-factory.md")
sys.path.insert(0, os.path.join(FOLDER, "..", "loading"))

from host_process import HostProcess  # noqa: E402

with open(GUIDE, encoding="utf-8") as stream:
    TEXT = stream.read()
BLOCKS = [(kind, name.strip(), body) for kind, name, body in re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)]
FILES = [(name if name != "dag" else f"fragment_{number}.yaml", name, body) for number, (kind, name, body) in enumerate(BLOCKS) if kind in ("yaml", "json")]


@pytest.fixture(scope="module")
def host():
    process = HostProcess()
    yield process
    process.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("guide")
    for kind, name, body in BLOCKS:
        if kind == "python":
            (made / name).write_text(body, encoding="utf-8")
    for file, name, body in FILES:
        text = f"dags:\n  {file[:-5]}:\n{textwrap.indent(body, '    ')}" if name == "dag" else body
        (made / ("bad.yaml" if name == "bad" else file)).write_text(text, encoding="utf-8")
    return made


def test_the_guide_has_blocks_of_every_kind():
    assert {kind for kind, _, _ in BLOCKS} == {"yaml", "json", "python", "text", "sh"}
    assert len(FILES) >= 10


@pytest.mark.parametrize("file", [file for file, name, _ in FILES if name != "bad"])
def test_a_block_loads(host, folder, file):
    result = host.parse(folder, file)["result"]
    assert result["error"] is None
    assert result["dags"] and not any(dag["notices"] for dag in result["dags"])


def test_errors_are_told_as_the_guide_says(host, folder):
    (shown,) = [body for kind, _, body in BLOCKS if kind == "text"]
    error = host.parse(folder, "bad.yaml")["result"]["error"]
    assert error["traceback"].splitlines() == shown.splitlines()


def test_the_reference_is_up_to_date():
    spec = importlib.util.spec_from_file_location("factory_reference", os.path.join(ROOT, "python", "tools", "factory_reference.py"))
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.MARK in TEXT
    assert tool.written(TEXT) == TEXT, "run `python tools/factory_reference.py` in python/"
