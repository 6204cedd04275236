"""The servers that wild DAG files talk to, all on this machine: PostgreSQL, MariaDB, S3 and the rest of AWS (moto), SMTP."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import ExitStack
from typing import Any, Dict, List, Optional

import trustme

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
NODE = os.path.join(ROOT, "node_modules", ".bin", "node")
_START_POSTGRES = """
import { startTemporaryPostgres } from './server/testkit/temporaryPostgres.ts'
const server = await startTemporaryPostgres({ durable: false })
await server.createDatabase('wild')
console.log(server.url('wild'))
process.stdin.on('end', () => void server.destroy().then(() => process.exit(0))).resume()
"""


def free_port(wish: int = 0) -> int:
    with socket.socket() as found:
        try:
            found.bind(("127.0.0.1", wish))
        except OSError:
            return free_port()
        return int(found.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[Any]", what: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{what} did not listen within a minute")


class _Letters:
    def __init__(self, kept: List[str]) -> None:
        self._kept = kept

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self._kept.append(envelope.content.decode(errors="replace"))
        return "250 OK"


class Servers:
    """Started when they are first asked for."""

    def __init__(self, folder: str, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._postgres: Optional[str] = None
        self._mysql: Optional[int] = None
        self._aws: Optional[int] = None
        self._smtp: Any = None
        self.letters: List[str] = []

    @property
    def postgres(self) -> str:
        """postgres://user:password@127.0.0.1:port/wild"""
        if self._postgres is None:
            process = subprocess.Popen(
                [NODE, "--input-type=module", "-e", _START_POSTGRES], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self._stack.callback(process.wait, 30)
            self._stack.callback(process.stdin.close)  # type: ignore[union-attr]
            lines = (line.strip() for line in process.stdout or ())
            self._postgres = next(line for line in lines if line.startswith("postgres://"))
        return self._postgres

    @property
    def mysql(self) -> int:
        """Port; root without a password. Raises FileNotFoundError if MariaDB's programs are not on PATH."""
        if self._mysql is None:
            if not (shutil.which("mariadbd") and shutil.which("mariadb-install-db")):
                raise FileNotFoundError("no mariadbd on PATH (Debian: apt-get install mariadb-server-core mariadb-client-core)")
            data = os.path.join(self._folder, "mysql")
            base = os.path.dirname(os.path.dirname(shutil.which("mariadb-install-db") or ""))
            user = ["--user=root"] if os.getuid() == 0 else []
            make = ["mariadb-install-db", "--no-defaults", f"--basedir={base}", f"--datadir={data}", "--auth-root-authentication-method=normal"]
            subprocess.run([*make, *user], check=True, capture_output=True)
            port = free_port()
            run = ["mariadbd", "--no-defaults", f"--basedir={base}", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
            self._mysql = self._start([*run, f"--socket={data}/socket", *user], port, "mariadbd")
        return self._mysql

    @property
    def aws(self) -> int:
        """Port of moto's server, which answers for S3 and most other services of AWS."""
        if self._aws is None:
            # 9000 is MinIO's, which files have written into them.
            port = free_port(9000)
            self._aws = self._start([_beside_python("moto_server"), "-H", "127.0.0.1", "-p", str(port)], port, "moto_server")
        return self._aws

    @property
    def smtp(self) -> int:
        """Port of an SMTP server with STARTTLS that lets everybody sign in and keeps the letters in `letters`."""
        if self._smtp is None:
            from aiosmtpd.controller import Controller
            from aiosmtpd.smtp import AuthResult

            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
            options = {"tls_context": tls, "authenticator": lambda *_: AuthResult(success=True)}
            self._smtp = Controller(_Letters(self.letters), hostname="127.0.0.1", port=free_port(), **options)
            self._smtp.start()
            self._stack.callback(self._smtp.stop)
        return int(self._smtp.port)

    def values(self, text: str) -> str:
        """The text with its {postgres}, {mysql}, {aws} ... filled in; what is not named is not started."""
        for name in ("postgres", "mysql", "aws", "smtp"):
            if f"{{{name}}}" in text:
                text = text.replace(f"{{{name}}}", str(getattr(self, name)))
        return text

    def _start(self, command: "list[str]", port: int, what: str) -> int:
        log = self._stack.enter_context(open(os.path.join(self._folder, f"{what}.log"), "wb"))
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_plain_environment())
        self._stack.callback(process.wait, 30)
        self._stack.callback(process.terminate)
        wait_for_port(port, process, what)
        return port


def _plain_environment() -> Dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _beside_python(name: str) -> str:
    import sys

    return os.path.join(os.path.dirname(sys.executable), name)
