"""PythonSensor: waits until a function returns something true."""

from __future__ import annotations

from typing import Any, Callable, Collection, Dict, Mapping, Optional, Sequence

from vortex.definitions.callable_arguments import keyword_arguments
from vortex.exceptions import AirflowException
from vortex.sensors.base import BaseSensorOperator, PokeReturnValue


class PythonSensor(BaseSensorOperator):
    """
    Waits until a function returns something true, or a PokeReturnValue that is done and brings an XCom.

    python_callable: the function.
    op_args, op_kwargs: its arguments. It also gets the context's values that its parameters name, or all of them with `**kwargs`.
    templates_dict: rendered values, given to the function as `templates_dict`.

    Raises AirflowSensorTimeout when it gives up; AirflowException at load if python_callable cannot be called.
    Source: Airflow, PythonSensor.

    Example:

        from pathlib import Path
        from vortex import DAG, PythonSensor

        def is_there(name):
            return Path("/etc", name).exists()

        with DAG("example_python_sensor", schedule="@daily"):
            PythonSensor(task_id="wait", python_callable=is_there, op_args=["passwd"], poke_interval=30, mode="reschedule")
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        templates_dict: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException(f"Task {self.task_id!r}: python_callable must be something that can be called, not {python_callable!r}")
        self.python_callable = python_callable
        self.op_args: Collection[Any] = op_args if op_args is not None else ()
        self.op_kwargs: Mapping[str, Any] = op_kwargs if op_kwargs is not None else {}
        self.templates_dict = templates_dict

    def poke(self, context: Mapping[str, Any]) -> PokeReturnValue:
        available = {**context, "templates_dict": self.templates_dict}
        keywords = keyword_arguments(self.python_callable, self.op_args, available, self.op_kwargs)
        self.log.info("Poking callable: %s", self.python_callable)
        found = self.python_callable(*self.op_args, **keywords)
        return found if isinstance(found, PokeReturnValue) else PokeReturnValue(bool(found))


class SensorTask(PythonSensor):
    """
    The function is the `poke` of a sensor: its result is true, or a PokeReturnValue, once what it waits for is there. Arguments are
    BaseSensorOperator's.

    Example:

        from vortex import DAG, PokeReturnValue, task

        with DAG("example_task_sensor", schedule="@daily"):

            @task.sensor(poke_interval=30, timeout=3600, mode="reschedule")
            def orders_are_there():
                return PokeReturnValue(is_done=True, xcom_value=["a.csv", "b.csv"])

            @task
            def load(files):
                return len(files)

            load(orders_are_there())
    """

    custom_operator_name = "@task.sensor"

    def __init__(self, *, multiple_outputs: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if multiple_outputs:
            self.notices.append("multiple_outputs= is ignored by @task.sensor: its result is the xcom_value of a PokeReturnValue")
