"""
A proxy that answers for the whole internet: http:// and https:// addresses that DAG files have written into them, with a certificate
of its own. Answers are those of the table; an address that it does not name is answered with 404 and reported.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Tuple
from urllib.parse import parse_qsl, urlsplit

import trustme


class Answers:
    """`table`: "host/path?name=value" -> JSON value or text. What is asked must have at least the query of the entry."""

    def __init__(self, folder: str) -> None:
        self.table: Dict[str, Any] = {}
        self.unknown: List[str] = []
        self.ca_file = os.path.join(folder, "ca.pem")
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(self.ca_file)
        self._contexts: Dict[str, ssl.SSLContext] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.answers = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> Dict[str, str]:
        """What makes requests, httpx, urllib and curl come here."""
        url = f"http://127.0.0.1:{self._server.server_port}"
        found = {"SSL_CERT_FILE": self.ca_file, "REQUESTS_CA_BUNDLE": self.ca_file, "CURL_CA_BUNDLE": self.ca_file}
        for name in ("http_proxy", "https_proxy"):
            found[name] = found[name.upper()] = url
        found["no_proxy"] = found["NO_PROXY"] = "127.0.0.1,localhost"
        return found

    def context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]

    def answer(self, url: str) -> Tuple[int, bytes, str]:
        asked = urlsplit(url)
        query = set(parse_qsl(asked.query))
        for key in sorted(self.table, key=len, reverse=True):
            known = urlsplit(f"//{key}")
            if known.netloc == asked.hostname and known.path.rstrip("/") == asked.path.rstrip("/") and set(parse_qsl(known.query)) <= query:
                value = self.table[key]
                if isinstance(value, str):
                    return 200, value.encode(), "text/plain; charset=utf-8"
                return 200, json.dumps(value).encode(), "application/json"
        self.unknown.append(url)
        return 404, b"{}", "application/json"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        self.host = self.path.rpartition(":")[0]
        self.send_response(200, "Connection established")
        self.end_headers()
        # Clients that ask as HTTP/1.0 go on as well.
        self.close_connection = False
        context = self.server.answers.context(self.host)  # type: ignore[attr-defined]
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = f"https://{self.host}{self.path}" if self.host else self.path
        status, body, kind = self.server.answers.answer(url)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer

    def log_message(self, *_args: Any) -> None:
        """Silent."""
