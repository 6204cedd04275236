"""`python -m vortex.testing`, which `vortex dags test` and `vortex tasks test` start, and waiting for a debugger."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2]
FILE = '''
from airflow.decorators import dag, task
@dag(schedule=None)
def d():
    @task
    def first():
        return 1
    @task
    def load(x):
        value = x + 41
        print("value is", value)
        return value
    @task
    def bad():
        raise ValueError("no such table: orders")
    load(first())
    bad()
d()
'''
LINE = FILE.splitlines().index('        print("value is", value)') + 1


@pytest.fixture
def file(tmp_path):
    (tmp_path / "d.py").write_text(FILE)
    return tmp_path / "d.py"


def start(*arguments, cwd, **more):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), **more}
    command = [sys.executable, "-m", "vortex.testing", *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(*arguments, cwd, **more):
    process = start(*arguments, cwd=cwd, **more)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_a_run_that_fails(file, tmp_path):
    code, out, _ = run("dag", file, "2024-02-02", cwd=tmp_path)
    assert code == 1 and "[test] load: success" in out
    assert out.rstrip().endswith("success: first, load") and "bad: ValueError: no such table: orders\n  | Traceback" in out


def test_as_json_and_in_part(file, tmp_path):
    code, out, _ = run("dag", "d", "--dags-folder", tmp_path, "--mark-success", "bad", "--json", cwd=tmp_path)
    found = json.loads(out)
    assert (code, found["state"], found["xcoms"]["load"]["return_value"], found["tasks"]["bad"]["reason"]) == (0, "success", 42, "marked as success")
    code, out, _ = run("dag", file, "--task", "first", cwd=tmp_path)
    assert code == 0 and "value is" not in out


def test_one_task(file, tmp_path):
    assert run("task", file, "first", cwd=tmp_path)[0] == 0
    code, out, _ = run("task", file, "bad", "2024-02-02", cwd=tmp_path)
    assert code == 1 and out.rstrip().endswith("bad: failed, ValueError: no such table: orders")


def test_mistakes(file, tmp_path):
    (tmp_path / "broken.py").write_text("from airflow import DAG\nimport no_such_module_here\n")
    assert run("task", file, "nope", cwd=tmp_path)[::2] == (1, "Error: The DAG 'd' has no task 'nope'.\n")
    assert run("dag", tmp_path / "broken.py", cwd=tmp_path)[2].rstrip().endswith("broken.py does not load.")
    code, _, err = run("dag", "nope", "--dags-folder", tmp_path, cwd=tmp_path)
    assert code == 1 and "no_such_module_here" in err and "no DAG 'nope' among the files" in err


class Debugger:
    """The least of a client of the Debug Adapter Protocol."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._lines = self._socket.makefile("rb")
        self._number = 0

    def ask(self, command, **arguments):
        self._number += 1
        body = json.dumps({"seq": self._number, "type": "request", "command": command, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self._number

    def answer(self, number):
        found = self.until(lambda message: message["type"] == "response" and message["request_seq"] == number)
        assert found["success"], found
        return found.get("body")

    def event(self, name):
        return self.until(lambda message: message.get("event") == name).get("body")

    def until(self, wanted):
        while True:
            length = 0
            for line in iter(self._lines.readline, b"\r\n"):
                assert line, "the adapter has gone"
                length = int(line.partition(b":")[2])
            message = json.loads(self._lines.read(length))
            if wanted(message):
                return message

    def stop_at(self, path, line):
        """Attaches, and stops there; returns the frame."""
        self.answer(self.ask("initialize", adapterID="test", pathFormat="path", linesStartAt1=True, columnsStartAt1=True))
        self.ask("attach", justMyCode=True)
        self.event("initialized")
        self.answer(self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": line}]))
        self.answer(self.ask("configurationDone"))
        self.thread = self.event("stopped")["threadId"]
        return self.answer(self.ask("stackTrace", threadId=self.thread))["stackFrames"][0]

    def close(self):
        """Debugpy's adapter lives as long as its client does."""
        self._lines.close()
        self._socket.close()

    def evaluate(self, frame, text):
        return self.answer(self.ask("evaluate", expression=text, frameId=frame["id"], context="repl"))["result"]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_a_debugger_attaches_stops_and_changes_a_value(file, tmp_path):
    port = free_port()
    process = start("dag", file, "--mark-success", "bad", "--debug", "load", "--debug-address", f"127.0.0.1:{port}", cwd=tmp_path)
    try:
        said = next(line for line in process.stdout if "Waiting for a debugger" in line)
        assert f"127.0.0.1:{port}, for the task load" in said
        debugger = Debugger(port)
        frame = debugger.stop_at(file, LINE)
        assert (frame["name"], frame["line"], debugger.evaluate(frame, "value")) == ("load", LINE, "42")
        debugger.evaluate(frame, "value = 99")
        debugger.answer(debugger.ask("continue", threadId=debugger.thread))
        debugger.close()
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and "value is 99" in out
    finally:
        process.kill()


def test_without_debugpy_it_says_what_to_install(file, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "debugpy.py").write_text("raise ImportError('no debugpy')\n")
    code, _, err = run("dag", file, "--debug", "load", cwd=tmp_path, PYTHONPATH=f"{tmp_path / 'none'}{os.pathsep}{PACKAGE}")
    assert code == 1 and "--debug load needs the package debugpy" in err and "-m pip install debugpy" in err
    code, _, err = run("dag", file, "--debug", "nope", cwd=tmp_path)
    assert code == 1 and "no task 'nope'" in err
