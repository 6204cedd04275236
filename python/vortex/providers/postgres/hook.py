"""PostgresHook, on psycopg2, or psycopg 3 where only that is installed. Source: Airflow, provider postgres."""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from vortex.exceptions import AirflowException
from vortex.execution.connection import Connection
from vortex.providers.common_sql.hook import DbApiHook
from vortex.providers.drivers import driver, has_driver

# Fields of the extra that are not the driver's.
_OWN_EXTRA = frozenset(
    "iam redshift redshift-serverless cursor cluster-identifier workgroup-name aws_conn_id azure_conn_id placeholder sqlalchemy_scheme sqlalchemy_query".split()
)
_TO_FILE = re.compile(r"\bTO\s+STDOUT\b", re.IGNORECASE)
_CURSORS = {"dictcursor": ("DictCursor", "dict_row"), "realdictcursor": ("RealDictCursor", "dict_row"), "namedtuplecursor": ("NamedTupleCursor", "namedtuple_row")}


class PostgresHook(DbApiHook):
    """
    A PostgreSQL database, through psycopg2 or, where only that is installed, psycopg 3. The connection's extra goes to the driver, sslmode
    for instance; its `cursor` may be dictcursor, realdictcursor or namedtuplecursor.

    database: overrides that of the connection. schema: its older name.
    options: libpq's, such as "-c statement_timeout=3000".
    enable_log_db_messages: whether notices of the server go to the log.

    Source: Airflow, provider postgres, PostgresHook.

    Example:

        from airflow.providers.postgres.hooks.postgres import PostgresHook
        from vortex import DAG, task

        with DAG("example_postgres_hook", schedule=None):

            @task
            def load():
                hook = PostgresHook(postgres_conn_id="warehouse")
                hook.insert_rows("orders", [(1, 120)], target_fields=["id", "amount"], replace=True, replace_index="id")

            load()
    """

    conn_name_attr = "postgres_conn_id"
    default_conn_name = "postgres_default"
    conn_type = "postgres"
    hook_name = "Postgres"
    supports_autocommit = True
    supports_executemany = True

    def __init__(self, *args: Any, database: Optional[str] = None, options: Optional[str] = None, enable_log_db_messages: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database: Optional[str] = database or self.schema
        self.options = options
        self.enable_log_db_messages = enable_log_db_messages
        self.conn: Any = None

    def get_conn(self) -> Any:
        connection = self.connection
        if connection.extra_dejson.get("iam"):
            raise AirflowException(f"The connection {connection.conn_id!r} signs in through IAM, which VORTEX cannot do. Give it a password.")
        extra = {name: value for name, value in connection.extra_dejson.items() if name not in _OWN_EXTRA}
        arguments = {
            "host": connection.host,
            "port": connection.port,
            "user": connection.login,
            "password": connection.password,
            "dbname": self.database or connection.schema,
            "options": self.options,
            **extra,
            **self._cursor_arguments(connection.extra_dejson.get("cursor")),
        }
        given = {name: value for name, value in arguments.items() if value not in (None, "")}
        self.conn = _module().connect(**given)
        return self.conn

    def _cursor_arguments(self, name: Any) -> Dict[str, Any]:
        if not name:
            return {}
        if str(name).lower() not in _CURSORS:
            raise ValueError(f"Invalid cursor passed {name}. Valid options are: {', '.join(_CURSORS)}")
        old, new = _CURSORS[str(name).lower()]
        if _is_psycopg2():
            return {"cursor_factory": getattr(driver("psycopg2.extras", "PostgresHook"), old)}
        return {"row_factory": getattr(driver("psycopg.rows", "PostgresHook"), new)}

    def get_uri(self) -> str:
        """As libpq and SQLAlchemy read it."""
        return self._url("postgresql")

    @property
    def sqlalchemy_url(self) -> Any:
        scheme = self.connection_extra.get("sqlalchemy_scheme") or ("postgresql" if _is_psycopg2() else "postgresql+psycopg")
        return driver("sqlalchemy", "PostgresHook.get_sqlalchemy_engine()").engine.make_url(self._url(scheme))

    def _url(self, scheme: str) -> str:
        connection = self.connection
        extra = {name: str(value) for name, value in connection.extra_dejson.items() if name not in _OWN_EXTRA}
        made = Connection(
            conn_type="x", host=connection.host, port=connection.port, login=connection.login, password=connection.password,
            schema=self.database or connection.schema, extra=extra or None,
        )  # fmt: skip
        return scheme + made.get_uri()[1:]

    def copy_expert(self, sql: str, filename: str) -> None:
        """Runs `COPY ... FROM STDIN` or `TO STDOUT` with a file, which is made if it is not there."""
        if not os.path.isfile(filename):
            with open(filename, "w", encoding="utf-8"):
                pass
        with open(filename, "r+b") as file, closing(self.get_conn()) as conn, closing(conn.cursor()) as cursor:
            if _is_psycopg2():
                cursor.copy_expert(sql, file)
            else:
                _copy(cursor, sql, file)
            if _TO_FILE.search(sql):
                # What the file held before may have been longer.
                file.truncate(file.tell())
            conn.commit()

    def bulk_load(self, table: str, tmp_file: str) -> None:
        """Loads a tab-delimited file into a table."""
        self.copy_expert(f"COPY {table} FROM STDIN", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        """Writes a table into a tab-delimited file."""
        self.copy_expert(f"COPY {table} TO STDOUT", tmp_file)

    def get_table_primary_key(self, table: str, schema: Optional[str] = "public") -> Optional[List[str]]:
        """Names of the columns of the primary key; None if it has none."""
        sql = (
            "SELECT kcu.column_name FROM information_schema.table_constraints tco JOIN information_schema.key_column_usage kcu"
            " ON kcu.constraint_name = tco.constraint_name AND kcu.constraint_schema = tco.constraint_schema AND kcu.table_name = tco.table_name"
            " WHERE tco.constraint_type = 'PRIMARY KEY' AND kcu.table_schema = %s AND kcu.table_name = %s ORDER BY kcu.ordinal_position"
        )
        return [row[0] for row in self.get_records(sql, (schema, table))] or None

    def get_db_log_messages(self, conn: Any) -> None:
        if self.enable_log_db_messages:
            for line in getattr(conn, "notices", []):
                self.log.info(line.strip())

    def _run_command(self, cur: Any, sql_statement: str, parameters: Any) -> None:
        # psycopg 3 takes no list, which it would send as an array.
        super()._run_command(cur, sql_statement, tuple(parameters) if isinstance(parameters, list) else parameters)

    def _insert_many(self, cursor: Any, sql: str, values: List[Tuple[Any, ...]]) -> None:
        if _is_psycopg2():
            # executemany of psycopg2 is a round trip for each row.
            driver("psycopg2.extras", "PostgresHook").execute_batch(cursor, sql, values, page_size=1000)
        else:
            cursor.executemany(sql, values)

    def _generate_insert_sql(self, table: str, values: Sequence[Any], target_fields: Optional[Iterable[str]] = None, replace: bool = False, **kwargs: Any) -> str:
        """With `replace`: overwrites the row that has the same values in the columns `replace_index` (a name or several)."""
        fields = list(target_fields or [])
        sql = super()._generate_insert_sql(table, values, fields)
        if not replace:
            return sql
        index = kwargs.get("replace_index") or self.get_table_primary_key(*_split_name(table))
        if not fields:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires column names: give target_fields")
        if not index:
            raise ValueError("PostgreSQL ON CONFLICT upsert syntax requires an unique index: give replace_index")
        keys = [index] if isinstance(index, str) else list(index)
        changes = [f"{name} = excluded.{name}" for name in fields if name not in keys]
        return f"{sql} ON CONFLICT ({', '.join(keys)}) DO " + (f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING")

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """The driver knows Python's types."""
        return cell


def _is_psycopg2() -> bool:
    return has_driver("psycopg2") or not has_driver("psycopg")


def _module() -> Any:
    return driver("psycopg2", "PostgresHook", "psycopg2-binary") if _is_psycopg2() else driver("psycopg", "PostgresHook")


def _split_name(table: str) -> Tuple[str, str]:
    schema, _, name = table.rpartition(".")
    return name, schema or "public"


def _copy(cursor: Any, sql: str, file: Any) -> None:
    with cursor.copy(sql) as copy:
        if _TO_FILE.search(sql):
            for data in copy:
                file.write(data)
        else:
            while data := file.read(1 << 16):
                copy.write(data)
