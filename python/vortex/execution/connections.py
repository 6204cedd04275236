"""
Connections by their id: the environment first (AIRFLOW_CONN_<ID> or VORTEX_CONN_<ID>, a URI or JSON), then whatever the process is
connected to: the controller in a task, the parse host while a DAG file is loaded.

Whoever gets a connection can print it without giving it away: its password and what is sensitive in its extra are masked first.
"""
from __future__ import annotations

import os
from typing import Any, Callable, Dict, Optional

from vortex.exceptions import AirflowNotFoundException
from vortex.execution import masking
from vortex.execution.connection import Connection

__all__ = ["Connection", "ConnectionAccessor", "get_connection"]

_ENVIRONMENT_PREFIXES = ("AIRFLOW_CONN_", "VORTEX_CONN_")


class ConnectionSource:
    """Where connections come from beside the environment. The base knows none: a DAG file run by hand, `python my_dag.py`."""

    def asked(self, conn_id: str) -> None:
        """Called for every id, found or not."""

    def get(self, conn_id: str) -> Optional[Dict[str, Any]]:
        """Its fields; None if there is none of this id."""
        return None


class LoadingSource(ConnectionSource):
    """While a DAG file is imported: each id is recorded, since a change of the connection must parse the file again."""

    def __init__(self, ask: Optional[Callable[[str, Dict[str, Any]], Any]], note: Callable[[str], None]) -> None:
        self._ask = ask
        self._note = note

    def asked(self, conn_id: str) -> None:
        self._note(conn_id)

    def get(self, conn_id: str) -> Optional[Dict[str, Any]]:
        found = self._ask("connection.get", {"conn_id": conn_id}) if self._ask is not None else None
        return None if found is None else found["connection"]


class ControllerSource(ConnectionSource):
    """In a task: the controller answers, and the host masks what is secret in the answer before it is here."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def get(self, conn_id: str) -> Optional[Dict[str, Any]]:
        found = self._channel.request("connection.get", {"conn_id": conn_id})
        return None if found is None else found["connection"]


_source = ConnectionSource()


def use_source(source: ConnectionSource) -> None:
    global _source
    _source = source


def get_connection(conn_id: str) -> Connection:
    """The connection of this id. Raises AirflowNotFoundException if neither the environment nor the server has one."""
    _source.asked(conn_id)
    for prefix in _ENVIRONMENT_PREFIXES:
        text = os.environ.get(prefix + conn_id.upper())
        if text is not None:
            return _from_text(text.strip(), conn_id)
    fields = _source.get(conn_id)
    if fields is None:
        raise AirflowNotFoundException(
            f"The conn_id `{conn_id}` isn't defined. Add it on the Connections page or with `vortex connections add {conn_id}`, or set it in "
            f"the environment of the workers: AIRFLOW_CONN_{conn_id.upper()}='postgres://login:password@host:5432/schema'."
        )
    return _hidden(Connection(conn_id=conn_id, **fields))


def _from_text(text: str, conn_id: str) -> Connection:
    return _hidden(Connection.from_json(text, conn_id) if text.startswith("{") else Connection(conn_id=conn_id, uri=text))


def _hidden(connection: Connection) -> Connection:
    masking.hide([connection.password, *masking.sensitive_texts(connection.extra_dejson)])
    return connection


class ConnectionAccessor:
    """`conn.ID.host` and `conn.get('ID', default)` of templates."""

    def __getattr__(self, conn_id: str) -> Connection:
        if conn_id.startswith("__"):
            raise AttributeError(conn_id)
        return get_connection(conn_id)

    def __getitem__(self, conn_id: str) -> Connection:
        return get_connection(conn_id)

    def get(self, conn_id: str, default_conn: Any = None) -> Any:
        try:
            return get_connection(conn_id)
        except AirflowNotFoundException:
            return default_conn

    def __repr__(self) -> str:
        return "<Connections>"
