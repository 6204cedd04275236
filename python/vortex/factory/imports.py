"""Names of Python things: `module:function` or `module.function`, from the DAG folder, from installed packages, or Airflow's own."""

from __future__ import annotations

import importlib
from typing import Any

NAME_PATTERN = r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[:.][A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$"


class NotFound(Exception):
    """The module is there, and has no such name. `known`: the names that it has."""

    def __init__(self, message: str, name: str, known: "list[str]") -> None:
        super().__init__(message)
        self.name = name
        self.known = known


def import_name(text: str) -> Any:
    """What the name stands for. Raises NotFound, or what the import of its module raises."""
    module_name, colon, inner = text.partition(":")
    if not colon:
        module_name, _, inner = text.rpartition(".")
    found: Any = importlib.import_module(module_name)
    for part in inner.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            known = [name for name in dir(found) if not name.startswith("_")]
            raise NotFound(f"`{module_name}` has no `{inner}`.", inner, known) from None
    return found
