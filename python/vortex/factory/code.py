"""PythonCodeOperator: a few lines of Python in the DAG file itself. They run when the task runs, as those of a bash command do."""

from __future__ import annotations

from typing import Any, Sequence

from vortex.definitions.base_operator import BaseOperator
from vortex.exceptions import AirflowException


class PythonCodeOperator(BaseOperator):
    """
    Runs Python code of a YAML file when the task runs, in the task's own process. Reading the DAG file runs none of it.

    code: the lines; `context` holds the task's context. What is longer than a few lines belongs into a module of the DAG folder, and into
        the operator `python`.

    Returns what the code assigns to `result`.
    Raises AirflowException at load for code that is empty; when it runs, what the code raises.

    Example:

        from vortex import DAG
        from vortex.factory.code import PythonCodeOperator

        with DAG("example_python_code", schedule=None):
            PythonCodeOperator(task_id="add", code="result = 1 + 1")
    """

    template_fields: Sequence[str] = ("code",)
    template_fields_renderers = {"code": "python"}

    def __init__(self, *, code: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(code, str) or not code.strip():
            raise AirflowException(f"Task {self.task_id!r}: code must be lines of Python, not {code!r}.")
        self.code = code

    def execute(self, context: Any) -> Any:
        names = {"__name__": "__main__", "context": context}
        exec(compile(self.code, f"<code of {self.task_id}>", "exec"), names)  # noqa: S102 - the task's work, in the task's process
        return names.get("result")
