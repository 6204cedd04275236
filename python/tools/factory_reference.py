"""
`python tools/factory_reference.py`: writes the reference of docs/dag-factory.md out of the published schema.
tests/factory/test_guide.py says when it is out of date.
"""
from __future__ import annotations

import os
import sys
from typing import Any, Dict, List

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUIDE = os.path.join(ROOT, "docs", "dag-factory.md")
MARK = "<!-- Made by python/tools/factory_reference.py from the published schema. -->\n"
OPERATORS = (
    "Their arguments are those of the classes. A function is `module:function` here, a duration may be a text such as `5m`, and whatever is no "
    "template must have its type: the schema says which."
)


def reference() -> str:
    sys.path.insert(0, os.path.join(ROOT, "python"))
    from vortex.factory import facts
    from vortex.factory.operators import CATALOGUE
    from vortex.factory.schema import schema

    defs = schema()["$defs"]
    parts: List[str] = []
    for title, name, old in (
        ("Keys of a file", "file", ()),
        ("Keys of a DAG", "dag", facts.OLD_DAG_KEYS),
        ("Keys of a task group", "task_group", ()),
    ):
        parts += _table(f"### {title}", defs[name]["properties"], defs, old)
    keys = defs["task_keys"]["properties"]
    parts += _table("### Keys of a task", {name: keys[name] for name in facts.TASK_OWN_KEYS}, defs, ())
    parts += _table("### Arguments of every operator", {name: keys[name] for name in facts.TASK_KEYS}, defs, ())
    parts += _table("### Names of the earlier form", {**defs["dag"]["properties"], **keys}, defs, (), only={**facts.OLD_DAG_KEYS, **facts.OLD_TASK_KEYS})
    parts += ["### Operators", "", OPERATORS, "", "| operator | class | does |", "|---|---|---|"]
    for name, form in defs.items():
        if name.startswith("operator."):
            words = _line(form["description"]).partition(". ")[0].rstrip(".:")
            short = name[len("operator.") :]
            page = "plugins.md" if CATALOGUE[short][0] == "vortex.plugins" else "operators.md"
            parts.append(f"| `{short}` | [{form['title']}]({page}#{form['title'].lower()}) | {words} |")
    return "\n".join(parts)


def _table(title: str, properties: Dict[str, Any], defs: Dict[str, Any], without: Any, only: Any = None) -> List[str]:
    rows = [
        f"| `{name}` | {_line(_allowed(form, defs))} | {_line(form.get('description', ''))} |"
        for name, form in properties.items()
        if name not in without and (only is None or name in only)
    ]
    return [*([title, ""] if title else []), "| key | value | meaning |", "|---|---|---|", *rows, ""]


def _allowed(form: Dict[str, Any], defs: Dict[str, Any]) -> str:
    if "title" in form:
        return str(form["title"])
    if "$ref" in form:
        target = defs[form["$ref"].rpartition("/")[2]]
        words = _allowed(target, defs)
        return words + (": " + ", ".join(f"`{one}`" for one in target["enum"]) if "enum" in target else "")
    if "enum" in form:
        return ", ".join(f"`{one}`" for one in form["enum"])
    if "anyOf" in form:
        words = [_allowed(one, defs) for one in form["anyOf"] if one.get("type") != "null" and not one.get("$ref", "").endswith("/xcom")]
        return " or ".join(dict.fromkeys(word for word in words if word))
    plain = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "object": "a mapping", "array": "a list"}
    return plain.get(form.get("type", ""), "")


def _line(text: str) -> str:
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
