"""
Airflow's database in test suites: `resetdb()` in a conftest. There is none; runs of a process are in memory (store.py), so preparing it
means to forget them.
"""

from __future__ import annotations

from typing import Any

from vortex.testing.store import Store, use_process_store


def resetdb(*_: Any, **__: Any) -> None:
    """Forgets runs, Variables and connections of this process."""
    use_process_store(Store())


def initdb(*_: Any, **__: Any) -> None:
    """Nothing is to be made."""


upgradedb = initdb
