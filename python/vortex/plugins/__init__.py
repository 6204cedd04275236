"""
Operators, sensors and notifiers of plugins: `from vortex.plugins import MyOperator`.

A name is looked up when it is first used: among the plugins that VORTEX brings, then in the folder `plugins/` in the DAG folder or beside
it. No plugin's code runs in this process (docs/plugins.md).
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # Modules of this package are asked for in the same way.
    if not name[:1].isupper():
        raise AttributeError(f"module 'vortex.plugins' has no attribute {name!r}")
    from vortex.plugins.catalogue import class_of

    return class_of(name)
