"""SqliteHook, on the standard library. Source: Airflow, provider sqlite."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote, urlencode

from vortex.providers.common_sql.hook import DbApiHook


class SqliteHook(DbApiHook):
    """
    A SQLite file, named by the connection's host or schema; without one a database in memory, which goes with its connection. The extra
    holds what SQLite takes in a file's URI, such as {"mode": "ro"}.

    Source: Airflow, provider sqlite, SqliteHook.

    Example:

        from airflow.providers.sqlite.hooks.sqlite import SqliteHook
        from vortex import DAG, task

        with DAG("example_sqlite_hook", schedule=None):

            @task
            def total():
                return SqliteHook(sqlite_conn_id="shop").get_first("SELECT sum(amount) FROM orders")[0]

            total()
    """

    conn_name_attr = "sqlite_conn_id"
    default_conn_name = "sqlite_default"
    conn_type = "sqlite"
    hook_name = "Sqlite"
    _placeholder = "?"

    def get_conn(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address(), uri=True)

    def get_uri(self) -> str:
        """As SQLAlchemy reads it: sqlite:////an/absolute/path."""
        return f"sqlite:///{self._path()}" + (f"?{urlencode(self._options())}" if self._options() else "")

    @property
    def sqlalchemy_url(self) -> Any:
        from vortex.providers.drivers import driver

        make_url = driver("sqlalchemy", "SqliteHook.get_sqlalchemy_engine()").engine.make_url
        return make_url(f"sqlite:///{self._address()}{'&' if self._options() else '?'}uri=true")

    def _path(self) -> str:
        connection = self.connection
        return self.schema or connection.host or connection.schema or ""

    def _options(self) -> dict:
        return {name: value for name, value in self.connection_extra.items() if name != "placeholder"}

    def _address(self) -> str:
        path = self._path()
        query = f"?{urlencode(self._options())}" if self._options() else ""
        return f"file:{quote(path)}{query}" if path and path != ":memory:" else "file::memory:"

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """The driver knows numbers and bytes; what it does not know goes in as text."""
        return cell if isinstance(cell, (int, float, bytes)) else DbApiHook._serialize_cell(cell, conn)
