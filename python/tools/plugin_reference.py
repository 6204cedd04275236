"""
`python tools/plugin_reference.py`: writes the arguments of the shipped plugins' operators into docs/plugins.md, from what the plugins
register. tests/plugins/test_plugin_arguments.py says when it is out of date.
"""
from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUIDE = os.path.join(ROOT, "docs", "plugins.md")
MARK = "<!-- Made by python/tools/plugin_reference.py of what the shipped plugins register. -->\n"
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "object", "array": "list", "null": "null"}


def reference() -> str:
    sys.path.insert(0, os.path.join(ROOT, "python"))
    from vortex.plugins.catalogue import shipped

    parts: List[str] = []
    for name, (_, registered) in shipped().items():
        parts += [f"### {name}", "", registered.description, "", "| argument | value | meaning |", "|---|---|---|"]
        required = registered.config.get("required", ())
        for argument, form in registered.config["properties"].items():
            parts.append(f"| `{argument}` | {_cell(_allowed(form))} | {_cell(_meaning(form, argument in required))} |")
        parts.append("")
    return "\n".join(parts)


def _allowed(form: Dict[str, Any]) -> str:
    if "enum" in form:
        return ", ".join(f"`{one}`" for one in form["enum"])
    if "anyOf" in form:
        return " or ".join(dict.fromkeys(_allowed(one) for one in form["anyOf"]))
    if form.get("type") == "array" and form.get("items"):
        return f"list of: {_allowed(form['items'])}"
    names = form.get("type", [])
    return ", ".join(TYPES[name] for name in ([names] if isinstance(names, str) else names)) or "any value"


def _meaning(form: Dict[str, Any], is_required: bool) -> str:
    words = str(form.get("description", "")).rstrip(".")
    default = form.get("default")
    if is_required:
        words += ". Required"
    elif default not in (None, "") and "Default" not in words:
        words += f". Default: `{json.dumps(default)}`" if not isinstance(default, str) else f". Default: `{default}`"
    return words.lstrip(". ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def written(text: str) -> str:
    """The guide with its reference made anew."""
    head, mark, _ = text.partition(MARK)
    return f"{head}{mark}\n{reference().rstrip()}\n"


if __name__ == "__main__":
    with open(GUIDE, encoding="utf-8") as stream:
        found = written(stream.read())
    with open(GUIDE, "w", encoding="utf-8") as stream:
        stream.write(found)
