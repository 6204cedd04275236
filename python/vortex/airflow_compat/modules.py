"""A module under `airflow`: names from the table first, then modules, then stand-ins."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, List

from vortex.airflow_compat.stubs import Permissive, make_stub
from vortex.airflow_compat.table import EXPORTS, MODULES, PACKAGES, WHOLE_MODULES
from vortex.registry import current_dialect

# What a file asks for when it wants to know which Airflow it runs under.
_VERSIONS = {"2": "2.10.5", "3": "3.1.0"}


class AirflowModule(ModuleType):
    """Attribute access never fails for public names: what is not in the table becomes a stand-in that says so when a task uses it."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name}, served by VORTEX")
        exports = EXPORTS.get(name, {})
        whole = WHOLE_MODULES.get(name)
        self.__dict__["__all__"] = sorted(set(exports) | (set(_public(importlib.import_module(whole))) if whole else set()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = self._find(name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing `airflow.decorators.task_group` would replace the decorator of that name by the module.
        if isinstance(value, AirflowModule) and name in EXPORTS.get(self.__name__, {}):
            return
        super().__setattr__(name, value)

    def _find(self, name: str) -> Any:
        module = self.__name__
        if (module, name) in (("airflow", "__version__"), ("airflow.version", "version")):
            return _VERSIONS[current_dialect()]
        target = EXPORTS.get(module, {}).get(name)
        if target is not None:
            home, _, attribute = target.partition(":")
            return getattr(importlib.import_module(home), attribute)
        whole = WHOLE_MODULES.get(module)
        if whole is not None and hasattr(importlib.import_module(whole), name):
            return getattr(importlib.import_module(whole), name)
        part = _part_of_plugin(module, name)
        if part is not None:
            return part
        full = f"{module}.{name}"
        if full in PACKAGES or full in MODULES or (name == name.lower() and not name.startswith("_")):
            # Unknown lower-case names may be modules or functions; a module that can be called serves as both.
            return importlib.import_module(full)
        return make_stub(module, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        package, _, name = self.__name__.rpartition(".")
        return Permissive(package, name)(*args, **kwargs)

    def __iter__(self) -> Any:
        return iter(())

    def __mro_entries__(self, _bases: Any) -> Any:
        package, _, name = self.__name__.rpartition(".")
        return Permissive(package, name).__mro_entries__(_bases)

    def __dir__(self) -> List[str]:
        return sorted(set(self.__dict__) | set(self.__all__))

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} (VORTEX)>"


def _part_of_plugin(module: str, name: str) -> Any:
    """`from airflow.macros.my_plugin import function`; None = there is no such plugin."""
    kind, _, plugin = module.partition("airflow.")[2].partition(".")
    if not plugin or "." in plugin or module in MODULES:
        return None
    from vortex.execution import plugin_macros

    found = plugin_macros.namespace(kind, plugin) if kind in plugin_macros.KINDS else None
    return getattr(found, name, None)


def _public(module: ModuleType) -> List[str]:
    names = getattr(module, "__all__", None)
    return list(names) if names is not None else [name for name in vars(module) if not name.startswith("_")]
