"""Names of trigger classes: `module:Class`, and Airflow's `module.Class`."""
from __future__ import annotations

import importlib
import sys
from typing import Any


def class_path(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def find_class(path: str) -> Any:
    """Raises ImportError or AttributeError if there is no such class."""
    module, _, name = path.partition(":") if ":" in path else path.rpartition(".")
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
