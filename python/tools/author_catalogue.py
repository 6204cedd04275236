"""
`python tools/author_catalogue.py`: what the code editor completes, read out of the package itself: every name that DAG files import,
with its modules and arguments, the template context and the macros. Writes renderer/features/editor/generated/authorApi.json;
tests/authoring/test_author_catalogue.py says when that file is out of date.
"""
from __future__ import annotations

import enum
import importlib
import inspect
import json
import os
import re
import sys
from typing import Any, Dict, List

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join(ROOT, "renderer", "features", "editor", "generated", "authorApi.json")
# A tooltip, not a manual.
MAX_DOC_CHARS = 700
# Of the modules that Airflow had for a name over the years, the newest ones are offered.
OLD_MODULES = re.compile(r"_operator$|\.dummy$|_internal|\.base_hook$|providers\.common\.compat|airflow\.task\.")
NOT_FOR_AUTHORS = {"self", "args", "kwargs", "full_filepath", "logger_name", "allow_nested_operators"}


def catalogue() -> Dict[str, Any]:
    sys.path.insert(0, os.path.join(ROOT, "python"))
    import vortex
    from vortex.airflow_compat.table import EXPORTS, WHOLE_MODULES
    from vortex.definitions.base_operator import BaseOperator
    from vortex.definitions.callable_arguments import CONTEXT_KEYS
    from vortex.definitions.taskflow import task
    from vortex.execution import macros

    modules: Dict[str, List[str]] = {"vortex": sorted(vortex.__all__)}
    homes: Dict[str, Any] = {name: getattr(vortex, name) for name in vortex.__all__}
    for module, names in EXPORTS.items():
        if OLD_MODULES.search(module):
            continue
        modules[module] = sorted(names)
        for name, home in names.items():
            homes.setdefault(name, _load(home))
    for module, home in WHOLE_MODULES.items():
        public = _public(importlib.import_module(home))
        modules[module] = sorted(public)
        for name, value in public.items():
            homes.setdefault(name, value)
    own = _arguments(BaseOperator)
    common = {argument["name"] for argument in own}
    names = [_describe(name, value, modules, common, BaseOperator) for name, value in sorted(homes.items())]
    of_plugins = _of_plugins()
    # Airflow may have another operator of the name: these follow.
    for name in sorted(of_plugins["vortex.plugins"]):
        names.append({**_describe(name, _load(f"vortex.plugins:{name}"), of_plugins, common, BaseOperator), "is_plugin": True})
    for module, listed in of_plugins.items():
        of_vortex = [name for home, known in vortex._HOMES.items() if home.startswith(f"{module}.") for name in known.split()]
        modules[module] = sorted({*listed, *of_vortex})
    return {
        "modules": {module: modules[module] for module in sorted(modules)},
        "names": names,
        "task_arguments": [argument for argument in own if argument["name"] != "task_id"],
        "task_decorators": sorted(task._kinds),
        "context": sorted(CONTEXT_KEYS),
        "macros": [{"name": name, "doc": _doc(getattr(macros, name))} for name in sorted(macros.__all__)],
    }


def _of_plugins() -> Dict[str, List[str]]:
    """Module -> what the shipped plugins have there."""
    from vortex.plugins.catalogue import shipped

    packages = {"operator": "vortex.operators", "sensor": "vortex.sensors", "notifier": "vortex.notifications"}
    found: Dict[str, List[str]] = {"vortex.plugins": sorted(shipped()), **{package: [] for package in packages.values()}}
    for _, one in shipped().values():
        found[packages[one.kind]].append(one.name)
    return found


def _load(home: str) -> Any:
    module, _, name = home.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")


def _public(module: Any) -> Dict[str, Any]:
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = {name: getattr(module, name) for name in names}
    return {name: value for name, value in found.items() if str(getattr(value, "__module__", "")).startswith("vortex")}


def _describe(name: str, value: Any, modules: Dict[str, List[str]], common: set, operator: type) -> Dict[str, Any]:
    found: Dict[str, Any] = {"name": name, "kind": _kind(name, value, operator), "from": [m for m in sorted(modules) if name in modules[m]]}
    doc = _doc(value)
    if doc:
        found["doc"] = doc
    if isinstance(value, type) and issubclass(value, enum.Enum):
        found["members"] = {member: str(item.value) for member, item in value.__members__.items()}
    else:
        is_operator = found["kind"] == "operator"
        arguments = [argument for argument in _arguments(value) if not (is_operator and argument["name"] in common - {"task_id"})]
        if is_operator and not any(argument["name"] == "task_id" for argument in arguments):
            arguments.insert(0, {"name": "task_id", "type": "str", "required": True})
        if arguments:
            found["arguments"] = arguments
    return found


def _kind(name: str, value: Any, operator: type) -> str:
    if name in ("dag", "task", "task_group", "setup", "teardown"):
        return "decorator"
    if isinstance(value, type):
        return "operator" if issubclass(value, operator) else "class"
    return "function" if callable(value) else "value"


def _arguments(value: Any) -> List[Dict[str, Any]]:
    """Those of a class with what it hands on to its bases, of a function its own."""
    if isinstance(value, type):
        steps = [vars(base)["__init__"] for base in value.__mro__ if inspect.isfunction(vars(base).get("__init__"))]
    else:
        steps = [value] if inspect.isfunction(value) else []
    found: Dict[str, Dict[str, Any]] = {}
    for step in steps:
        parameters = inspect.signature(inspect.unwrap(step)).parameters.values()
        for parameter in parameters:
            if parameter.name.startswith("_") or parameter.name in NOT_FOR_AUTHORS or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            found.setdefault(parameter.name, _argument(parameter))
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return list(found.values())


def _argument(parameter: inspect.Parameter) -> Dict[str, Any]:
    described: Dict[str, Any] = {"name": parameter.name}
    if parameter.annotation is not parameter.empty:
        annotation = parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", str(parameter.annotation))
        if annotation != "Any":
            described["type"] = annotation.replace("typing.", "")
    if parameter.default is parameter.empty:
        described["required"] = True
    else:
        default = parameter.default
        text = repr(str(default)) if isinstance(default, enum.Enum) else repr(default)
        # An address or a marker says nothing to an author, and would differ from run to run.
        if isinstance(default, (bool, int, float, str, type(None), tuple, enum.Enum)):
            described["default"] = text
    return described


def _doc(value: Any) -> str:
    own = vars(value).get("__doc__") if isinstance(value, type) else getattr(value, "__doc__", None)
    if not own or not (getattr(value, "__module__", None) or "").startswith("vortex"):
        return ""
    from vortex.factory.docstrings import without_example

    text = without_example(inspect.cleandoc(own))
    return text if len(text) <= MAX_DOC_CHARS else text[:MAX_DOC_CHARS].rsplit(" ", 1)[0] + " ..."


def as_text(found: Dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    text = as_text(catalogue())
    with open(TARGET, "w", encoding="utf-8") as stream:
        stream.write(text)
    print(f"{TARGET}: {len(text):,} characters")
