"""Operators that run SQL on whatever database a connection names. Source: Airflow, provider common.sql, operators/sql."""

from __future__ import annotations

import ast
from typing import Any, Callable, Dict, Iterable, List, Mapping, NoReturn, Optional, Sequence, Union

from vortex.airflow_compat.names import BaseHook
from vortex.definitions.base_operator import BaseOperator
from vortex.exceptions import AirflowException, AirflowFailException
from vortex.operators.python import BranchMixIn, SkipMixin
from vortex.providers.common_sql.handlers import fetch_all_handler, return_single_query_results
from vortex.providers.common_sql.hook import DbApiHook


def default_output_processor(results: List[Any], descriptions: List[Any]) -> List[Any]:
    return results


class BaseSQLOperator(BaseOperator):
    """
    Base of operators that run SQL on whatever database a connection names: `get_db_hook()` gives its hook.

    conn_id: a connection to a database; its type says which hook.
    database: overrides the connection's.
    hook_params: arguments of the hook.
    retry_on_failure: whether a check that fails is tried again; False = it fails at once, whatever its retries.

    Raises AirflowException for a connection that is no database, and what the driver raises.
    """

    template_fields: Sequence[str] = ("conn_id", "database", "hook_params")
    # The attribute that holds the connection's id, for operators of one database.
    conn_id_field = "conn_id"

    def __init__(
        self,
        *,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        hook_params: Optional[Dict[str, Any]] = None,
        retry_on_failure: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.database = database
        self.hook_params = hook_params or {}
        self.retry_on_failure = retry_on_failure

    def get_db_hook(self) -> DbApiHook:
        """The hook of the connection. Raises AirflowException for one that is no database."""
        conn_id = getattr(self, self.conn_id_field)
        if not conn_id:
            raise AirflowException(f"Task {self.task_id!r}: {type(self).__name__} needs {self.conn_id_field}, the id of a connection to a database.")
        hook = sql_hook(conn_id, self.hook_params, type(self).__name__)
        if self.database:
            setattr(hook, "database" if hasattr(hook, "database") else "schema", self.database)
        return hook

    def _raise_exception(self, exception_string: str) -> NoReturn:
        raise AirflowException(exception_string) if self.retry_on_failure else AirflowFailException(exception_string)


def sql_hook(conn_id: str, hook_params: Optional[Mapping[str, Any]], who: str) -> DbApiHook:
    hook = BaseHook.get_connection(conn_id).get_hook(hook_params=dict(hook_params or {}))
    # By what it can, since a hook of the author's own may derive from another base.
    if not isinstance(hook, DbApiHook) and not hasattr(hook, "get_records"):
        raise AirflowException(f"{who}: the connection {conn_id!r} is no database; its hook is {type(hook).__name__}, which has no get_records().")
    return hook


class SQLExecuteQueryOperator(BaseSQLOperator):
    """
    Runs SQL, in one transaction.

    sql: a statement, a list of them, or the path of a template that ends in `.sql`.
    parameters: values for its placeholders, a list or a mapping; which placeholders there are the driver says (`%s`, `?`).
    autocommit: whether each statement commits by itself.
    handler: a function that makes a result of a cursor. Left out = all rows.
    output_processor: a function that makes the XCom of a list of results and a list of column descriptions.
    split_statements: whether a text is split at its semicolons. None = as the hook does, which is not.
    return_last: whether only the last statement's result counts.
    show_return_value_in_logs: whether the result is logged.
    requires_result_fetch: whether rows are fetched even if nothing is pushed as XCom.

    Returns the rows of the statement as lists; of several statements the last one's, or a list of results with return_last=False.
    Raises AirflowException for a connection that is no database; ValueError if there is no statement; what the driver raises.
    Source: Airflow, provider common.sql, SQLExecuteQueryOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

        with DAG("example_sql_execute_query", schedule="@daily"):
            SQLExecuteQueryOperator(
                task_id="large_orders",
                conn_id="shop",
                sql="SELECT id, amount FROM orders WHERE day = '{{ ds }}' AND amount > ?",
                parameters=[100],
            )
    """

    template_fields: Sequence[str] = ("sql", "parameters", "conn_id", "database", "hook_params")
    template_ext: Sequence[str] = (".sql", ".json")
    template_fields_renderers = {"sql": "sql", "parameters": "json"}
    ui_color = "#cdaaed"

    def __init__(
        self,
        *,
        sql: Union[str, List[str]],
        autocommit: bool = False,
        parameters: Union[Mapping[str, Any], Iterable[Any], None] = None,
        handler: Optional[Callable[[Any], Any]] = fetch_all_handler,
        output_processor: Optional[Callable[[List[Any], List[Any]], Any]] = None,
        conn_id: Optional[str] = None,
        database: Optional[str] = None,
        split_statements: Optional[bool] = None,
        return_last: bool = True,
        show_return_value_in_logs: bool = False,
        requires_result_fetch: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, database=database, **kwargs)
        self.sql = sql
        self.autocommit = autocommit
        self.parameters = parameters
        self.handler = handler
        self._output_processor = output_processor or default_output_processor
        self.split_statements = split_statements
        self.return_last = return_last
        self.show_return_value_in_logs = show_return_value_in_logs
        self.requires_result_fetch = requires_result_fetch

    def execute(self, context: Any) -> Any:
        hook = self.get_db_hook()
        pushes = self._should_run_output_processing()
        split = {} if self.split_statements is None else {"split_statements": self.split_statements}
        parameters = ast.literal_eval(self.parameters) if isinstance(self.parameters, str) else self.parameters
        output = hook.run(
            sql=self.sql,
            autocommit=self.autocommit,
            parameters=parameters,
            handler=self.handler if pushes or self.requires_result_fetch else None,
            return_last=self.return_last,
            **split,
        )
        if not pushes:
            return None
        if return_single_query_results(self.sql, self.return_last, self.split_statements):
            return self._process_output([output], hook.descriptions)[-1]
        return self._process_output(output, hook.descriptions)

    def _process_output(self, results: List[Any], descriptions: List[Any]) -> Any:
        """For subclasses: one result for each statement, and its columns."""
        if self.show_return_value_in_logs:
            self.log.info("Operator output is: %s", results)
        return self._output_processor(results, descriptions)

    def _should_run_output_processing(self) -> bool:
        return bool(self.do_xcom_push)


class SQLInsertRowsOperator(BaseSQLOperator):
    """
    Inserts rows, which may come from another task.

    table_name: the table.
    schema: the schema that it lies in. None = the connection's own.
    rows: a list of rows: lists, or mappings from column to value.
    columns: names of the columns. None = all of them in their order, or the keys of the first mapping.
    preoperator, postoperator: statements that are run before and after, a text or a list.
    insert_args: arguments of the hook's insert_rows: commit_every, replace, replace_index, executemany.

    Returns nothing.
    Raises AirflowException for a connection that is no database, and what the driver raises.
    Source: Airflow, provider common.sql, SQLInsertRowsOperator.

    Example:

        from vortex import DAG
        from airflow.providers.common.sql.operators.sql import SQLInsertRowsOperator

        with DAG("example_sql_insert_rows", schedule="@daily"):
            SQLInsertRowsOperator(
                task_id="load",
                conn_id="shop",
                table_name="loaded",
                preoperator="CREATE TABLE IF NOT EXISTS loaded (id INTEGER, amount INTEGER)",
                rows=[{"id": 1, "amount": 120}, {"id": 2, "amount": 80}],
            )
    """

    template_fields: Sequence[str] = ("table_name", "rows", "columns", "conn_id", "schema", "database", "hook_params")

    def __init__(
        self,
        *,
        table_name: str,
        rows: Any = None,
        columns: Optional[Iterable[str]] = None,
        preoperator: Union[str, List[str], None] = None,
        postoperator: Union[str, List[str], None] = None,
        insert_args: Optional[Dict[str, Any]] = None,
        conn_id: Optional[str] = None,
        schema: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.table_name = table_name
        self.rows = rows
        self.columns = columns
        self.preoperator = preoperator
        self.postoperator = postoperator
        self.insert_args = insert_args or {}
        self.schema = schema

    def execute(self, context: Any) -> None:
        hook = self.get_db_hook()
        rows = list(self.rows or [])
        fields = self.columns
        if rows and isinstance(rows[0], Mapping):
            fields = list(fields or rows[0])
            rows = [[row.get(name) for name in fields] for row in rows]
        if self.preoperator:
            hook.run(self.preoperator)
        table = f"{self.schema}.{self.table_name}" if self.schema else self.table_name
        hook.insert_rows(table, rows, target_fields=fields, **self.insert_args)
        if self.postoperator:
            hook.run(self.postoperator)


class BranchSQLOperator(BaseSQLOperator, BranchMixIn, SkipMixin):
    """
    Follows one of two branches by the first cell that a query returns: a boolean, a number (0 is false), or a word (yes, on, true, t, y, 1;
    no, off, false, f, n, 0).

    sql: the query, or the path of a template that ends in `.sql`.
    parameters: values for its placeholders.
    follow_task_ids_if_true: a task id or several, to follow if the cell is true.
    follow_task_ids_if_false: a task id or several, to follow if it is false.

    Returns the ids that are followed.
    Raises AirflowException if there is no row, or its first cell is none of these.
    Source: Airflow, provider common.sql, BranchSQLOperator.

    Example:

        from vortex import DAG, EmptyOperator
        from airflow.providers.common.sql.operators.sql import BranchSQLOperator

        with DAG("example_branch_sql", schedule="@daily"):
            BranchSQLOperator(
                task_id="any_orders",
                conn_id="shop",
                sql="SELECT count(*) FROM orders",
                follow_task_ids_if_true="report",
                follow_task_ids_if_false="complain",
            ) >> [EmptyOperator(task_id="report"), EmptyOperator(task_id="complain")]
    """

    template_fields: Sequence[str] = ("sql", "parameters", "conn_id", "database", "hook_params")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql"}
    ui_color = "#a22034"
    ui_fgcolor = "#F7F7F7"

    def __init__(
        self,
        *,
        sql: str,
        follow_task_ids_if_true: Union[str, List[str]],
        follow_task_ids_if_false: Union[str, List[str]],
        conn_id: str = "default_conn_id",
        parameters: Union[Mapping[str, Any], Iterable[Any], None] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.sql = sql
        self.parameters = parameters
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false

    def execute(self, context: Any) -> Any:
        record = self.get_db_hook().get_first(self.sql, self.parameters)
        if record is None:
            raise AirflowException("No rows returned from sql query. Operator expected True or False return value.")
        cell = record[0] if isinstance(record, (list, tuple)) else next(iter(record.values())) if isinstance(record, Mapping) else record
        is_true = self._truth(cell)
        return self.do_branch(context, self.follow_task_ids_if_true if is_true else self.follow_task_ids_if_false)

    def _truth(self, cell: Any) -> bool:
        if isinstance(cell, int):
            return bool(cell)
        try:
            return parse_boolean(cell)
        except (ValueError, AttributeError):
            raise AirflowException(f"Unexpected query return result '{cell}' type '{type(cell)}'") from None


def parse_boolean(text: str) -> bool:
    """Raises ValueError for what is no word of a boolean."""
    word = text.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return True
    if word in ("n", "no", "f", "false", "off", "0"):
        return False
    raise ValueError(f"{text!r} is not a boolean-like string value")
