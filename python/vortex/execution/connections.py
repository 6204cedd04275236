"""Connections from the environment: AIRFLOW_CONN_<ID> or VORTEX_CONN_<ID>, as a URI or as a JSON object."""
from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from vortex.exceptions import AirflowException, AirflowNotFoundException

_ENVIRONMENT_PREFIXES = ("AIRFLOW_CONN_", "VORTEX_CONN_")
_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
# Names that URIs use for a connection type.
_TYPE_ALIASES = {"postgresql": "postgres"}


class Connection:
    """Airflow's Connection: attributes are plain, `extra` is JSON text."""

    def __init__(
        self,
        conn_id: Optional[str] = None,
        conn_type: Optional[str] = None,
        description: Optional[str] = None,
        host: Optional[str] = None,
        login: Optional[str] = None,
        password: Optional[str] = None,
        schema: Optional[str] = None,
        port: Optional[int] = None,
        extra: Any = None,
        uri: Optional[str] = None,
    ) -> None:
        self.conn_id = conn_id
        if uri is not None:
            parts = _parse_uri(uri)
            conn_type, host, login, password = parts["conn_type"], parts["host"], parts["login"], parts["password"]
            schema, port, extra = parts["schema"], parts["port"], parts["extra"]
        self.conn_type = conn_type
        self.description = description
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = int(port) if port not in (None, "") else None
        self.extra = json.dumps(extra) if extra is not None and not isinstance(extra, str) else extra

    @classmethod
    def from_json(cls, text: str, conn_id: Optional[str] = None) -> "Connection":
        fields = json.loads(text)
        unknown = set(fields) - set(_FIELDS)
        if unknown:
            raise AirflowException(f"Connection {conn_id!r}: unknown fields {', '.join(sorted(unknown))}; known are {', '.join(_FIELDS)}")
        return cls(conn_id=conn_id, **fields)

    @classmethod
    def get(cls, conn_id: str) -> "Connection":
        return get_connection(conn_id)

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> "Connection":
        return get_connection(conn_id)

    @property
    def extra_dejson(self) -> Dict[str, Any]:
        if not self.extra:
            return {}
        try:
            return json.loads(self.extra)
        except ValueError:
            return {}

    def get_extra_dejson(self, nested: bool = False) -> Dict[str, Any]:
        found = self.extra_dejson
        return {key: _loads_if_json(value) for key, value in found.items()} if nested else found

    def get_password(self) -> Optional[str]:
        return self.password

    def get_extra(self) -> Optional[str]:
        return self.extra

    def get_hook(self, *, hook_params: Optional[Dict[str, Any]] = None) -> Any:
        raise AirflowException(f"No hook is known for connections of type {self.conn_type!r} ({self.conn_id}). Make the hook itself instead.")

    def get_uri(self) -> str:
        def part(value: Optional[str]) -> str:
            return quote(value, safe="") if value else ""

        text = f"{(self.conn_type or '').lower().replace('_', '-')}://"
        if self.login or self.password:
            text += part(self.login) + (f":{part(self.password)}" if self.password is not None else "") + "@"
        text += part(self.host) + (f":{self.port}" if self.port is not None else "") + "/" + part(self.schema)
        extra = self.extra_dejson
        if extra:
            flat = all(isinstance(value, str) for value in extra.values())
            text += "?" + (urlencode(extra) if flat else urlencode({"__extra__": self.extra}))
        return text

    def as_json(self) -> str:
        return json.dumps({name: value for name in _FIELDS if (value := getattr(self, name)) is not None})

    def __repr__(self) -> str:
        return f"<Connection {self.conn_id}>"


def get_connection(conn_id: str) -> Connection:
    for prefix in _ENVIRONMENT_PREFIXES:
        text = os.environ.get(prefix + conn_id.upper())
        if text is not None:
            text = text.strip()
            return Connection.from_json(text, conn_id) if text.startswith("{") else Connection(conn_id=conn_id, uri=text)
    raise AirflowNotFoundException(
        f"The conn_id `{conn_id}` isn't defined. Set it in the environment of the server and its workers, "
        f"such as AIRFLOW_CONN_{conn_id.upper()}='postgres://login:password@host:5432/schema'."
    )


def _parse_uri(uri: str) -> Dict[str, Any]:
    parts = urlsplit(uri)
    if not parts.scheme:
        raise AirflowException("A connection's URI looks like type://login:password@host:port/schema?extra=value.")
    kind = _TYPE_ALIASES.get(parts.scheme, parts.scheme).replace("-", "_")
    try:
        port = parts.port
    except ValueError:
        raise AirflowException("The port in a connection's URI is not a number between 0 and 65535.") from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra: Any = None
    if query:
        extra = query["__extra__"] if set(query) == {"__extra__"} else query
    host = _host_of(parts.netloc)
    rest = parts.path[1:] if parts.path.startswith("/") else parts.path
    return {
        "conn_type": kind,
        "host": unquote(host) if host else None,
        "login": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password is not None else None,
        "schema": unquote(rest) or None,
        "port": port,
        "extra": extra,
    }


def _host_of(netloc: str) -> str:
    """The host as written: urlsplit would lower its case, and Airflow keeps `http://https%3A%2F%2Fexample`."""
    host = netloc.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _loads_if_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


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
