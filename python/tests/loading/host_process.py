"""Drives a real parse host for tests: frames over its pipes, as the server does."""
from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import textwrap
from typing import Any, Dict, List, Optional

PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class HostProcess:
    def __init__(self, parallel: int = 2, environment: Optional[Dict[str, str]] = None, fresh: bool = False) -> None:
        paths = [PACKAGE_FOLDER] + [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths), "VORTEX_ATTEMPT_ID": " " * 64, **(environment or {})}
        command = [sys.executable, "-m", "vortex.loading.parse_host", "--parallel", str(parallel)] + (["--fresh"] if fresh else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/")
        self.variables: Dict[str, str] = {}
        self.asked: List[str] = []
        self.ready = self._read()

    def parse(self, root: Any, file: str, **limits: Any) -> Dict[str, Any]:
        return self.parse_all(root, [file], **limits)[file]

    def parse_all(self, root: Any, files: List[str], **limits: Any) -> Dict[str, Dict[str, Any]]:
        for file in files:
            self.send({"id": file, "root": str(root), "file": file, "limits": limits})
        found: Dict[str, Dict[str, Any]] = {}
        while len(found) < len(files):
            frame = self._read()
            if frame["type"] == "request":
                self._answer(frame)
            else:
                found[frame["id"]] = frame
        return found

    def send(self, document: Dict[str, Any]) -> None:
        payload = json.dumps(document).encode()
        self.process.stdin.write(struct.pack(">IB", len(payload) + 1, 1) + payload)
        self.process.stdin.flush()

    def _answer(self, frame: Dict[str, Any]) -> None:
        key = frame["params"]["key"]
        self.asked.append(key)
        value = self.variables.get(key)
        result = None if value is None else {"value": value}
        self.send({"type": "response", "id": frame["id"], "request_id": frame["request_id"], "result": result})

    def _read(self) -> Dict[str, Any]:
        head = self.process.stdout.read(5)
        assert len(head) == 5, "the parse host ended"
        length, kind = struct.unpack(">IB", head)
        assert kind == 1
        return json.loads(self.process.stdout.read(length - 1))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def write(folder: Any, file: str, text: str) -> str:
    path = os.path.join(str(folder), *file.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(textwrap.dedent(text))
    return path
