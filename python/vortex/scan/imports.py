"""What an import gives here: VORTEX's own, a stand-in, a package of the interpreter, or nothing."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import lru_cache
from typing import Optional

from vortex.airflow_compat.packages import package_of
from vortex.airflow_compat.table import EXPORTS, MODULES, PACKAGES, WHOLE_MODULES

# Python 3.9 has no list of its standard library; what it names as built in or finds beside `os` is enough there.
_STANDARD = getattr(sys, "stdlib_module_names", None)


def stand_in_package(module: str, name: Optional[str]) -> Optional[str]:
    """The package that `from module import name` would need; None if VORTEX has it. `name` is None for `import module`."""
    full = module if name is None else f"{module}.{name}"
    if full == "airflow" or full in MODULES or full in PACKAGES or name in ("*", "__version__"):
        return None
    if name is None:
        return package_of(module)
    if name in EXPORTS.get(module, {}):
        return None
    whole = WHOLE_MODULES.get(module)
    if whole is not None and hasattr(importlib.import_module(whole), name):
        return None
    return package_of(full if name == name.lower() else module)


@lru_cache(maxsize=None)
def is_standard(root: str) -> bool:
    if root == "__future__" or root in sys.builtin_module_names:
        return True
    if _STANDARD is not None:
        return root in _STANDARD
    spec = _spec(root)
    origin = getattr(spec, "origin", None) or ""
    return "site-packages" not in origin and "dist-packages" not in origin and origin.startswith(sys.base_prefix)


@lru_cache(maxsize=None)
def is_installed(root: str) -> bool:
    """Whether the interpreter that is asked has the package. The DAG folder is not on its path, so none of its code is found."""
    return _spec(root) is not None


def _spec(root: str) -> Optional[object]:
    try:
        return importlib.util.find_spec(root)
    except (ImportError, ValueError, AttributeError):
        return None
