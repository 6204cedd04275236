"""Checks of data by SQL: the task fails if a result is not as it should be. Source: Airflow, provider common.sql, operators/sql."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from vortex.exceptions import AirflowException
from vortex.providers.common_sql.operators import BaseSQLOperator

Parameters = Union[Iterable[Any], Mapping[str, Any], None]


class _QueryCheck(BaseSQLOperator):
    """
    sql: the query, or the path of a template that ends in `.sql`.
    parameters: values for its placeholders.

    Returns nothing.
    Raises AirflowException if the check fails, or there is no row; with retry_on_failure=False it is not tried again.
    """

    template_fields: Sequence[str] = ("sql", "conn_id", "database", "hook_params")
    template_ext: Sequence[str] = (".hql", ".sql")
    template_fields_renderers = {"sql": "sql"}
    ui_color = "#fff7e6"

    def __init__(self, *, sql: str, conn_id: Optional[str] = None, parameters: Parameters = None, **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.sql = sql
        self.parameters = parameters

    def _first(self) -> Any:
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        self.log.info("Record: %s", record)
        if not record:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        return record


class SQLCheckOperator(_QueryCheck):
    """
    Fails if any cell of the first row is false by Python's rules (0, '', None, False), or if there is no row.

    Source: Airflow, provider common.sql, SQLCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLCheckOperator

        with DAG("example_sql_check", schedule="@daily"):
            SQLCheckOperator(task_id="has_orders", conn_id="shop", sql="SELECT count(*), min(amount) FROM orders")
    """

    def execute(self, context: Any) -> None:
        record = self._first()
        if not all(record.values() if isinstance(record, Mapping) else record):
            self._raise_exception(f"Test failed.\nQuery:\n{self.sql}\nResults:\n{record!s}")


class SQLValueCheckOperator(_QueryCheck):
    """
    Fails unless each cell of the first row is the value that is given.

    pass_value: that value; as numbers if it is one, else as texts.
    tolerance: how far a number may be away, as a share of it: 0.1 = 10 %. None = not at all.

    Source: Airflow, provider common.sql, SQLValueCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLValueCheckOperator

        with DAG("example_sql_value_check", schedule="@daily"):
            SQLValueCheckOperator(task_id="about_100", conn_id="shop", sql="SELECT avg(amount) FROM orders", pass_value=100, tolerance=0.2)
    """

    template_fields: Sequence[str] = ("sql", "pass_value", "conn_id", "database", "hook_params")

    def __init__(self, *, pass_value: Any, tolerance: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pass_value = str(pass_value)
        share = _number(tolerance)
        self.tol = share if isinstance(share, float) else None

    def execute(self, context: Any) -> None:
        self.check_value(self._first())

    def check_value(self, records: Any) -> None:
        wanted = _number(self.pass_value)
        message = f"Test failed.\nPass value:{wanted}\nTolerance:{None if self.tol is None else f'{self.tol:.1%}'}\nQuery:\n{self.sql}\nResults:\n{records!s}"
        cells = list(records.values() if isinstance(records, Mapping) else records)
        if isinstance(wanted, float):
            try:
                margin = abs(wanted) * (self.tol or 0)
                is_passed = all(wanted - margin <= float(cell) <= wanted + margin for cell in cells)
            except (ValueError, TypeError):
                raise AirflowException(f"Converting a result to float failed.\n{message}") from None
        else:
            is_passed = all(str(cell) == wanted for cell in cells)
        if not is_passed:
            self._raise_exception(message)


class SQLThresholdCheckOperator(_QueryCheck):
    """
    Fails unless the first cell lies between two limits, themselves included.

    min_threshold, max_threshold: the limits; each is a number, or SQL that returns one.

    Source: Airflow, provider common.sql, SQLThresholdCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLThresholdCheckOperator

        with DAG("example_sql_threshold_check", schedule="@daily"):
            SQLThresholdCheckOperator(
                task_id="not_too_many", conn_id="shop", sql="SELECT count(*) FROM orders", min_threshold=1, max_threshold="SELECT 1000"
            )
    """

    template_fields: Sequence[str] = ("sql", "min_threshold", "max_threshold", "conn_id", "database", "hook_params")

    def __init__(self, *, min_threshold: Any, max_threshold: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_threshold = min_threshold
        self.max_threshold = max_threshold

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        result = self._first()[0]
        low, high = (_number(limit) for limit in (self.min_threshold, self.max_threshold))
        lower = low if isinstance(low, float) else hook.get_first(low)[0]
        upper = high if isinstance(high, float) else hook.get_first(high)[0]
        if result is None or not lower <= result <= upper:
            self._raise_exception(
                f'Threshold Check: "{self.task_id}" failed.\nDAG: {self.dag_id}\nSQL: {self.sql}\n'
                f"Result: {result} is not within thresholds {lower} and {upper}"
            )

    def push(self, meta_data: Mapping[str, Any]) -> None:
        """For subclasses that report elsewhere."""
        self.log.info("%s", dict(meta_data))


class SQLIntervalCheckOperator(BaseSQLOperator):
    """
    Compares metrics of the run's day with those of some days before, and fails if one changed too much.

    table: the table.
    metrics_thresholds: SQL expression -> the ratio that it must stay below.
    date_filter_column: the column that holds the day, as text `2026-01-31`.
    days_back: so many days before; the sign does not matter.
    ratio_formula: "max_over_min" or "relative_diff".
    ignore_zero: whether a metric of 0 or NULL is passed over; otherwise it fails.

    Returns nothing.
    Raises AirflowException if a ratio is not below its threshold, or there is no row; at load for another ratio_formula.
    Source: Airflow, provider common.sql, SQLIntervalCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLIntervalCheckOperator

        with DAG("example_sql_interval_check", schedule="@daily"):
            SQLIntervalCheckOperator(
                task_id="like_a_week_ago",
                conn_id="shop",
                table="orders",
                date_filter_column="day",
                days_back=7,
                metrics_thresholds={"count(*)": 1.5, "sum(amount)": 2},
            )
    """

    template_fields: Sequence[str] = ("sql1", "sql2", "conn_id", "database", "hook_params")
    template_ext: Sequence[str] = (".hql", ".sql")
    ui_color = "#fff7e6"
    ratio_formulas = {
        "max_over_min": lambda cur, ref: float(max(cur, ref)) / min(cur, ref),
        "relative_diff": lambda cur, ref: float(abs(cur - ref)) / ref,
    }

    def __init__(
        self,
        *,
        table: str,
        metrics_thresholds: Dict[str, Any],
        date_filter_column: Optional[str] = "ds",
        days_back: int = -7,
        ratio_formula: str = "max_over_min",
        ignore_zero: bool = True,
        conn_id: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        if ratio_formula not in self.ratio_formulas:
            raise AirflowException(f"Task {self.task_id!r}: ratio_formula must be one of {', '.join(self.ratio_formulas)}, not {ratio_formula!r}.")
        self.ratio_formula = ratio_formula
        self.ignore_zero = ignore_zero
        self.table = table
        self.metrics_thresholds = metrics_thresholds
        self.metrics_sorted = sorted(metrics_thresholds)
        self.date_filter_column = date_filter_column
        self.days_back = -abs(days_back)
        select = f"SELECT {', '.join(self.metrics_sorted)} FROM {table} WHERE {date_filter_column}="
        self.sql1 = f"{select}'{{{{ ds }}}}'"
        self.sql2 = f"{select}'{{{{ macros.ds_add(ds, {self.days_back}) }}}}'"

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        rows = []
        for sql in (self.sql1, self.sql2):
            row = hook.get_first(sql)
            if not row:
                self._raise_exception(f"The following query returned zero rows: {sql}")
            rows.append(row)
        failed: List[str] = []
        for metric, current, reference in zip(self.metrics_sorted, *rows):
            ratio = self.ratio_formulas[self.ratio_formula](current, reference) if current and reference else None
            self.log.info("%s: %s now, %s before, ratio %s, threshold %s", metric, current, reference, ratio, self.metrics_thresholds[metric])
            if not (self.ignore_zero if ratio is None else ratio < self.metrics_thresholds[metric]):
                failed.append(f"{metric}: ratio {ratio} of {current} and {reference} is not below {self.metrics_thresholds[metric]}")
        if failed:
            self._raise_exception("The following tests have failed:\n " + "; ".join(failed))


# Their names in Airflow 1.10.
CheckOperator = SQLCheckOperator
ValueCheckOperator = SQLValueCheckOperator
ThresholdCheckOperator = SQLThresholdCheckOperator
IntervalCheckOperator = SQLIntervalCheckOperator


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (ValueError, TypeError):
        return value
