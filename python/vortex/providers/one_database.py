"""Operators of one kind of database, whose connection has an argument of its own: SQLExecuteQueryOperator under older names."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from vortex.providers.common_sql.operators import SQLExecuteQueryOperator


class PostgresOperator(SQLExecuteQueryOperator):
    """SQLExecuteQueryOperator with `postgres_conn_id`. `runtime_parameters` are settings of the server, such as {"search_path": "x"}."""

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
    """SQLExecuteQueryOperator with `sqlite_conn_id`."""

    template_fields: Sequence[str] = ("sql", "parameters", "sqlite_conn_id", "database", "hook_params")
    conn_id_field = "sqlite_conn_id"

    def __init__(self, *, sqlite_conn_id: str = "sqlite_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sqlite_conn_id = sqlite_conn_id
