"""EmptyOperator: does nothing. It ends without a worker unless it has callbacks."""

from __future__ import annotations

from typing import Any

from vortex.definitions.base_operator import BaseOperator


class EmptyOperator(BaseOperator):
    """A task that only joins or splits dependencies."""

    ui_color = "#e8f7e4"

    def execute(self, context: Any) -> None:
        """Nothing."""


# Its name in Airflow 1 and 2.
DummyOperator = EmptyOperator
