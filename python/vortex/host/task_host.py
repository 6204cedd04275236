"""
A task host: a forked zygote that imported one DAG file and keeps children waiting for its attempts.

Modes
- warm: the file is imported here, once; children inherit it.
- clean: the import left threads or sockets behind, which no fork survives. The file is imported by each child while it waits.

The number of waiting children follows demand: one more whenever an attempt found none, back to one after IDLE_SECONDS without an attempt.
"""
from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
from typing import Any, Callable, Dict, List, Optional, Set, TypeVar

from vortex.host import linux
from vortex.host.attempt import TIMEOUT, Attempt, failed_start
from vortex.host.child import Ask, import_failure, max_descriptor, prepare_streams, run_child
from vortex.host.channel import encode_for_child
from vortex.host.clocks import monotonic
from vortex.host.frames import JSON, BrokenFrame, Decoder
from vortex.host.job import result_fields
from vortex.host.link import Link
from vortex.host.masking import Masker
from vortex.host.process_tree import StartTimer, own_children
from vortex.host.supervisor import Supervisor
from vortex.host.zygote import hello, prepare_process

AnyLink = TypeVar("AnyLink", bound=Link)

# Beyond a few, waiting children cost memory and gain nothing: forking is serial.
MAX_WAITING = 8
IDLE_SECONDS = 30.0
# A child that told its result only has to flush and exit.
EXIT_SECONDS = 10.0
# Texts that one call may have masked: each costs the host time for every line of the log.
MAX_MASKED = 1000


class Child:
    """A forked child, waiting or at work. The host's ends of its log pipe and control socket."""

    def __init__(self, pid: int, start_time: int, pipe: int, control: socket.socket) -> None:
        self.pid = pid
        self.start_time = start_time
        self.pipe = pipe
        self.control = control


class PythonAttempt(Attempt):
    def __init__(self, message: Dict[str, Any], link: Any, child: Child, host: "TaskHost") -> None:
        super().__init__(message, link)
        self.child = child
        self.pid = child.pid
        self.start_time = child.start_time
        self.pipe = child.pipe
        self.result: Optional[Dict[str, Any]] = None
        self.decoder = Decoder()
        self.unsent = b""
        # Selector events of the control socket; 0 = not registered.
        self.watched = 0
        self._host = host

    def outcome(self) -> Dict[str, Any]:
        self._host.read_control(self)
        if self.result is not None:
            return result_fields(self.result)
        died = self.died_of_signal()
        if died is not None:
            return died
        return {"reason": f"exited with code {self.exit_status_code()} before it finished", "reason_code": "exit_code"}

    def on_finished(self) -> None:
        self._host.close_control(self)


class TaskHost(Supervisor):
    def __init__(self, link: Link, load: Callable[[Ask], Any], rehearse: Callable[[], None]) -> None:
        super().__init__(link)
        self._load = load
        self._rehearse = rehearse
        self._waiting: List[Child] = []
        self._wanted = 1
        self._highest_fd = max_descriptor()
        self._last_attempt = monotonic()
        self._shrink_planned = False
        self.own_children.update(own_children())

    def on_message(self, message: Dict[str, Any]) -> None:
        if message["t"] == "python":
            self._start(message)
        elif message["t"] == "respond":
            attempt = self.attempts.get(message["n"])
            if isinstance(attempt, PythonAttempt):
                result = message.get("result")
                if isinstance(result, dict) and result.get("is_sensitive") and isinstance(result.get("value"), str):
                    attempt.mask([result["value"]])
                elif isinstance(result, dict) and isinstance(result.get("mask"), list):
                    attempt.mask(result["mask"])
                self._send_control(attempt, {**message, "result": result})

    def on_turn(self) -> None:
        # All at once and not one a turn: after a fork the host copies each page that it writes to, which costs as much as the fork.
        if not self.stopping and 2 * len(self._waiting) < self._wanted:
            while len(self._waiting) < self._wanted and not self._try_fork():
                pass

    def on_own_child_exit(self, pid: int, status: int) -> None:
        for child in self._waiting:
            if child.pid == pid:
                self._waiting.remove(child)
                os.close(child.pipe)
                child.control.close()
                # Not at once: a file that ends its process while it is imported would make us fork without end.
                self._wanted = 0
                return

    def _start(self, message: Dict[str, Any]) -> None:
        self._last_attempt = monotonic()
        if self.lease_is_over():
            self.link.send(failed_start(message, "not started: the worker's lease has ended", "lease_lost"))
            return
        # One that died while it waited, perhaps for want of memory, is no try of the task.
        while self._waiting and has_ended(self._waiting[0].pid):
            self._reap()
        if self._waiting:
            self._wanted = max(1, self._wanted)
        else:
            self._wanted = min(MAX_WAITING, self._wanted + 1)
            error = self._try_fork()
            if error:
                self.link.send(failed_start(message, error, "spawn"))
                return
        child = self._waiting.pop(0)
        self.own_children.discard(child.pid)
        attempt = PythonAttempt(message, self.link, child, self)
        child.control.setblocking(False)
        self._send_control(attempt, {name: message[name] for name in ("job", "attempt_id", "env", "secrets", "xcom_cap_bytes", "execution_timeout_ms")} | {"t": "job"})
        attempt.watched = selectors.EVENT_READ | (selectors.EVENT_WRITE if attempt.unsent else 0)
        self.selector.register(child.control, attempt.watched, lambda events: self._on_control(attempt, events))
        self.watch(attempt)
        self.limit_time(attempt)
        if self._wanted > 1 and not self._shrink_planned:
            self._shrink_planned = True
            self.timers.at(self._last_attempt + IDLE_SECONDS, self._shrink)

    def _try_fork(self) -> str:
        """Empty when a child waits now, otherwise what hinders."""
        pipe, output = os.pipe()
        control, child_end = socket.socketpair()
        self._highest_fd = max(self._highest_fd, pipe, output, control.fileno(), child_end.fileno())
        host_pid = os.getpid()
        clock = StartTimer()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(pipe)
            control.close()
            self._wanted = 0
            return f"the system has no room for another process ({error}); lower the worker's capacity or raise its limits (ulimit -u)"
        else:
            if pid == 0:
                try:
                    # Where children are wanted faster than one by one, none of them waits long enough.
                    rehearse = self._rehearse if self._wanted == 1 else None
                    run_child(host_pid, child_end.fileno(), output, self._highest_fd, self._load, rehearse)
                finally:
                    os._exit(70)
        finally:
            os.close(output)
            child_end.close()
        self.own_children.add(pid)
        self._waiting.append(Child(pid, clock.of(pid), pipe, control))
        return ""

    def _shrink(self) -> None:
        if monotonic() - self._last_attempt < IDLE_SECONDS:
            self.timers.at(self._last_attempt + IDLE_SECONDS, self._shrink)
            return
        self._shrink_planned = False
        self._wanted = min(1, self._wanted)
        while len(self._waiting) > self._wanted:
            os.kill(self._waiting[-1].pid, signal.SIGKILL)
            child = self._waiting.pop()
            os.close(child.pipe)
            child.control.close()

    def terminate(self, attempt: Attempt) -> None:
        # On a timeout the task itself stops what it started (on_kill); the rest is killed after the grace.
        if attempt.ending == TIMEOUT and attempt.exit_status is None:
            os.kill(attempt.pid, signal.SIGTERM)
        else:
            super().terminate(attempt)

    # The private line.

    def _on_control(self, attempt: PythonAttempt, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send_control(attempt, None)
        if events & selectors.EVENT_READ:
            self.read_control(attempt)

    def read_control(self, attempt: PythonAttempt) -> None:
        while attempt.child.control.fileno() >= 0:
            try:
                data = attempt.child.control.recv(256 * 1024)
                frames = attempt.decoder.feed(data)
            except BlockingIOError:
                return
            except (OSError, BrokenFrame, ValueError):
                # ValueError: the author's code wrote into descriptor 3, and it is no JSON.
                data = b""
            if not data:
                self.close_control(attempt)
                return
            for kind, message in frames:
                if kind == JSON:
                    self._on_child_message(attempt, message)

    def _on_child_message(self, attempt: PythonAttempt, message: Dict[str, Any]) -> None:
        kind = message["t"]
        if kind == "result":
            attempt.result = message["result"]
            self.at(attempt, monotonic() + EXIT_SECONDS, lambda: self._hurry(attempt))
        elif kind == "request" and message["method"] == "mask":
            self._mask(attempt, message)
        elif kind in ("xcom", "request"):
            self.link.send({**message, "n": attempt.number})
        elif kind == "rendered":
            self.link.send({"t": "rendered", "n": attempt.number, "fields": rendered_fields(message["fields"], attempt.masker)})

    def _mask(self, attempt: PythonAttempt, message: Dict[str, Any]) -> None:
        """
        What the task found in its environment. It waits for the answer: nothing that it prints afterwards is read before. A text comes
        back without what the task's log must not hold.
        """
        values = message["params"].get("values")
        if isinstance(values, list) and values:
            attempt.mask([value for value in values if isinstance(value, str)][:MAX_MASKED])
        text = message["params"].get("text")
        masked = attempt.masker.text(text) if attempt.masker is not None and isinstance(text, str) else text
        self._send_control(attempt, {"t": "respond", "id": message["id"], "result": masked, "error_code": "", "error_message": ""})

    def _hurry(self, attempt: PythonAttempt) -> None:
        if attempt.exit_status is None and attempt.ending is None:
            self.signal_tree(attempt, signal.SIGKILL)

    def _send_control(self, attempt: PythonAttempt, message: Optional[Dict[str, Any]]) -> None:
        if message is not None:
            attempt.unsent += encode_for_child(message)
        control = attempt.child.control
        try:
            while attempt.unsent:
                attempt.unsent = attempt.unsent[control.send(attempt.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            attempt.unsent = b""
        if attempt.watched:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if attempt.unsent else 0)
            if attempt.watched != events:
                attempt.watched = events
                self.selector.modify(control, events, lambda happened: self._on_control(attempt, happened))

    def close_control(self, attempt: PythonAttempt) -> None:
        control = attempt.child.control
        if control.fileno() >= 0:
            if attempt.watched:
                attempt.watched = 0
                self.selector.unregister(control)
            control.close()


def has_ended(child_pid: int) -> bool:
    """Of a child that is not reaped."""
    return os.waitid(os.P_PID, child_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def rendered_fields(fields: List[Dict[str, Any]], masker: Optional[Masker]) -> List[Dict[str, Any]]:
    """Masked as the log is. Of a value that was cut the end may be the beginning of a secret: that goes too."""
    if masker is None:
        return fields
    return [{**field, "value": masker.text(field["value"], field["is_cut"])} for field in fields]


def become_host(message: Dict[str, Any], link_class: Callable[[str], AnyLink], socket_path: str) -> AnyLink:
    """In the child of the zygote's fork: a process of its own, connected to the worker."""
    os.setsid()
    # Until the file is imported this process can't see its worker go: it goes with the zygote, which does.
    linux.die_with_parent(signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.closerange(3, max_descriptor())
    prepare_process()
    prepare_streams()
    link = link_class(socket_path)
    hello(link, message["host"], message["token"])
    return link


def run_task_host(message: Dict[str, Any], socket_path: str, rehearse: Callable[[], None]) -> None:
    """In the child of the zygote's fork. Returns when the worker ended it or is gone."""
    link = become_host(message, Link, socket_path)
    root, file = message["root"], message["file"]
    loaded: Any = None
    hazard = None
    if not message["clean"]:
        try:
            loaded, hazard = _import(root, file)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a DAG file is its error, not ours
            tell_last(link, {"t": "import_failed", **import_failure(error)})
            return
        if hazard:
            tell_last(link, {"t": "hazard", "words": hazard})
            return
    gc.collect()
    gc.freeze()
    linux.die_with_parent(0)

    def load(ask: Ask) -> Any:
        return loaded if loaded is not None else load_dag_file(root, file, ask)

    link.send({"t": "loaded"})
    TaskHost(link, load, rehearse).run()


class AsksController(BaseException):
    """The import needs what only an attempt can ask for. No Exception, so that the file does not catch it."""


def _import(root: str, file: str) -> "tuple[Any, Optional[str]]":
    from vortex.loading.fork_hazard import fork_hazard, open_sockets

    asked: List[str] = []

    def ask(method: str, params: Dict[str, Any]) -> Any:
        what = "the Variable" if method == "variable.get" else "the connection"
        asked.append(f"{what} {next(iter(params.values()))}")
        raise AsksController

    sockets, files = open_sockets(), open_files()
    loaded: Any = None
    try:
        loaded = load_dag_file(root, file, ask)
    except AsksController:
        pass
    except BaseException:
        if not asked:
            raise
    if asked:
        # As in Airflow, each attempt sees the value of its own time.
        return None, f"The import reads {asked[0]}"
    hazard = fork_hazard(sockets)
    # Children would share the position in it. In a clean host each child opens its own.
    left_open = sorted(open_files() - files)
    if hazard is None and left_open:
        hazard = f"The import left {len(left_open)} file(s) open: {', '.join(left_open[:3])}"
    return loaded, hazard


def open_files() -> Set[str]:
    """What this process holds open, besides sockets. Empty where /proc is missing."""
    found = set()
    for name in os.listdir("/proc/self/fd") if linux.IS_LINUX else ():
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return {target for target in found if not target.startswith(("socket:", "/proc/"))}


def load_dag_file(root: str, file: str, ask: Ask) -> Any:
    from vortex.execution import connections, variables
    from vortex.execution.run_attempt import log_to_stdout
    from vortex.loading import load_file

    variables.use_source(variables.LoadingSource(ask, lambda _key: None))
    connections.use_source(connections.LoadingSource(ask, lambda _conn_id: None))
    loaded = load_file(root, file)
    log_to_stdout()
    return loaded


def tell_last(link: Link, message: Dict[str, Any]) -> None:
    """The last word of a host that ends: waits until the worker has it."""
    link.send(message)
    link.socket.setblocking(True)
    link.flush()
