"""
Loads the DAG files named on stdin, each in a process of its own, and writes one JSON line per file. Input:
{"root", "files", "compat", "paths", "seconds", "at_once"}. The files run: point it at code that you trust.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
import traceback
from typing import Any, Dict, List

from placeholders import give_placeholders

# What one file may say about itself: names of DAGs and remarks, never its whole graph.
MAX_TRACEBACK = 16_000


def main() -> None:
    request = json.load(sys.stdin)
    _warm()
    waiting: List[str] = list(reversed(request["files"]))
    selector = selectors.DefaultSelector()
    running = 0
    while waiting or running:
        while waiting and running < request["at_once"]:
            selector.register(*_start(request, waiting.pop()))
            running += 1
        for key, _ in selector.select(0.2):
            child = key.data
            data = os.read(key.fd, 65536)
            child["answer"] += data
            if not data:
                selector.unregister(key.fd)
                os.close(key.fd)
                running -= 1
                _finish(child)
        for key in list(selector.get_map().values()):
            if time.monotonic() > key.data["deadline"]:
                key.data["late"] = True
                _kill(key.data["pid"])


def _warm() -> None:
    """What every file needs is imported once."""
    import vortex  # noqa: F401
    import vortex.airflow_compat.modules
    import vortex.execution.connections
    import vortex.execution.macros
    import vortex.execution.variables
    import vortex.loading.parse_file
    import vortex.operators.bash
    import vortex.operators.python
    import vortex.serialization  # noqa: F401


def _start(request: Dict[str, Any], file: str) -> Any:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            os.close(reader)
            _child(request, file, writer)
        finally:
            os._exit(0)
    os.close(writer)
    child = {"file": file, "pid": pid, "answer": b"", "late": False, "deadline": time.monotonic() + request["seconds"]}
    return reader, selectors.EVENT_READ, child


def _finish(child: Dict[str, Any]) -> None:
    _kill(child["pid"])
    _, status = os.waitpid(child["pid"], 0)
    if child["answer"].endswith(b"\n"):
        sys.stdout.buffer.write(child["answer"])
    else:
        message = "took longer than the limit" if child["late"] else f"ended its process ({_ending(status)})"
        error = {"kind": "ended", "message": f"The import {message}", "line": None, "traceback": ""}
        answer = {"file": child["file"], "error": error, "dags": [], "tasks": 0, "notices": [], "absent": [], "duration_ms": None}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def _ending(status: int) -> str:
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit code {os.WEXITSTATUS(status)}"


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _child(request: Dict[str, Any], file: str, writer: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    from absent_packages import AbsentPackages
    from vortex.loading import parse_file as parser
    from vortex.loading.limits import Limits, address_space_bytes, apply_limits
    from vortex.loading.search_path import search_roots

    root = os.path.abspath(request["root"])
    os.environ.setdefault("AIRFLOW_HOME", os.path.dirname(root))
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.path.dirname(os.path.abspath(__file__)))] + request["paths"]
    apply_limits(Limits(wall_seconds=request["seconds"]), address_space_bytes(), None)
    # Our own frames are what is looked for here.
    parser.format_author_traceback = lambda failure: "".join(traceback.format_exception(failure))[-MAX_TRACEBACK:]
    parser.recorder()
    give_placeholders()
    absent = AbsentPackages([folder for folder, _ in search_roots(root)] + request["paths"])
    sys.meta_path.append(absent)
    result = parser.parse_file(root, file, compat=request["compat"])
    answer = {
        "file": file,
        "error": result["error"],
        "dags": [dag["dag_id"] for dag in result["dags"]],
        "tasks": sum(len(dag["tasks"]) for dag in result["dags"]),
        "notices": sorted({notice for dag in result["dags"] for notice in _notices(dag)}),
        "absent": sorted(absent.stood_for),
        "duration_ms": result["duration_ms"],
    }
    data = memoryview(json.dumps(answer, default=str).encode() + b"\n")
    while data:
        data = data[os.write(writer, data) :]


def _notices(dag: Dict[str, Any]) -> List[str]:
    found = list(dag.get("notices") or [])
    for task in dag["tasks"]:
        found.extend(task.get("notices") or [])
    return [notice if isinstance(notice, str) else json.dumps(notice) for notice in found]


if __name__ == "__main__":
    main()
