"""What has to be there before a DAG runs (tables, rows, buckets, files), and what has to be true afterwards."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterable, List

from servers import Servers


def prepare(wanted: Dict[str, Any], servers: Servers, home: str) -> None:
    for kind in ("postgres", "mysql"):
        for statement in wanted.get(kind, []):
            _sql(kind, statement, servers)
    for address, body in wanted.get("s3", {}).items():
        bucket, _, key = address.partition("/")
        client = _s3(servers)
        if bucket not in {one["Name"] for one in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=bucket)
        if key:
            client.put_object(Bucket=bucket, Key=key, Body=body.encode() if isinstance(body, str) else _parquet(body))
    for path, text in wanted.get("files", {}).items():
        path = path.replace("{home}", home)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def holds(check: Dict[str, str], servers: Servers, home: str) -> bool:
    """{postgres: SQL}, {mysql: SQL}: the first cell is true. {s3: bucket/key}, {file: path}: it is there. {letter: text}: one has it."""
    ((kind, what),) = check.items()
    if kind == "s3":
        bucket, _, key = what.partition("/")
        return bool(_s3(servers).list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"))
    if kind == "letter":
        return any(what in letter for letter in servers.letters)
    if kind == "file":
        return os.path.exists(what.replace("{home}", home))
    rows = list(_sql(kind, what, servers))
    return bool(rows and rows[0][0])


def _sql(kind: str, statement: str, servers: Servers) -> Iterable[Any]:
    if kind == "postgres":
        import psycopg2

        connection = psycopg2.connect(servers.postgres)
        connection.autocommit = True
    else:
        import pymysql

        connection = pymysql.connect(host="127.0.0.1", port=servers.mysql, user="root", autocommit=True)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _parquet(rows: List[Dict[str, Any]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def _s3(servers: Servers) -> Any:
    import boto3

    keys = {"aws_access_key_id": "wild", "aws_secret_access_key": "wild", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=f"http://127.0.0.1:{servers.aws}", **keys)
