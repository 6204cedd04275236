"""
The zygote: one warm interpreter per worker. It starts bash commands itself and forks task hosts; it never imports what an author wrote,
so that each task host begins clean.
"""
from __future__ import annotations

import gc
import importlib
import os
import signal
from typing import Any, Callable, Dict

from vortex.host import linux
from vortex.host.attempt import failed_start
from vortex.host.bash import BashStarter, StartFailed
from vortex.host.link import Link
from vortex.host.process_tree import look_up
from vortex.host.supervisor import Supervisor, signal_leader

# What nearly every DAG file needs. Missing ones are no error here: the import of a DAG file says what it lacks.
WARM_MODULES = ("vortex", "vortex.execution", "vortex.loading", "jinja2", "jinja2.sandbox", "pendulum", "dateutil.parser")


class Zygote(Supervisor):
    def __init__(self, link: Link, scratch: str, run_host: Callable[[Dict[str, Any]], None]) -> None:
        super().__init__(link)
        self._bash = BashStarter(scratch, self.own_children)
        self._run_host = run_host
        self._hosts: Dict[int, int] = {}

    def on_message(self, message: Dict[str, Any]) -> None:
        if message["t"] == "bash":
            self._start_bash(message)
        elif message["t"] == "host":
            self._fork_host(message)
        elif message["t"] == "kill_host":
            self._kill_host(message["host"])

    def _start_bash(self, message: Dict[str, Any]) -> None:
        if self.lease_is_over():
            self.link.send(failed_start(message, "not started: the worker's lease has ended", "lease_lost"))
            return
        try:
            attempt = self._bash.start(message, self.link)
        except StartFailed as error:
            self.link.send(failed_start(message, str(error), "spawn"))
            return
        self.watch(attempt)
        self.limit_time(attempt)

    def _fork_host(self, message: Dict[str, Any]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self.link.send({"t": "host_exit", "host": message["host"], "pid": 0, "words": f"no process for the task host: {error}"})
            return
        if pid == 0:
            code = 70
            try:
                self._run_host(message)
                code = 0
            finally:
                os._exit(code)
        self._hosts[pid] = message["host"]
        self.own_children.add(pid)

    def _kill_host(self, host: int) -> None:
        for pid, number in self._hosts.items():
            if number == host:
                signal_leader(pid, signal.SIGKILL)

    def on_own_child_exit(self, pid: int, status: int) -> None:
        host = self._hosts.pop(pid, None)
        if host is not None:
            code = os.waitstatus_to_exitcode(status)
            words = f"exited with code {code}" if code >= 0 else f"was killed by signal {-code}"
            self.link.send({"t": "host_exit", "host": host, "pid": pid, "words": words})


def warm_up() -> Callable[[], None]:
    """Returns what children may do while they wait."""
    for name in WARM_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    # Imported here: this module starts without a DAG's world, so that a broken one is told by the import of a DAG file.
    from vortex.execution.rehearsal import Rehearsal

    rehearsal = Rehearsal()
    gc.collect()
    gc.freeze()
    return rehearsal.run


def hello(link: Link, host: int, token: str) -> None:
    process = look_up(os.getpid())
    link.send({"t": "hello", "host": host, "pid": os.getpid(), "start_time": process.start_time if process else 0, "token": token})
    link.flush()


def prepare_process() -> None:
    linux.prepare()
    linux.become_subreaper()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The worker decides when hosts end: it tells them, or its socket closes. A signal to the whole terminal must not.
        signal.signal(number, signal.SIG_IGN)
