"""Packages of the DAGs' environment that a provider needs; imported when they are first used."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from vortex.exceptions import AirflowException


def driver(name: str, who: str, package: str = "") -> Any:
    """The module, or an AirflowException that says what to install. `package`: what pip calls it, if it is called otherwise."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Only the package itself: a package that lacks one of its own says so itself.
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        raise AirflowException(
            f"{who} needs the Python package {package or name}, which the Python of your DAGs does not have. "
            f"Install it there: pip install {package or name}"
        ) from None


def has_driver(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
