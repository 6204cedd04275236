"""MySqlHook, on mysqlclient, PyMySQL or MySQL's own connector. Source: Airflow, provider mysql."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any, Dict, Optional, Tuple
from urllib.parse import quote_plus, urlencode

from vortex.exceptions import AirflowException
from vortex.providers.common_sql.hook import DbApiHook
from vortex.providers.drivers import driver, has_driver

# What the extra's `client` calls a driver -> its module, what SQLAlchemy calls it.
_CLIENTS: Dict[str, Tuple[str, str]] = {
    "mysqlclient": ("MySQLdb", "mysqldb"),
    "pymysql": ("pymysql", "pymysql"),
    "mysql-connector-python": ("mysql.connector", "mysqlconnector"),
}
_CURSORS = {"sscursor": "SSCursor", "dictcursor": "DictCursor", "ssdictcursor": "SSDictCursor"}


class MySqlHook(DbApiHook):
    """
    A MySQL or MariaDB database. The driver is the one that the extra's `client` names (mysqlclient, pymysql, mysql-connector-python), else
    the first of them that is installed. The extra may hold charset, cursor (sscursor, dictcursor, ssdictcursor), ssl (an object),
    ssl_mode, unix_socket; for mysql-connector-python charset, unix_socket and the driver's own ssl_... instead.

    local_infile: whether `LOAD DATA LOCAL INFILE` is allowed.
    init_command: a statement that runs first on each connection.

    Source: Airflow, provider mysql, MySqlHook.

    Example:

        from airflow.providers.mysql.hooks.mysql import MySqlHook
        from vortex import DAG, task

        with DAG("example_mysql_hook", schedule=None):

            @task
            def newest():
                return MySqlHook(mysql_conn_id="shop_mysql").get_first("SELECT max(id) FROM orders")[0]

            newest()
    """

    conn_name_attr = "mysql_conn_id"
    default_conn_name = "mysql_default"
    conn_type = "mysql"
    hook_name = "MySQL"
    supports_autocommit = True
    supports_executemany = True

    def __init__(self, *args: Any, local_infile: bool = False, init_command: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local_infile = local_infile
        self.init_command = init_command

    def get_conn(self) -> Any:
        if self.connection_extra.get("iam"):
            raise AirflowException(f"The connection {self.get_conn_id()!r} signs in through IAM, which VORTEX cannot do. Give it a password.")
        client = self._client()
        module = driver(_CLIENTS[client][0], "MySqlHook", client)
        connection = self.connection
        arguments: Dict[str, Any] = {
            "user": connection.login,
            "password": connection.password or "",
            "host": connection.host or "localhost",
            "database": self.schema or connection.schema or "",
            "port": int(connection.port or 3306),
        }
        if client == "mysql-connector-python":
            extra = {name: value for name, value in self.connection_extra.items() if name.startswith("ssl_") or name in ("charset", "unix_socket")}
            arguments.update(extra, allow_local_infile=self.local_infile)
        else:
            arguments.update(self._options(module, client))
        if self.init_command:
            arguments["init_command"] = self.init_command
        return module.connect(**{name: value for name, value in arguments.items() if value is not None})

    def _options(self, module: Any, client: str) -> Dict[str, Any]:
        extra = self.connection_extra
        found: Dict[str, Any] = {name: extra[name] for name in ("charset", "ssl_mode", "unix_socket") if extra.get(name)}
        ssl = extra.get("ssl")
        if ssl:
            found["ssl"] = json.loads(ssl) if isinstance(ssl, str) else ssl
        name = str(extra.get("cursor", "")).lower()
        if name in _CURSORS:
            found["cursorclass"] = getattr(driver(f"{module.__name__}.cursors", "MySqlHook"), _CURSORS[name])
        if self.local_infile:
            found["local_infile"] = True
        if client == "pymysql":
            # As mysqlclient does: several statements in one text.
            found["client_flag"] = driver("pymysql.constants", "MySqlHook").CLIENT.MULTI_STATEMENTS
            found.pop("ssl_mode", None)
        return found

    def _client(self) -> str:
        asked = self.connection_extra.get("client")
        if asked is not None and asked not in _CLIENTS:
            raise ValueError(f"Unknown MySQL client name provided: {asked}. VORTEX knows {', '.join(_CLIENTS)}")
        return asked or next((name for name, (module, _) in _CLIENTS.items() if _is_there(module)), "mysqlclient")

    def get_uri(self) -> str:
        """As SQLAlchemy reads it, with the driver that is used."""
        connection = self.connection
        login = quote_plus(connection.login) if connection.login else ""
        password = f":{quote_plus(connection.password)}" if login and connection.password else ""
        address = f"{connection.host or 'localhost'}{f':{connection.port}' if connection.port else ''}"
        schema = self.schema or connection.schema
        query = urlencode({name: self.connection_extra[name] for name in ("charset", "unix_socket") if self.connection_extra.get(name)})
        return (
            f"mysql+{_CLIENTS[self._client()][1]}://{login}{password}{'@' if login else ''}{address}"
            f"{f'/{quote_plus(schema)}' if schema else ''}{f'?{query}' if query else ''}"
        )

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        # A method of mysqlclient and PyMySQL, a property of MySQL's own connector.
        if callable(conn.autocommit):
            conn.autocommit(autocommit)
        else:
            conn.autocommit = autocommit

    def get_autocommit(self, conn: Any) -> bool:
        return bool(conn.get_autocommit() if hasattr(conn, "get_autocommit") else conn.autocommit)

    def bulk_load(self, table: str, tmp_file: str) -> None:
        """Loads a tab-delimited file of this machine. Needs local_infile=True."""
        self._run_one(f"LOAD DATA LOCAL INFILE %s INTO TABLE {table}", tmp_file)

    def bulk_load_custom(self, table: str, tmp_file: str, duplicate_key_handling: str = "IGNORE", extra_options: str = "") -> None:
        """As `bulk_load`; duplicate_key_handling: IGNORE or REPLACE. extra_options: the rest of the statement."""
        self._run_one(f"LOAD DATA LOCAL INFILE %s {duplicate_key_handling} INTO TABLE {table} {extra_options}", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        """Writes a table into a tab-delimited file of the database's machine."""
        self._run_one(f"SELECT * INTO OUTFILE %s FROM {table}", tmp_file)

    def _run_one(self, statement: str, path: str) -> None:
        with closing(self.get_conn()) as conn, closing(conn.cursor()) as cursor:
            cursor.execute(statement, (path,))
            conn.commit()

    @staticmethod
    def _serialize_cell(cell: Any, conn: Any = None) -> Any:
        """The driver knows Python's types."""
        return cell


def _is_there(module: str) -> bool:
    return has_driver(module.partition(".")[0]) and has_driver(module)
