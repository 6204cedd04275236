"""
Files with Variables and connections, as Airflow's LocalFilesystemBackend reads them: JSON, YAML, or lines `NAME=value` (.env). They are the
`variable_file_path` and `conn_file_path` of `dag.test()`. Source: Airflow secrets-backend/local-filesystem-secrets-backend.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict

from vortex.exceptions import AirflowException
from vortex.execution.connection import Connection


def read_variables(path: str) -> Dict[str, str]:
    """By key; a value that is no text is kept as JSON. Raises AirflowException for a file that cannot be read."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in _read(path).items()}


def read_connections(path: str) -> Dict[str, Connection]:
    """By id. Raises AirflowException for a file that cannot be read, and for a connection that is none."""
    return {conn_id: connection_of(conn_id, value) for conn_id, value in _read(path).items()}


def connection_of(conn_id: str, value: Any) -> Connection:
    """Of a Connection, a URI, JSON text, or a dict of its fields (`extra` may be a dict, `extra_dejson` too)."""
    if isinstance(value, Connection):
        return value
    if isinstance(value, str):
        return Connection.from_json(value, conn_id) if value.lstrip().startswith("{") else Connection(conn_id=conn_id, uri=value)
    if isinstance(value, list) and len(value) == 1:
        return connection_of(conn_id, value[0])
    if not isinstance(value, dict):
        raise AirflowException(f"The connection {conn_id!r} is a {type(value).__name__}. Give a URI, or an object with its fields.")
    fields = {name: item for name, item in value.items() if name != "conn_id"}
    if "extra_dejson" in fields:
        fields["extra"] = fields.pop("extra_dejson")
    if isinstance(fields.get("extra"), (dict, list)):
        fields["extra"] = json.dumps(fields["extra"])
    try:
        return Connection(conn_id=conn_id, **fields)
    except TypeError as error:
        raise AirflowException(f"The connection {conn_id!r} cannot be read: {error}") from None


def _read(path: str) -> Dict[str, Any]:
    kind = os.path.splitext(path)[1].lower()
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise AirflowException(f"The file {path} cannot be read: {error.strerror}.") from None
    # Errors of the parsers quote the line, which may hold a password: only the place is told.
    if kind == ".env":
        return _read_lines(text, path)
    if kind == ".json":
        try:
            found = json.loads(text)
        except ValueError as error:
            raise AirflowException(f"{path} is no JSON: see line {getattr(error, 'lineno', 1)}.") from None
    elif kind in (".yaml", ".yml"):
        import yaml

        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise AirflowException(f"{path} is no YAML: see line {mark.line + 1 if mark is not None else 1}.") from None
    else:
        raise AirflowException(f"{path}: a file of Variables or connections ends in .json, .yaml, .yml or .env.")
    if not isinstance(found, dict):
        raise AirflowException(f"{path} must hold an object whose keys are the names.")
    return found


def _read_lines(text: str, path: str) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, sign, value = line.partition("=")
        if not sign or not key or not value:
            raise AirflowException(f"{path}, line {number}: it must be NAME=value.")
        if key in found:
            raise AirflowException(f"{path}, line {number}: {key} is there twice.")
        found[key] = value
    return found
