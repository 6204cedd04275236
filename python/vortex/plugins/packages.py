"""What `vortex.operators`, `vortex.sensors` and `vortex.notifications` give by class name."""

from __future__ import annotations

import importlib
from typing import Any


def by_name(name: str, kind: str, package: str) -> Any:
    """VORTEX's own class of this name in the package, else a plugin's. Raises PluginImportError, or NodeMissing."""
    import vortex

    home = vortex._HOME_OF.get(name, "")
    if home.startswith(package + "."):
        return getattr(importlib.import_module(home), name)
    from vortex.plugins.catalogue import class_of

    return class_of(name, kind)
