"""The arguments in docs/plugins.md are those that the shipped plugins register."""
import importlib.util
import os

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")


def test_the_guide_is_up_to_date():
    spec = importlib.util.spec_from_file_location("plugin_reference", os.path.join(TOOLS, "plugin_reference.py"))
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    with open(tool.GUIDE, encoding="utf-8") as stream:
        text = stream.read()
    assert tool.MARK in text
    assert tool.written(text) == text, "run `python tools/plugin_reference.py` in python/"
