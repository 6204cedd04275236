"""
Parts of AirflowPlugin classes that DAGs name: `{{ macros.my_plugin.function() }}`, `from airflow.macros.my_plugin import function`, and of
Airflow 1.10 `from airflow.operators.my_plugin import MyOperator`, with hooks and sensors alike. A plugin's file is imported when something
asks for the plugin's name and the file holds that name; nothing is imported beforehand.

Source: Airflow administration-and-deployment/plugins.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
from types import SimpleNamespace
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple

KINDS = ("macros", "operators", "sensors", "hooks")
# Larger ones, and what follows so many files, are no plugins.
MAX_BYTES = 1024 * 1024
MAX_FILES = 5000
_found: Dict[Tuple[str, str], Optional[SimpleNamespace]] = {}


def namespace(kind: str, name: str) -> Optional[SimpleNamespace]:
    """What the plugin of this name has under `macros`, `operators`, `sensors` or `hooks`, by its own name; None = no such plugin."""
    if not name.isidentifier() or name.startswith("_"):
        return None
    if (kind, name) not in _found:
        _found[(kind, name)] = _known(kind, name) or _imported(kind, name)
    return _found[(kind, name)]


def _known(kind: str, name: str) -> Optional[SimpleNamespace]:
    from vortex.airflow_compat.names import AirflowPlugin

    parts: Dict[str, Any] = {}
    for plugin in AirflowPlugin.plugins:
        if plugin.name == name:
            parts.update({part.__name__: part for part in getattr(plugin, kind, None) or () if hasattr(part, "__name__")})
    return SimpleNamespace(**parts) if parts else None


def _imported(kind: str, name: str) -> Optional[SimpleNamespace]:
    for module in _modules_that_name(name):
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001 - a plugin may raise anything, and may not be the one that is meant
            logging.getLogger(__name__).warning("The Airflow plugin %s could not be imported", module, exc_info=True)
        found = _known(kind, name)
        if found is not None:
            return found
    return None


def _modules_that_name(name: str) -> Iterator[str]:
    left = MAX_FILES
    for top in [entry for entry in sys.path if os.path.basename(entry) == "plugins"]:
        for folder, folders, files in os.walk(top):
            folders[:] = sorted(one for one in folders if one.isidentifier() and one != "__pycache__")
            for file in sorted(files):
                left -= 1
                path = os.path.join(folder, file)
                if left < 0:
                    return
                if file.endswith(".py") and file[:-3].isidentifier() and _is_plugin(path, name):
                    parts = os.path.relpath(path[:-3], top).split(os.sep)
                    yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _is_plugin(path: str, name: str) -> bool:
    try:
        if os.path.getsize(path) > MAX_BYTES:
            return False
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return False
    return "AirflowPlugin" in text and (f'"{name}"' in text or f"'{name}'" in text)


def import_used(specs: Iterable[Dict[str, Any]], templates: Iterable[str]) -> None:
    """While a file is parsed: imports the plugins whose macros its templates use, for workers get the files that the parse imported."""
    texts = [json.dumps(task["template_fields"]) for spec in specs for task in spec["tasks"]]
    for template in templates:
        with open(template, encoding="utf-8", errors="replace") as stream:
            texts.append(stream.read(MAX_BYTES))
    from vortex.execution import macros

    for name in sorted({name for text in texts if "macros." in text for name in re.findall(r"\bmacros\.([A-Za-z]\w*)", text)}):
        if not hasattr(macros, name):
            logging.getLogger(__name__).warning("macros.%s of a template is in no AirflowPlugin under plugins/", name)
