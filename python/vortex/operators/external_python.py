"""ExternalPythonOperator: calls a function in an interpreter that exists."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Sequence

from vortex.exceptions import AirflowException
from vortex.operators.other_python import FunctionRefused, OtherPythonOperator
from vortex.operators.python import BranchMixIn, SkipMixin


class ExternalPythonOperator(OtherPythonOperator):
    """
    Calls a function in another interpreter, usually that of a virtual environment.

    python: its absolute path on the worker, such as "/opt/envs/pandas1/bin/python".

    Source: Airflow, ExternalPythonOperator.

    Example:

        import sys
        from vortex import DAG, ExternalPythonOperator

        def version():
            import platform

            return platform.python_version()

        with DAG("example_external_python", schedule=None):
            ExternalPythonOperator(task_id="version", python=sys.executable, python_callable=version)
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs", "python")

    def __init__(self, *, python: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not python:
            raise FunctionRefused(f"Task {self.task_id!r}: python must be the path of an interpreter.")
        self.python = os.fspath(python) if isinstance(python, os.PathLike) else python

    def execute_callable(self, keywords: Optional[Mapping[str, Any]] = None) -> Any:
        path = str(self.python)
        if not os.path.isabs(path):
            raise AirflowException(f"python={path!r} must be an absolute path.")
        if not os.path.isfile(path):
            what = "is no file" if os.path.exists(path) else "does not exist on this worker"
            raise AirflowException(f"python={path!r} {what}.")
        return self.call_in(path, self.op_kwargs if keywords is None else keywords)


class BranchExternalPythonOperator(ExternalPythonOperator, BranchMixIn, SkipMixin):
    """
    ExternalPythonOperator whose function returns the id to follow: of a task, of a group, several, or None.

    Returns the decision: an id, a list of ids, or None.

    Example:

        import sys
        from airflow.providers.standard.operators.python import BranchExternalPythonOperator
        from vortex import DAG, EmptyOperator

        def choose():
            return "first"

        with DAG("example_branch_external_python", schedule=None):
            branch = BranchExternalPythonOperator(task_id="choose", python=sys.executable, python_callable=choose)
            branch >> [EmptyOperator(task_id="first"), EmptyOperator(task_id="second")]
    """

    def execute(self, context: Mapping[str, Any]) -> Any:
        return self.do_branch(context, super().execute(context))


class ExternalPythonTask(ExternalPythonOperator):
    """
    The function runs in another interpreter, as that of ExternalPythonOperator.

    Example:

        import sys
        from vortex import DAG, task

        with DAG("example_task_external_python", schedule=None):

            @task.external_python(python=sys.executable)
            def version():
                import platform

                return platform.python_version()

            version()
    """

    custom_operator_name = "@task.external_python"


class BranchExternalPythonTask(BranchExternalPythonOperator):
    """A branch whose function runs in another interpreter, as that of BranchExternalPythonOperator."""

    custom_operator_name = "@task.branch_external_python"
