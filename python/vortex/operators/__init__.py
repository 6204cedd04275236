"""
Operators, each one small file.

    from vortex.operators import HttpOperator

gives each operator by its class name: VORTEX's own, and those of plugins (vortex.plugins).
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if not name[:1].isupper():
        raise AttributeError(f"module 'vortex.operators' has no attribute {name!r}")
    from vortex.plugins.packages import by_name

    return by_name(name, "operator", "vortex.operators")
