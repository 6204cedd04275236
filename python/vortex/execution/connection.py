"""
Airflow's Connection: its attributes, and its two texts, a URI and a JSON object.
https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html
"""
from __future__ import annotations

import importlib
import json
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from vortex.exceptions import AirflowException

_FIELDS = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
# Names that URIs use for a connection type.
_TYPE_ALIASES = {"postgresql": "postgres"}
# An extra that is more than texts by name.
_WHOLE_EXTRA = "__extra__"
# Type -> hook, and the hook's argument that takes the connection's id.
_HOOKS = {
    "postgres": ("vortex.providers.postgres.hook:PostgresHook", "postgres_conn_id"),
    "sqlite": ("vortex.providers.sqlite.hook:SqliteHook", "sqlite_conn_id"),
    "http": ("vortex.providers.http.hook:HttpHook", "http_conn_id"),
    "mysql": ("vortex.providers.mysql.hook:MySqlHook", "mysql_conn_id"),
    "aws": ("vortex.providers.amazon.hook:AwsBaseHook", "aws_conn_id"),
}


class Connection:
    """
    Made from its fields or from `uri`, not both. `extra` is JSON text; a dict given for it is written as JSON. Its password never
    shows in its repr.
    """

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
        if uri is not None and any(value not in (None, "") for value in (conn_type, host, login, password, schema, port, extra)):
            raise AirflowException("A Connection is made from its uri, or from conn_type, host, login, password, schema, port and extra: not from both.")
        self.conn_id = conn_id
        self.description = description
        if uri is not None:
            conn_type, host, login, password, schema, port, extra = _parse_uri(uri)
        self.conn_type = conn_type
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = _port(port, conn_id)
        self.extra = json.dumps(extra) if extra is not None and not isinstance(extra, str) else extra

    @classmethod
    def from_json(cls, value: str, conn_id: Optional[str] = None) -> "Connection":
        """Raises ValueError for what is no JSON, AirflowException for fields that a connection does not have."""
        fields = json.loads(value)
        unknown = set(fields) - set(_FIELDS)
        if unknown:
            raise AirflowException(f"Connection {conn_id!r}: unknown fields {', '.join(sorted(unknown))}; known are {', '.join(_FIELDS)}")
        if fields.get("conn_type"):
            fields["conn_type"] = _type_of(fields["conn_type"])
        return cls(conn_id=conn_id, **fields)

    @classmethod
    def from_uri(cls, uri: str, conn_id: Optional[str] = None) -> "Connection":
        return cls(conn_id=conn_id, uri=uri)

    @classmethod
    def get(cls, conn_id: str) -> "Connection":
        """The connection of this id. Raises AirflowNotFoundException (Airflow 3's spelling)."""
        from vortex.execution.connections import get_connection

        return get_connection(conn_id)

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> "Connection":
        """As `get` (Airflow 2's spelling)."""
        return cls.get(conn_id)

    @property
    def extra_dejson(self) -> Dict[str, Any]:
        """The extra as a dict; empty if there is none or it is no JSON object."""
        return self.get_extra_dejson()

    def get_extra_dejson(self, nested: bool = False) -> Dict[str, Any]:
        """As `extra_dejson`; with `nested`, texts in it that are JSON are read too."""
        found = _loads_if_json(self.extra) if self.extra else {}
        if not isinstance(found, dict):
            return {}
        return {key: _loads_if_json(value) for key, value in found.items()} if nested else found

    def get_password(self) -> Optional[str]:
        return self.password

    def set_password(self, value: Optional[str]) -> None:
        self.password = value

    def get_extra(self) -> Optional[str]:
        return self.extra

    def set_extra(self, value: Optional[str]) -> None:
        self.extra = value

    def get_hook(self, *, hook_params: Optional[Dict[str, Any]] = None) -> Any:
        """The hook for this type of connection. Raises AirflowException for a type that VORTEX has no hook for."""
        known = _HOOKS.get(self.conn_type or "")
        if known is None:
            raise AirflowException(
                f"VORTEX has no hook for connections of type {self.conn_type!r} ({self.conn_id}); it has them for "
                f"{', '.join(sorted(_HOOKS))}. Use the connection's fields with the library itself."
            )
        home, _, name = known[0].partition(":")
        return getattr(importlib.import_module(home), name)(**{known[1]: self.conn_id, **(hook_params or {})})

    def test_connection(self) -> Tuple[bool, str]:
        """Whether the other end answers, and a sentence about it. Never raises for what the connection says."""
        try:
            return self.get_hook().test_connection()
        except Exception as error:  # noqa: BLE001 - what went wrong is the answer
            return False, f"{type(error).__name__}: {error}"

    def get_uri(self) -> str:
        """The connection as a URI, which `Connection(uri=...)` reads back."""
        protocol, _, rest = (self.host or "").rpartition("://")
        text = f"{(self.conn_type or '').lower().replace('_', '-')}://" + (f"{protocol}://" if protocol else "")
        if self.login is not None or self.password is not None:
            text += quote(self.login or "", safe="") + (f":{quote(self.password, safe='')}" if self.password is not None else "") + "@"
        text += quote(rest, safe="") + (f":{self.port}" if self.port is not None else "")
        text += f"/{quote(self.schema, safe='')}" if self.schema else ""
        if self.extra:
            text += ("?" if self.schema else "/?") + self._extra_query()
        return text

    def _extra_query(self) -> str:
        extra = self.extra_dejson
        query = urlencode(extra) if all(isinstance(value, str) for value in extra.values()) else ""
        return query if query and dict(parse_qsl(query, keep_blank_values=True)) == extra else urlencode({_WHOLE_EXTRA: self.extra})

    def to_dict(self, *, prune_empty: bool = False, validate: bool = True) -> Dict[str, Any]:
        """Its fields by name with the extra as a dict; `prune_empty` leaves out what it does not have."""
        fields = {"conn_id": self.conn_id, **{name: getattr(self, name) for name in _FIELDS}, "extra": self.extra_dejson}
        return {name: value for name, value in fields.items() if value not in (None, "", {})} if prune_empty else fields

    def as_json(self) -> str:
        """The connection as JSON, which `from_json` reads back; without its id, as in AIRFLOW_CONN_<ID>."""
        return json.dumps({name: value for name in _FIELDS if (value := getattr(self, name)) is not None})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connection) and self.conn_id == other.conn_id and self.as_json() == other.as_json()

    def __hash__(self) -> int:
        return hash(self.conn_id)

    def __repr__(self) -> str:
        return f"<Connection {self.conn_id}>"


def _port(port: Any, conn_id: Optional[str]) -> Optional[int]:
    if port in (None, ""):
        return None
    try:
        return int(port)
    except (TypeError, ValueError):
        raise AirflowException(f"Connection {conn_id!r}: the port must be a whole number, not {port!r}") from None


def _type_of(text: str) -> str:
    return _TYPE_ALIASES.get(text, text).replace("-", "_")


def _parse_uri(uri: str) -> List[Any]:
    """conn_type, host, login, password, schema, port, extra. Error messages don't repeat the URI, which holds a password."""
    scheme, separator, rest = uri.partition("://")
    if not scheme or not separator:
        raise AirflowException("A connection's URI looks like type://login:password@host:port/schema?extra=value.")
    # The host may have a protocol of its own: http://https://example.com
    protocol, has_protocol, after = rest.partition("://")
    if has_protocol and not any(sign in protocol for sign in "@:/?"):
        rest = after
    else:
        protocol = ""
    parts = urlsplit(f"//{rest}")
    try:
        port = parts.port
    except ValueError:
        raise AirflowException("The port in a connection's URI is not a number between 0 and 65535; a ':' in its password is written %3A.") from None
    host = unquote(_host_of(parts.netloc)) or None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return [
        _type_of(scheme.lower()),
        f"{protocol}://{host or ''}" if protocol else host,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password is not None else None,
        unquote(parts.path[1:]) or None,
        port,
        query.get(_WHOLE_EXTRA, query) if query else None,
    ]


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
