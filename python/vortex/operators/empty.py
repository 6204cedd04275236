"""EmptyOperator: does nothing. It ends without a worker unless it has callbacks."""

from __future__ import annotations

from typing import Any

from vortex.definitions.base_operator import BaseOperator


class EmptyOperator(BaseOperator):
    """
    A task that does nothing: it joins or splits dependencies. Without callbacks it ends without a worker.

    Returns nothing.
    Raises nothing.
    Source: Airflow, EmptyOperator.

    Example:

        from vortex import DAG, EmptyOperator

        with DAG("example_empty", schedule="@daily"):
            EmptyOperator(task_id="start") >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")] >> EmptyOperator(task_id="end")
    """

    ui_color = "#e8f7e4"

    def execute(self, context: Any) -> None:
        """Nothing."""


# Its name in Airflow 1 and 2.
DummyOperator = EmptyOperator
