"""SqlSensor. Source: Airflow, provider common.sql, sensors/sql."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Callable, Mapping, Optional, Sequence

from vortex.exceptions import AirflowException
from vortex.providers.common_sql.operators import sql_hook
from vortex.sensors.base import BaseSensorOperator


class SqlSensor(BaseSensorOperator):
    """
    Waits until a query returns a row whose first cell is true by Python's rules, or as `success` says.

    conn_id: a connection to a database; its type says which hook.
    sql: the query, or the path of a template that ends in `.sql`.
    parameters: values for its placeholders.
    success: a function of the cell that says whether the wait is over. None = the cell itself.
    failure: a function of the cell; if it says yes, the sensor fails.
    selector: a function that takes the cell out of the first row. Left out = the first one.
    fail_on_empty: whether no row at all is a failure.
    hook_params: arguments of the connection's hook.

    Raises AirflowSensorTimeout when it gives up; AirflowException if `failure` says yes or, with fail_on_empty, there is no row.
    Source: Airflow, provider common.sql, SqlSensor.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.sensors.sql import SqlSensor

        with DAG("example_sql_sensor", schedule="@daily"):
            SqlSensor(task_id="orders_are_there", conn_id="shop", sql="SELECT count(*) FROM orders", poke_interval=30, mode="reschedule")
    """

    template_fields: Sequence[str] = ("sql", "hook_params", "parameters", "conn_id")
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#7c7287"

    def __init__(
        self,
        *,
        conn_id: str,
        sql: str,
        parameters: Any = None,
        success: Optional[Callable[[Any], Any]] = None,
        failure: Optional[Callable[[Any], Any]] = None,
        selector: Callable[[Any], Any] = itemgetter(0),
        fail_on_empty: bool = False,
        hook_params: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.success = success
        self.failure = failure
        self.selector = selector
        self.fail_on_empty = fail_on_empty
        self.hook_params = hook_params

    def poke(self, context: Any) -> Any:
        records = sql_hook(self.conn_id, self.hook_params, type(self).__name__).get_records(self.sql, self.parameters)
        if not records:
            if self.fail_on_empty:
                raise AirflowException("No rows returned, raising as per fail_on_empty flag")
            return False
        cell = self.selector(records[0])
        for name, criterion in (("failure", self.failure), ("success", self.success)):
            if criterion is not None and not callable(criterion):
                raise AirflowException(f"self.{name} is present, but not callable -> {criterion}")
        if self.failure is not None and self.failure(cell):
            raise AirflowException(f"Failure criteria met. self.failure({cell}) returned True")
        return self.success(cell) if self.success is not None else bool(cell)
