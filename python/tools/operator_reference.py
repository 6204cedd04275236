"""
`python tools/operator_reference.py`: writes docs/operators.md out of the package itself: signatures, docstrings, template fields and the
table of Airflow's names. tests/docs/test_reference.py says when it is out of date, and what a docstring lacks.
"""
from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from annotations_in_words import PYTHON_FORMS, type_in_words  # noqa: E402
from operator_sections import ABOUT, ALIASES, NOT_RUN, SECTIONS  # noqa: E402

TARGET = os.path.join(ROOT, "docs", "operators.md")
MARK = "<!-- Made by python/tools/operator_reference.py from docstrings and signatures: change those. -->\n"
INTRO = """# Operators, sensors, decorators, notifiers and hooks

What VORTEX runs itself, with every argument. How they are put together is in [authoring](authoring.md); which of Airflow's names beside
these load is in [compatibility](compatibility.md). The same operators with YAML's forms of values: [DAGs as YAML](dag-factory.md).

- *Template* marks fields that Jinja renders before the task runs: texts, and texts within lists and dicts. A text that ends in one of
  the *template files* is the path of such a file, beside the DAG file or in `template_searchpath`.
- Every operator also takes the [arguments of every task](#arguments-of-every-task), every sensor those of [BaseSensorOperator](#basesensoroperator).
- *Returns* is the XCom `return_value`, which `do_xcom_push=False` leaves out. *Raises* is what fails the try, at load what fails the file.
- Import from `vortex`, or from any of Airflow's modules that are named: they are the same classes.
- SQL, HTTP and S3 are Airflow's operators here, over the Python drivers of the DAGs' environment. The shipped [plugins](plugins.md) have
  others for the same, which need no Python packages.

The examples of SQL and HTTP name two connections: `shop`, a SQLite file with a table `orders (id, amount, day)`, and `shop_api`, a web server.
Those of S3 use `aws_default` and a bucket `shop` that holds `orders.csv`.
"""


class Entry(NamedTuple):
    name: str
    home: str
    value: Any


def entries() -> "Dict[str, List[Entry]]":
    sys.path.insert(0, os.path.join(ROOT, "python"))
    found: Dict[str, List[Entry]] = {}
    for title, homes in SECTIONS:
        found[title] = [Entry(name, home, getattr(importlib.import_module(home), name)) for home, names in homes for name in names.split()]
    return found


def reference() -> str:
    parts = [INTRO, MARK]
    sections = entries()
    parts.append("## Arguments of every task\n\n" + _task_table())
    for title, listed in sections.items():
        parts.append(f"## {title}\n\n" + ABOUT.get(title, "") + ("\n" if title in ABOUT else "") + ", ".join(f"[{_title(one)}](#{_anchor(_title(one))})" for one in listed) + "\n")
        parts += [_entry(one) for one in listed]
    return "\n".join(parts)


def _title(one: Entry) -> str:
    return f"@{one.name}" if one.name.islower() else one.name


def _anchor(title: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _entry(one: Entry) -> str:
    if one.name == "task":
        return _task_section(one)
    if not isinstance(one.value, type):
        return _function_section(one)
    return _class_section(one)


def _class_section(one: Entry) -> str:
    from vortex.definitions.base_operator import BaseOperator
    from vortex.factory.docstrings import meanings_of, parts_of

    kind = one.value
    own = _own_arguments(kind)
    names = [argument.name for argument in own]
    parts = parts_of(kind, names)
    lines = [f"### {_title(one)}", "", *_paragraphs(parts.summary), _where(one), ""]
    docs = meanings_of(kind, names)
    fields = tuple(getattr(kind, "template_fields", ()))
    lines += _table([(argument, docs.get(argument.name, ""), argument.name in fields) for argument in own])
    endings = [f"`{ending}`" for ending in getattr(kind, "template_ext", ())]
    if endings:
        lines += [f"Template files: {', '.join(endings)}.", ""]
    is_operator = issubclass(kind, BaseOperator)
    lines += [sentence for said in (_said(kind, "returns") if is_operator else None, _said(kind, "raises")) if said for sentence in (said, "")]
    if not is_operator:
        lines += _methods(kind)
    return "\n".join(lines + _example(one.name, parts.example))


def _said(kind: type, part: str) -> str:
    """Its own word, else that of the nearest base."""
    from vortex.factory.docstrings import parts_of

    return next((said for base in kind.__mro__ if base.__name__ != "BaseOperator" and (said := getattr(parts_of(base), part, None))), "")


def _own_arguments(kind: type) -> List[Any]:
    """Beside those of every task, of every sensor, and of DAGs."""
    from vortex.definitions.base_operator import BaseOperator
    from vortex.factory import facts
    from vortex.factory.operators import arguments_of
    from vortex.sensors.base import BaseSensorOperator

    known = frozenset(facts.TASK_KEYS) | facts.TASK_NOT_KEYS
    if not issubclass(kind, BaseOperator):
        # @asset hands the others on to its DAG.
        known = frozenset(facts.DAG_KEYS) - {"schedule"}
    elif issubclass(kind, BaseSensorOperator) and kind is not BaseSensorOperator:
        known |= {one.name for one in arguments_of(BaseSensorOperator, known)}
    return list(arguments_of(kind, known))


def _function_section(one: Entry) -> str:
    from vortex.factory.docstrings import meanings_in, parts_of
    from vortex.factory.operators import Argument

    parameters = [p for p in inspect.signature(one.value).parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    arguments = [
        Argument(p.name, "str" if p.name.endswith("_id") else str(p.annotation), "" if p.name.endswith("_id") else p.default, p.default is p.empty)
        for p in parameters
        if p.name != "function"
    ]
    names = [argument.name for argument in arguments]
    parts = parts_of(one.value, names)
    docs = meanings_in(one.value, names)
    lines = [f"### {_title(one)}", "", *_paragraphs(parts.summary), _where(one), ""]
    lines += _table([(argument, docs.get(argument.name, ""), False) for argument in arguments])
    if one.name == "dag":
        lines += ["Arguments of DAG:", "", *_dag_table()]
    return "\n".join(lines + ([parts.raises, ""] if parts.raises else []) + _example(one.name, parts.example))


def _task_section(one: Entry) -> str:
    from vortex.factory.docstrings import meanings_of, parts_of
    from vortex.factory.operators import Argument

    made = type(one.value)
    argument = Argument("multiple_outputs", "Optional[bool]", None, False)
    parts = parts_of(made, [argument.name])
    lines = [f"### {_title(one)}", "", *_paragraphs(parts.summary), _where(one), ""]
    lines += _table([(argument, meanings_of(made, [argument.name])[argument.name], False)])
    lines += [said for word in (parts.returns, parts.raises) if word for said in (word, "")]
    lines += _example(one.name, parts.example)
    for kind in sorted(one.value._kinds):
        if kind != "python":
            decorated = one.value._operator(kind)
            said = parts_of(decorated)
            lines += [f"#### @task.{kind}", "", *_paragraphs(said.summary), *([said.raises, ""] if said.raises else []), *_example(f"task.{kind}", said.example)]
    for kind in ("run_if", "skip_if"):
        said = parts_of(getattr(made, kind), ["condition", "skip_message"])
        lines += [f"#### @task.{kind}", "", *_paragraphs(said.summary)]
        from vortex.factory.docstrings import meanings_in

        docs = meanings_in(getattr(made, kind), ["condition", "skip_message"])
        lines += [f"- `{name}`: {words}" for name, words in docs.items()] + ([""] if docs else []) + _example(f"task.{kind}", said.example)
    return "\n".join(lines)


def _paragraphs(texts: Iterable[str]) -> List[str]:
    return [line for text in texts for line in (_linked(" ".join(text.split())), "")]


def _linked(text: str) -> str:
    """Names of classes that have a section lead there."""
    names = [name for _, homes in SECTIONS for _, listed in homes for name in listed.split() if not name.islower()]
    return re.sub(rf"(?<![`\w\[@.])({'|'.join(sorted(names, key=len, reverse=True))})(?![`\w(\]])", lambda found: f"[{found[1]}](#{found[1].lower()})", text)


def _where(one: Entry) -> str:
    """Import paths, and what it is called elsewhere."""
    import vortex
    from vortex.airflow_compat.table import EXPORTS
    from vortex.factory.operators import CATALOGUE, SHORT_OF

    target = f"{one.home}:{one.name}"
    modules = [module for module, names in EXPORTS.items() if any(home == target or (name == one.name and _same(home, one.value)) for name, home in names.items())]
    modules.sort(key=lambda module: (not module.startswith(("airflow.providers.", "airflow.sdk")), module.count("."), module))
    words = [f"`from vortex import {one.name}`" if one.name in vortex.__all__ else f"`from {modules[0] if modules else one.home} import {one.name}`"]
    if modules:
        words.append("Airflow's modules: " + ", ".join(f"`{module}`" for module in modules))
    if one.name in SHORT_OF and CATALOGUE[SHORT_OF[one.name]][0] != "vortex.plugins":
        words.append(f"in YAML `{SHORT_OF[one.name]}`")
    older = [f"`{alias}`" + (f" is `{what}`" if "(" in what else "") for alias, what in ALIASES.items() if what.partition("(")[0] == one.name]
    if older:
        words.append("also " + ", ".join(older))
    return " · ".join(words)


def _same(home: str, value: Any) -> bool:
    module, _, name = home.partition(":")
    return getattr(importlib.import_module(module), name, None) is value


def _table(rows: "List[Tuple[Any, str, bool]]") -> List[str]:
    if not rows:
        return []
    lines = ["| argument | type | default | meaning |", "|---|---|---|---|"]
    for argument, words, is_template in rows:
        meaning = _linked(words.rstrip(".") + "." if words else "") + (" *Template.*" if is_template else "")
        lines.append(f"| `{argument.name}` | {_cell(type_in_words(argument.annotation))} | {_default(argument)} | {_cell(meaning.strip())} |")
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _default(argument: Any) -> str:
    if argument.required:
        return "**required**"
    value = argument.default
    if isinstance(value, (bool, int, float, str, type(None))):
        return "" if value == "" and isinstance(value, str) else f"`{value!r}`"
    return "" if callable(value) or not isinstance(value, tuple) else f"`{list(value)!r}`"


def _task_table() -> str:
    from vortex.definitions.base_operator import BaseOperator
    from vortex.factory import facts

    return "\n".join(_facts_table(facts.TASK_KEYS, BaseOperator)) + _DATES


_DATES = """
Durations are timedeltas, or numbers of seconds. Dates without a zone are in the DAG's. `default_args` of the file's DAG and groups give any of
these, and any other argument, to all tasks that do not say otherwise.
"""


def _dag_table() -> List[str]:
    from vortex.definitions.dag import DAG
    from vortex.factory import facts

    left_out = ("tasks", "task_groups", "dependencies", "timezone")
    return _facts_table({name: key for name, key in facts.DAG_KEYS.items() if name not in left_out}, DAG)


def _facts_table(keys: "Dict[str, Tuple[str, str]]", kind: type) -> List[str]:
    parameters = inspect.signature(inspect.unwrap(kind.__init__)).parameters  # type: ignore[misc]
    lines = ["| argument | type | meaning |", "|---|---|---|"]
    for name, (form, words) in keys.items():
        assert name in parameters, f"{kind.__name__} has no argument {name}"
        lines.append(f"| `{name}` | {PYTHON_FORMS.get(form, 'any')} | {_cell(_in_python(words))} |")
    return [*lines, ""]


_PYTHON_WORDS = {
    ": `module:function`, or several": "",
    " They win over the file's.": "",
    "; `{$import: module:name}` gives a Python thing": "",
    "it is in `timezone`": "it is in the site's zone (UTC)",
    ", in a list of tasks. In a mapping the key is the id": "",
    "Default: 5m": "Default: 5 minutes",
    "null": "None",
    "true": "True",
    "false": "False",
}


def _in_python(text: str) -> str:
    """facts.py speaks of YAML."""
    for ours, theirs in _PYTHON_WORDS.items():
        text = re.sub(rf"{re.escape(ours)}(?!\w)", theirs, text)
    return text


def _methods(kind: type) -> List[str]:
    """Public methods of a hook that say what they do; those of a base stand there."""
    lines = []
    for name, member in vars(kind).items():
        function = inspect.unwrap(getattr(member, "__func__", member)) if not isinstance(member, property) else member.fget
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        words = " ".join(inspect.cleandoc(function.__doc__).split())
        parameters = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
        call = "" if isinstance(member, property) else f"({', '.join(_parameter(p) for p in parameters)})"
        lines.append(f"- `{name}{call}`: {words[:1].lower() if words[1:2].islower() and not words.startswith('A ') else words[:1]}{words[1:]}")
    return [*lines, ""] if lines else []


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    return f"{stars}{parameter.name}" + ("" if parameter.default is parameter.empty else f"={parameter.default!r}")


def _example(name: str, text: Any) -> List[str]:
    if text is None:
        return []
    reason = NOT_RUN.get(name)
    file = re.search(r"DAG\(\s*\"(\w+)\"|def (example_\w+)", text)
    assert file is not None, f"the example of {name} has no DAG"
    mark = [f"<!-- not run: {reason} -->"] if reason else []
    return [*mark, f"```python {file[1] or file[2]}.py", text.rstrip(), "```", ""]


if __name__ == "__main__":
    with open(TARGET, "w", encoding="utf-8") as stream:
        stream.write(reference())
