"""
The import finder. It stands first on sys.meta_path, because a folder that happens to be called `airflow` (a namespace package on
sys.path) must not hide the names that DAG files mean; for anything but `airflow` and a missing `pendulum` it costs one comparison.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Optional, Sequence

_SHADOW = "VORTEX_SHADOW_AIRFLOW"
# What the folder of a real Apache Airflow holds and a user's folder called `airflow` does not.
_REAL = ("configuration.py", "providers_manager.py", "sdk")
_ORIGIN = "vortex.airflow_compat"
_EXAMPLES = ("airflow.example_dags.", "airflow.providers.standard.example_dags.")


class AirflowFinder(importlib.abc.MetaPathFinder):
    """Finds `airflow` and everything below it, and a stand-in for pendulum."""

    # Whether a real Apache Airflow is hidden.
    shadows = False

    def find_spec(self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None) -> Any:
        root = fullname.partition(".")[0]
        if root == "airflow":
            return self._airflow(fullname)
        if fullname == "pendulum":
            return _pendulum()
        return None

    def _airflow(self, fullname: str) -> Any:
        if fullname == "airflow":
            if not (self.shadows or os.environ.get(_SHADOW) == "1") and _real_airflow() is not None:
                return None
        elif not _is_ours(sys.modules.get("airflow")) or _names_a_class(fullname):
            return None
        elif fullname.startswith(_EXAMPLES):
            beside = _example(fullname)
            if beside is not None:
                return beside
        return importlib.machinery.ModuleSpec(fullname, AirflowLoader(), origin=_ORIGIN, is_package=True)


class AirflowLoader(importlib.abc.Loader):
    """Makes the module; its names are looked up when they are asked for."""

    def create_module(self, spec: Any) -> ModuleType:
        from vortex.airflow_compat.modules import AirflowModule

        return AirflowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


class _StandInLoader(importlib.abc.Loader):
    def create_module(self, spec: Any) -> ModuleType:
        from vortex import _pendulum as stand_in

        return stand_in

    def exec_module(self, module: ModuleType) -> None:
        """It is imported already."""


def _pendulum() -> Any:
    """The one place that chooses: the real pendulum if it is installed, else the stand-in (None lets the import go on)."""
    if importlib.machinery.PathFinder.find_spec("pendulum") is not None:
        return None
    return importlib.machinery.ModuleSpec("pendulum", _StandInLoader(), origin="vortex._pendulum")


def _example(fullname: str) -> Any:
    """Airflow's own examples import each other by the package that they came in: here they are files of the DAG folder."""
    from vortex.registry import loading_root

    root = loading_root()
    prefix = next(prefix for prefix in _EXAMPLES if fullname.startswith(prefix))
    if root is None or not fullname[len(prefix) :]:
        return None
    path = os.path.join(root, *fullname[len(prefix) :].split("."))
    if os.path.isfile(path + ".py"):
        return importlib.util.spec_from_file_location(fullname, path + ".py")
    package = os.path.join(path, "__init__.py")
    return importlib.util.spec_from_file_location(fullname, package) if os.path.isfile(package) else None


def _real_airflow() -> Any:
    spec = importlib.machinery.PathFinder.find_spec("airflow")
    if spec is None or not spec.origin or not spec.submodule_search_locations:
        return None
    folders = list(spec.submodule_search_locations)
    return spec if any(os.path.exists(os.path.join(folder, name)) for folder in folders for name in _REAL) else None


def _names_a_class(fullname: str) -> bool:
    """
    No module: mock.patch("airflow.models.Variable.get") tries the class as a module first. Modules of providers are lower-case; elsewhere
    S3_hook and plugins of Airflow 1 have capitals.
    """
    parent, _, name = fullname.rpartition(".")
    if not name[:1].isupper():
        return False
    from vortex.airflow_compat.table import EXPORTS

    return parent.startswith("airflow.providers.") or name in EXPORTS.get(parent, ())


def _is_ours(module: Any) -> bool:
    spec = getattr(module, "__spec__", None)
    return spec is not None and spec.origin == _ORIGIN


_finder = AirflowFinder()


def install(shadow: bool = False) -> None:
    """Puts the finder in place. `shadow`: from now on a real Apache Airflow is hidden, which is for processes that load DAG files."""
    _finder.shadows = _finder.shadows or shadow
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
