"""
The parse host: `python -m vortex.loading.parse_host [--parallel N]`. A warm interpreter that forks one child per DAG file.

Purpose. Whatever a DAG file does at import, from a syntax error to a fork bomb, happens in a child with limits, and becomes one
answer. The host itself never runs a line of the author's code, so it stays small, warm and trustworthy.

Frames on stdin: {"id", "root", "file", "limits"?, "compat"?, "generation"?, "source"?} starts a parse (of unsaved text if `source` is there);
{"type": "cancel", "id"} ends it, waiting or running; {"type": "response", "id", "request_id", "result"|"error"} answers a question. Frames on stdout: ready once; then per id any number of
{"type": "request", "id", "request_id", "method", "params"} and exactly one {"type": "result", "id", "result", "output"}.

States of a child: running -> (answered | overdue) -> killed -> reaped. Invariants: at most `parallel` children run, the others
wait in order of arrival; a child's whole session is killed before its answer leaves; stdin's end kills everything.

Failures. A child that ends without an answer is described by how it ended (see `ending.py`). A host that dies takes its children
along (PR_SET_PDEATHSIG on Linux; elsewhere the processor limit ends them).
"""
from __future__ import annotations

import argparse
import collections
import gc
import os
import pkgutil
import platform
import selectors
import signal
import sys
import sysconfig
import time
from typing import Any, Deque, Dict, List, Optional

from vortex.host.frames import Decoder, encode_json
from vortex.host.linux import become_subreaper, prepare, read_mark
from vortex.host.process_tree import children, kill_exactly, look_up
from vortex.loading.data_files import DataFileFinder
from vortex.loading.ending import CANCELLED
from vortex.loading.limits import Limits, address_space_bytes, user_process_count
from vortex.loading.parse_file import recorder

# Between the request for a stack and the kill: the child writes it from a signal handler, without the interpreter.
TRACE_GRACE_SECONDS = 0.2
# How often a host counts the processes of a child that is still running: a bash fork bomb doubles in milliseconds.
WATCH_SECONDS = 0.2
MAX_QUEUED = 100_000


# What nearly every DAG file imports, beside the package itself.
_WARM = (
    "jinja2", "jinja2.sandbox", "jinja2.nativetypes", "jinja2.ext", "pendulum", "dateutil.relativedelta", "yaml",
    "airflow.decorators", "airflow.models", "airflow.operators.bash", "airflow.operators.python", "airflow.operators.empty",
    "airflow.sdk", "airflow.utils.dates", "airflow.utils.trigger_rule", "airflow.utils.task_group", "airflow.exceptions",
    "airflow.providers.standard.operators.bash", "airflow.providers.standard.operators.python",
)  # fmt: skip


def warm_up() -> None:
    """Imports once what every DAG file needs, and freezes the heap so that children share its pages."""
    import vortex
    from vortex.airflow_compat import install

    install(shadow=True)
    names = [module.name for module in pkgutil.walk_packages(vortex.__path__, "vortex.") if not module.name.startswith("vortex.host.")]
    names += _WARM
    for name in names:
        try:
            # __import__ of a name that ends in __main__ would run a program.
            if not name.endswith("__main__"):
                __import__(name)
        except ImportError:
            continue
    prepare()
    recorder()
    gc.collect()
    gc.freeze()


def package_folders() -> List[str]:
    """Where pip installs: what changes there may mend an import that failed."""
    folders = {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}
    return sorted(folder for folder in folders if os.path.isdir(folder))


def ready_frame() -> Dict[str, Any]:
    return {"type": "ready", "python": platform.python_version(), "executable": sys.executable, "pid": os.getpid(), "site_packages": package_folders()}


class ParseHost:
    """One loop over stdin, the children's channels and outputs, and the clock."""

    def __init__(self, source: int, sink: int, parallel: int) -> None:
        from vortex.loading.running_child import RunningChild

        self._child_class = RunningChild
        self._source = source
        self._sink = sink
        self._parallel = max(1, parallel)
        self._selector = selectors.DefaultSelector()
        self._decoder = Decoder()
        self._queue: Deque[Dict[str, Any]] = collections.deque()
        self._children: Dict[Any, Any] = {}
        self._data_files = DataFileFinder()
        self._own_processes = (0.0, 0)
        self._adopting = become_subreaper()
        self._ended = False
        self._next_watch = 0.0

    def run(self) -> None:
        self._selector.register(self._source, selectors.EVENT_READ, self._read_source)
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
        self._send(ready_frame())
        while not self._ended:
            for key, _ in self._selector.select(self._next_timeout()):
                key.data()
            self._check_children()
            self._start_queued()
        for child in list(self._children.values()):
            child.kill()
            child.reap(blocking=True)

    # stdin

    def _read_source(self) -> None:
        data = os.read(self._source, 1024 * 1024)
        if not data:
            self._ended = True
            return
        for _, frame in self._decoder.feed(data):
            kind = frame.get("type", "parse")
            if kind == "response":
                child = self._children.get(frame.get("id"))
                if child is not None:
                    child.answer(frame)
            elif kind == "cancel":
                self._cancel(frame.get("id"))
            elif len(self._queue) >= MAX_QUEUED:
                self._send_result(frame["id"], None, {"kind": "crash", "message": "The parse host has too many files waiting."}, "")
            else:
                self._queue.append(frame)

    def _cancel(self, number: Any) -> None:
        """A newer text of the same editor makes the answer worthless. One that has been given already stays given."""
        child = self._children.get(number)
        if child is not None:
            child.cancel()
            return
        for request in self._queue:
            if request["id"] == number:
                self._queue.remove(request)
                self._send_result(number, None, {**CANCELLED, "file": request["file"]}, "")
                return

    # children

    def _start_queued(self) -> None:
        while self._queue and len(self._children) < self._parallel:
            request = self._queue.popleft()
            try:
                limits = Limits.of(request.get("limits"))
                # Listed here rather than in the child, so that one listing serves all files of a folder.
                self._data_files.begin(request.get("generation"))
                if "source" not in request:
                    self._data_files.beside(os.path.join(os.path.abspath(request["root"]), *request["file"].split("/")))
                child = self._child_class(request, limits, self._context())
            except (OSError, ValueError, TypeError, KeyError) as error:
                message = f"The file could not be parsed: the parse host failed to start a process ({error})."
                self._send_result(request.get("id"), None, {"kind": "crash", "message": message, "file": request.get("file", "")}, "")
                continue
            self._children[request["id"]] = child
            self._selector.register(child.control, selectors.EVENT_READ, lambda child=child: self._read_control(child))
            self._selector.register(child.output, selectors.EVENT_READ, lambda child=child: self._read_output(child))

    def _context(self) -> Dict[str, Any]:
        now = time.monotonic()
        if os.getuid() != 0 and now - self._own_processes[0] > 30:
            self._own_processes = (now, user_process_count())
        return {"own_memory": address_space_bytes(), "own_processes": self._own_processes[1], "data_files": self._data_files}

    def _read_control(self, child: Any) -> None:
        for frame in child.read_control():
            if frame.get("type") == "request":
                self._send({**frame, "id": child.number})
        if child.control_closed:
            self._forget_descriptor(child.control)

    def _read_output(self, child: Any) -> None:
        child.read_output()
        if child.output_closed:
            self._forget_descriptor(child.output)

    def _forget_descriptor(self, descriptor: Any) -> None:
        try:
            self._selector.unregister(descriptor)
        except (KeyError, ValueError):
            pass

    def _check_children(self) -> None:
        now = time.monotonic()
        watch = now >= self._next_watch
        if watch:
            self._next_watch = now + WATCH_SECONDS
        for number, child in list(self._children.items()):
            child.check(now, TRACE_GRACE_SECONDS, watch)
            if child.reap():
                self._finish(number, child)

    def _finish(self, number: Any, child: Any) -> None:
        del self._children[number]
        child.read_output()
        for frame in child.read_control():
            if frame.get("type") == "request":
                continue
        self._forget_descriptor(child.control)
        self._forget_descriptor(child.output)
        result, failure, output = child.finish()
        if self._adopting:
            self._kill_adopted(str(child.pid))
        self._send_result(number, result, failure, output)

    def _kill_adopted(self, mark: str) -> None:
        """Kills what left the session of the child that carried this mark: on Linux it has become our child."""
        known = {child.pid for child in self._children.values()}
        for pid in children(os.getpid()):
            process = look_up(pid) if pid not in known else None
            if process is None or not (process.state == "Z" or read_mark(pid) == mark or not known):
                continue
            if process.state == "Z" or kill_exactly(process, signal.SIGKILL):
                try:
                    os.waitpid(pid, 0)
                except OSError:
                    continue

    def _next_timeout(self) -> Optional[float]:
        if not self._children:
            return None
        now = time.monotonic()
        soonest = min(child.next_check for child in self._children.values())
        return max(0.0, min(soonest - now, WATCH_SECONDS))

    # stdout

    def _send_result(self, number: Any, result: Optional[dict], failure: Optional[dict], output: str) -> None:
        self._send({"type": "result", "id": number, "result": result, "failure": failure, "output": output})

    def _send(self, document: Dict[str, Any]) -> None:
        data = memoryview(encode_json(document))
        while data:
            data = data[os.write(self._sink, data) :]


def main() -> None:
    parser = argparse.ArgumentParser(prog="vortex.loading.parse_host", description="Parses DAG files for the server, each in a process of its own.")
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 2, help="DAG files parsed at the same time")
    parser.add_argument("--fresh", action="store_true", help="a new interpreter per DAG file, as on systems without fork")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    # `python -m` puts the working folder first; a module lying there must not shadow an installed one.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if options.fresh or not hasattr(os, "fork"):
        from vortex.loading.fresh_processes import serve

        serve(source, sink, options.parallel, ready_frame())
        return
    warm_up()
    ParseHost(source, sink, options.parallel).run()


if __name__ == "__main__":
    main()
