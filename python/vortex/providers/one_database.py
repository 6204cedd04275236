"""Operators of one kind of database, whose connection has an argument of its own: SQLExecuteQueryOperator under older names."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from vortex.providers.common_sql.operators import SQLExecuteQueryOperator


class PostgresOperator(SQLExecuteQueryOperator):
    """
    SQLExecuteQueryOperator by its older name for PostgreSQL.

    postgres_conn_id: a connection of type postgres.
    database: overrides the connection's.
    runtime_parameters: settings of the server for this session, such as {"search_path": "x"}.

    Source: Airflow, provider postgres, PostgresOperator.

    Example:

        from vortex import DAG
        from airflow.providers.postgres.operators.postgres import PostgresOperator

        with DAG("example_postgres", schedule="@daily"):
            PostgresOperator(task_id="tidy", postgres_conn_id="warehouse", sql="DELETE FROM visits WHERE day < %s", parameters=["{{ ds }}"])
    """

    template_fields: Sequence[str] = ("sql", "parameters", "postgres_conn_id", "database", "hook_params")
    conn_id_field = "postgres_conn_id"
    ui_color = "#ededed"

    def __init__(
        self, *, postgres_conn_id: str = "postgres_default", database: Optional[str] = None, runtime_parameters: Any = None, **kwargs: Any
    ) -> None:
        if runtime_parameters:
            options = " ".join(f"-c {name}={value}" for name, value in runtime_parameters.items())
            kwargs["hook_params"] = {"options": options, **(kwargs.get("hook_params") or {})}
        super().__init__(database=database, **kwargs)
        self.postgres_conn_id = postgres_conn_id


class SqliteOperator(SQLExecuteQueryOperator):
    """
    SQLExecuteQueryOperator by its older name for SQLite.

    sqlite_conn_id: a connection of type sqlite.

    Source: Airflow, provider sqlite, SqliteOperator.

    Example:

        from vortex import DAG
        from airflow.providers.sqlite.operators.sqlite import SqliteOperator

        with DAG("example_sqlite", schedule="@daily"):
            SqliteOperator(task_id="count", sqlite_conn_id="shop", sql="SELECT count(*) FROM orders")
    """

    template_fields: Sequence[str] = ("sql", "parameters", "sqlite_conn_id", "database", "hook_params")
    conn_id_field = "sqlite_conn_id"

    def __init__(self, *, sqlite_conn_id: str = "sqlite_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sqlite_conn_id = sqlite_conn_id


class MySqlOperator(SQLExecuteQueryOperator):
    """
    SQLExecuteQueryOperator by its older name for MySQL.

    mysql_conn_id: a connection of type mysql.

    Source: Airflow, provider mysql, MySqlOperator.

    Example:

        from vortex import DAG
        from airflow.providers.mysql.operators.mysql import MySqlOperator

        with DAG("example_mysql", schedule="@daily"):
            MySqlOperator(task_id="tidy", mysql_conn_id="shop_mysql", sql="DELETE FROM visits WHERE day < %s", parameters=["{{ ds }}"])
    """

    template_fields: Sequence[str] = ("sql", "parameters", "mysql_conn_id", "database", "hook_params")
    template_ext: Sequence[str] = (".sql", ".json")
    conn_id_field = "mysql_conn_id"
    ui_color = "#ededed"

    def __init__(self, *, mysql_conn_id: str = "mysql_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mysql_conn_id = mysql_conn_id
