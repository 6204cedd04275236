"""DbApiHook: what all hooks of SQL databases share. Subclasses say how to connect. Source: Airflow, provider common.sql, hooks/sql."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from vortex.airflow_compat.names import BaseHook
from vortex.execution.connection import Connection
from vortex.providers.common_sql.data_frames import DataFrames
from vortex.providers.common_sql.handlers import fetch_all_handler, fetch_one_handler, return_single_query_results
from vortex.providers.common_sql.statements import split_statements as split_into_statements
from vortex.providers.drivers import driver

Sql = Union[str, Iterable[str]]
Parameters = Union[Iterable[Any], Mapping[str, Any], None]


class DbApiHook(DataFrames, BaseHook):
    """
    Base of hooks over Python's DB-API: the connection's id is the first argument, or the keyword that `conn_name_attr` names.

    schema: overrides the connection's schema, which is the database for most types.
    log_sql: whether statements and parameters go to the log; values that are secret in the connection are masked there, others are not.

    Raises AirflowNotFoundException for a connection that is not defined, AirflowException where the driver is not installed, and what the
    driver raises.
    Source: Airflow, provider common.sql, DbApiHook.

    Example:

        import sqlite3
        from airflow.providers.common.sql.hooks.sql import DbApiHook
        from vortex import DAG, task

        class MyDatabaseHook(DbApiHook):
            conn_name_attr = "my_conn_id"

            def get_conn(self):
                return sqlite3.connect(self.connection.schema)

        with DAG("example_db_api_hook", schedule=None):

            @task
            def orders():
                return MyDatabaseHook(my_conn_id="shop").get_records("SELECT id, amount FROM orders")

            orders()
    """

    conn_name_attr = "conn_id"
    default_conn_name = "default_conn_id"
    supports_autocommit = False
    supports_executemany = False
    strip_semicolon = False
    # A module with connect(), for hooks that need nothing else.
    connector: Any = None
    _placeholder = "%s"
    _test_connection_sql = "select 1"

    def __init__(self, *args: Any, schema: Optional[str] = None, log_sql: bool = True, **kwargs: Any) -> None:
        super().__init__()
        if len(args) > 1:
            raise TypeError(f"{type(self).__name__} takes one positional argument, the id of its connection, not {len(args)}.")
        conn_id = args[0] if args else kwargs.get(self.conn_name_attr, kwargs.get("conn_id", self.default_conn_name))
        setattr(self, self.conn_name_attr, conn_id)
        # None: the connection's own.
        self.schema: Optional[str] = schema
        self.log_sql = log_sql
        self.descriptions: List[Any] = []
        self._connection: Optional[Connection] = kwargs.get("connection")

    def get_conn_id(self) -> str:
        return str(getattr(self, self.conn_name_attr))

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self.get_connection(self.get_conn_id())
        return self._connection

    @connection.setter
    def connection(self, value: Any) -> None:
        self._connection = value

    @property
    def connection_extra(self) -> Dict[str, Any]:
        return self.connection.extra_dejson

    @property
    def connection_extra_lower(self) -> Dict[str, Any]:
        return {name.lower(): value for name, value in self.connection_extra.items()}

    @property
    def placeholder(self) -> str:
        """What stands for a value in a statement: that of the driver, or the extra's `placeholder` if it is %s or ?."""
        asked = self.connection_extra.get("placeholder")
        return asked if asked in ("%s", "?") else self._placeholder

    @property
    def last_description(self) -> Optional[Sequence[Any]]:
        """The columns of the last statement that had a result."""
        return self.descriptions[-1] if self.descriptions else None

    def get_conn(self) -> Any:
        connection = self.connection
        return self.connector.connect(
            host=connection.host, port=connection.port, username=connection.login, schema=self.schema or connection.schema
        )

    def get_cursor(self) -> Any:
        return self.get_conn().cursor()

    def get_uri(self) -> str:
        """As SQLAlchemy and the database's own tools read it."""
        connection = self.connection
        return Connection(**{**_fields(connection), "schema": self.schema or connection.schema}).get_uri()

    @property
    def sqlalchemy_url(self) -> Any:
        """A sqlalchemy.engine.URL of the connection."""
        return driver("sqlalchemy", type(self).__name__).engine.make_url(self.get_uri())

    def get_sqlalchemy_engine(self, engine_kwargs: Optional[Dict[str, Any]] = None) -> Any:
        """A SQLAlchemy engine; `engine_kwargs` go to create_engine."""
        return driver("sqlalchemy", f"{type(self).__name__}.get_sqlalchemy_engine()").create_engine(self.sqlalchemy_url, **(engine_kwargs or {}))

    def run(
        self,
        sql: Sql,
        autocommit: bool = False,
        parameters: Parameters = None,
        handler: Optional[Callable[[Any], Any]] = None,
        split_statements: bool = False,
        return_last: bool = True,
    ) -> Any:
        """
        Runs one or more statements in one transaction. Returns what `handler` makes of the cursor; None without one. The result is that
        of one statement, or a list of results: see `return_single_query_results`. Raises ValueError if there is no statement.
        """
        if isinstance(sql, str):
            statements = self.split_sql_string(sql, self.strip_semicolon) if split_statements else [sql] if sql.strip() else []
        else:
            statements = list(sql)
        if not statements:
            raise ValueError("List of SQL statements is empty")
        results: List[Any] = []
        self.descriptions = []
        with self._autocommit_connection(autocommit) as conn:
            with closing(conn.cursor()) as cursor:
                for statement in statements:
                    self._run_command(cursor, statement, parameters)
                    if handler is not None:
                        results.append(handler(cursor))
                        self.descriptions.append(cursor.description)
            if not self.get_autocommit(conn):
                conn.commit()
            self.get_db_log_messages(conn)
        if handler is None:
            return None
        if return_single_query_results(sql, return_last, split_statements):
            self.descriptions = self.descriptions[-1:]
            return results[-1]
        return results

    def get_records(self, sql: Sql, parameters: Parameters = None) -> Any:
        """All rows."""
        return self.run(sql, parameters=parameters, handler=fetch_all_handler)

    def get_first(self, sql: Sql, parameters: Parameters = None) -> Any:
        """The first row; None if there is none."""
        return self.run(sql, parameters=parameters, handler=fetch_one_handler)

    @staticmethod
    def strip_sql_string(sql: str) -> str:
        return sql.strip().rstrip(";")

    @classmethod
    def split_sql_string(cls, sql: str, strip_semicolon: bool = False) -> List[str]:
        return split_into_statements(sql, strip_semicolon)

    def insert_rows(
        self,
        table: str,
        rows: Iterable[Any],
        target_fields: Optional[Iterable[str]] = None,
        commit_every: int = 1000,
        replace: bool = False,
        *,
        executemany: bool = False,
        fast_executemany: bool = False,
        autocommit: bool = False,
        **kwargs: Any,
    ) -> None:
        """
        Inserts rows, with a commit after each `commit_every` of them (0 = one at the end). `target_fields` are names of columns;
        `replace` overwrites rows that are there, as far as the database knows how.
        """
        fields = list(target_fields) if target_fields else None
        count = 0
        with self._autocommit_connection(autocommit) as conn:
            conn.commit()
            with closing(conn.cursor()) as cursor:
                for chunk in _chunks(rows, commit_every):
                    values = [self._serialize_cells(row, conn) for row in chunk]
                    if self.supports_executemany or executemany:
                        self._insert_many(cursor, self._generate_insert_sql(table, values[0], fields, replace, **kwargs), values)
                    else:
                        for row in values:
                            cursor.execute(self._generate_insert_sql(table, row, fields, replace, **kwargs), row)
                    conn.commit()
                    count += len(chunk)
                    self.log.info("Loaded %s rows into %s so far", count, table)
        self.log.info("Done loading. Loaded a total of %s rows into %s", count, table)

    def test_connection(self) -> Tuple[bool, str]:
        """Whether the database answers, and a sentence about it."""
        try:
            self.get_first(self._test_connection_sql)
        except Exception as error:  # noqa: BLE001 - what went wrong is the answer
            return False, str(error)
        return True, "Connection successfully tested"

    # What subclasses change.

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        if not self.supports_autocommit and autocommit:
            self.log.warning("%s connection doesn't support autocommit but autocommit activated.", self.get_conn_id())
        conn.autocommit = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        return bool(getattr(conn, "autocommit", False)) and self.supports_autocommit

    def get_db_log_messages(self, conn: Any) -> None:
        """What the database told the client beside results goes to the log."""

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no bulk_dump()")

    def bulk_load(self, table: str, tmp_file: str) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no bulk_load()")

    def _run_command(self, cur: Any, sql_statement: str, parameters: Parameters) -> None:
        if self.log_sql:
            self.log.info("Running statement: %s, parameters: %s", sql_statement, parameters)
        if parameters:
            cur.execute(sql_statement, parameters)
        else:
            cur.execute(sql_statement)
        # -1 and None: the database does not tell.
        if isinstance(cur.rowcount, int) and cur.rowcount >= 0:
            self.log.info("Rows affected: %s", cur.rowcount)

    def _generate_insert_sql(self, table: str, values: Sequence[Any], target_fields: Optional[Iterable[str]] = None, replace: bool = False, **kwargs: Any) -> str:
        names = f" ({', '.join(target_fields)})" if target_fields else ""
        return f"{'REPLACE' if replace else 'INSERT'} INTO {table}{names} VALUES ({','.join([self.placeholder] * len(values))})"

    def _insert_many(self, cursor: Any, sql: str, values: List[Tuple[Any, ...]]) -> None:
        cursor.executemany(sql, values)

    @classmethod
    def _serialize_cells(cls, row: Iterable[Any], conn: Any = None) -> Tuple[Any, ...]:
        return tuple(cls._serialize_cell(cell, conn) for cell in row)

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """A cell as the driver takes it. Here as text, which every driver does."""
        if cell is None:
            return None
        return cell.isoformat() if isinstance(cell, datetime) else str(cell)

    @contextmanager
    def _autocommit_connection(self, autocommit: bool) -> Iterator[Any]:
        with closing(self.get_conn()) as conn:
            if self.supports_autocommit:
                self.set_autocommit(conn, autocommit)
            yield conn


def _fields(connection: Connection) -> Dict[str, Any]:
    return {name: getattr(connection, name) for name in ("conn_type", "host", "login", "password", "port", "extra")}


def _chunks(rows: Iterable[Any], size: int) -> Iterator[List[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size) if size else iterator):
        yield chunk
