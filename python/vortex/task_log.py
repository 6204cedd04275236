"""VORTEX's own words in a task's log."""
from __future__ import annotations

import sys


def say(text: str) -> None:
    """Writes a piece of the log at once. A task that has closed its standard output loses the words and nothing else."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        # In this order: sys.stdout is None, its descriptor is closed, it is closed itself.
        return
