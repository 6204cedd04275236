"""Checks of the columns of a table, and of a table as a whole. Source: Airflow, provider common.sql, operators/sql."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from vortex.exceptions import AirflowException
from vortex.providers.common_sql.operators import BaseSQLOperator, parse_boolean

_COLUMN_CHECKS = {
    "null_check": "SUM(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END)",
    "distinct_check": "COUNT(DISTINCT({column}))",
    "unique_check": "COUNT({column}) - COUNT(DISTINCT({column}))",
    "min": "MIN({column})",
    "max": "MAX({column})",
}
_COMPARISONS = ("greater_than", "geq_to", "less_than", "leq_to", "equal_to")


class SQLColumnCheckOperator(BaseSQLOperator):
    """
    Checks the columns of a table in one query.

    table: the table.
    column_mapping: column -> check (null_check, distinct_check, unique_check, min, max) -> comparisons (equal_to, greater_than, geq_to,
        less_than, leq_to), with an optional `tolerance` (a share: 0.1 = 10 %) and `partition_clause`.
    partition_clause: a condition for all checks, what stands behind WHERE.
    accept_none: whether a result that is NULL counts as 0; otherwise it fails.

    Returns nothing.
    Raises AirflowException if a check fails, or the table has no row; at load for a check that does not exist.
    Source: Airflow, provider common.sql, SQLColumnCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator

        with DAG("example_sql_column_check", schedule="@daily"):
            SQLColumnCheckOperator(
                task_id="columns",
                conn_id="shop",
                table="orders",
                column_mapping={"id": {"null_check": {"equal_to": 0}, "unique_check": {"equal_to": 0}}, "amount": {"min": {"geq_to": 0}}},
            )
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", "conn_id", "database", "hook_params")
    template_fields_renderers = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        column_mapping: Dict[str, Dict[str, Any]],
        partition_clause: Optional[str] = None,
        conn_id: Optional[str] = None,
        accept_none: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.table = table
        self.column_mapping = column_mapping
        self.partition_clause = _without_where(partition_clause)
        self.accept_none = accept_none
        parts = [self._select(column, check, values) for column, checks in column_mapping.items() for check, values in checks.items()]
        self.sql = f"SELECT col_name, check_type, check_result FROM ({' UNION ALL '.join(parts)}) AS check_columns"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        failed = [
            f"\tColumn: {column}\n\tCheck: {check},\n\tCheck Values: {self.column_mapping[column][check]}, result: {result}\n"
            for column, check, result in records
            if not self._is_met(self.column_mapping[column][check], result)
        ]
        if failed:
            self._raise_exception(f"Test failed.\nResults:\n{records!s}\nThe following tests have failed:\n{''.join(failed)}")

    def _select(self, column: str, check: str, values: Mapping[str, Any]) -> str:
        if check not in _COLUMN_CHECKS:
            raise AirflowException(f"Invalid column check: {check}. Known are {', '.join(_COLUMN_CHECKS)}.")
        if not any(name in values for name in _COMPARISONS):
            raise ValueError(f"The check {check} of column {column} has nothing to compare with; give one of {', '.join(_COMPARISONS)}.")
        expression = _COLUMN_CHECKS[check].format(column=column)
        where = _where(self.partition_clause, values.get("partition_clause"))
        return f"SELECT '{column}' AS col_name, '{check}' AS check_type, {expression} AS check_result FROM {self.table}{where}"

    def _is_met(self, values: Mapping[str, Any], result: Any) -> bool:
        if result is None:
            if not self.accept_none:
                return False
            result = 0
        share = values.get("tolerance") or 0
        low = lambda limit: limit - abs(limit) * share  # noqa: E731
        high = lambda limit: limit + abs(limit) * share  # noqa: E731
        tests = {
            "geq_to": lambda limit: result >= low(limit),
            "greater_than": lambda limit: result > low(limit),
            "leq_to": lambda limit: result <= high(limit),
            "less_than": lambda limit: result < high(limit),
            "equal_to": lambda limit: low(limit) <= result <= high(limit) if share else result == limit,
        }
        return all(test(values[name]) for name, test in tests.items() if name in values)


class SQLTableCheckOperator(BaseSQLOperator):
    """
    Checks conditions over the rows of a table in one query.

    table: the table.
    checks: name -> {"check_statement": a condition that must hold for each row or of aggregates, "partition_clause": optional}.
    partition_clause: a condition for all checks, what stands behind WHERE.
    accept_none: whether a table without rows passes; otherwise it fails.

    Returns nothing.
    Raises AirflowException if a condition is false.
    Source: Airflow, provider common.sql, SQLTableCheckOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLTableCheckOperator

        with DAG("example_sql_table_check", schedule="@daily"):
            SQLTableCheckOperator(
                task_id="rows", conn_id="shop", table="orders", checks={"not_negative": {"check_statement": "amount >= 0"}}
            )
    """

    template_fields: Sequence[str] = ("table", "partition_clause", "sql", "conn_id", "database", "hook_params")
    template_fields_renderers = {"sql": "sql"}

    def __init__(
        self,
        *,
        table: str,
        checks: Dict[str, Dict[str, Any]],
        partition_clause: Optional[str] = None,
        conn_id: Optional[str] = None,
        accept_none: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.table = table
        self.checks = checks
        self.partition_clause = _without_where(partition_clause)
        self.accept_none = accept_none
        self.sql = f"SELECT check_name, check_result FROM ({' UNION ALL '.join(self._select(*item) for item in checks.items())}) AS check_table"

    def execute(self, context: Any) -> None:
        records = self.get_db_hook().get_records(self.sql)
        if not records:
            if self.accept_none:
                self.log.warning("No records found for table: %s, but accept_none=True, therefore, no tests are being marked as failed.", self.table)
                return
            self._raise_exception(f"The following query returned zero rows: {self.sql}")
        failed: List[str] = [
            f"\tCheck: {check},\n\tCheck Values: {self.checks[check]}, result: {result}\n" for check, result in records if not _is_true(result)
        ]
        if failed:
            self._raise_exception(f"Test failed.\nQuery:\n{self.sql}\nResults:\n{records!s}\nThe following tests have failed:\n{', '.join(failed)}")

    def _select(self, name: str, check: Mapping[str, Any]) -> str:
        where = _where(self.partition_clause, check.get("partition_clause"))
        condition = f"CASE WHEN {check['check_statement']} THEN 1 ELSE 0 END"
        return f"SELECT '{name}' AS check_name, MIN(check_result) AS check_result FROM (SELECT {condition} AS check_result FROM {self.table}{where}) AS sq"


def _is_true(result: Any) -> bool:
    return parse_boolean(str(result)) if result is not None else False


def _without_where(clause: Optional[str]) -> Optional[str]:
    return clause[6:] if clause and clause.lower().startswith("where ") else clause


def _where(first: Optional[str], second: Optional[str]) -> str:
    clauses = [clause for clause in (first, second) if clause]
    return f" WHERE {' AND '.join(clauses)}" if clauses else ""
