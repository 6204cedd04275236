"""The life of one forked child: cut off from its host, (load the DAG file,) wait for one job, run it, tell the result, end."""
from __future__ import annotations

import _signal  # The module `signal` wraps each call in enums; that costs a child 0.1 ms of copied pages.
import io
import os
import select
import signal
import sys
import traceback
from typing import Any, Callable, Dict, Optional

from vortex.host import linux
from vortex.host.channel import Channel, Terminated, XComTooLarge
from vortex.host.clocks import monotonic
from vortex.task_log import say

CONTROL_FD = 3

# A question of an import (variable.get, connection.get) and its answer.
Ask = Callable[[str, Dict[str, Any]], Any]

_RESET_SIGNALS = tuple(int(number) for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
_SIGTERM, _SIGKILL = int(signal.SIGTERM), int(signal.SIGKILL)


def run_child(
    host_pid: int, control: int, output: int, above: int, load: Callable[[Ask], Any], rehearse: Optional[Callable[[], None]]
) -> None:
    """
    Never returns. `load` gives the loaded file, or raises what the file raised. `above`: no descriptor of the host is higher.
    `rehearse`: what to do while no job is here (vortex.execution.rehearsal).
    """
    detach(host_pid, control, output, above)
    channel = Channel(CONTROL_FD)
    job: Optional[Dict[str, Any]] = None

    def receive_job() -> Dict[str, Any]:
        nonlocal job
        if job is None:
            message = channel.receive()
            prepare_attempt(message, channel)
            job = message["job"]
        return job

    def ask(method: str, params: Dict[str, Any]) -> Any:
        # Questions need an attempt: an import that asks goes on when one is here.
        receive_job()
        return channel.request(method, params)

    try:
        loaded = load(ask)
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt of a DAG file are its errors too
        receive_job()
        failure = import_failure(error)
        say(failure.pop("traceback"))
        finish(channel, failure)
    if rehearse is not None and job is None and not select.select((CONTROL_FD,), (), (), 0)[0]:
        try:
            rehearse()
        except Exception:  # noqa: BLE001 - what a DAG file changed in this package shows in its own attempts, not here
            pass
    finish(channel, execute_job(receive_job(), loaded, channel))


def prepare_streams() -> None:
    """
    In the host, once, so that no child pays for it: standard input is empty, and print leaves a line at a time, so that it keeps its order
    with a subprocess's output. Odd characters never fail a task. Buffers are empty at each fork, because hosts don't print.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def detach(host_pid: int, control: int, output: int, above: int) -> None:
    os.setsid()
    linux.die_with_parent(_SIGKILL)
    if os.getppid() != host_pid:
        # The host died before the line above took effect.
        os._exit(70)
    _signal.set_wakeup_fd(-1)
    for number in _RESET_SIGNALS:
        _signal.signal(number, _signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if control != CONTROL_FD:
        os.dup2(control, CONTROL_FD, inheritable=False)
    os.closerange(CONTROL_FD + 1, above + 1)
    reseed()


def max_descriptor() -> int:
    """One above the highest open descriptor."""
    try:
        return max(int(name) for name in os.listdir("/dev/fd")) + 1
    except (OSError, ValueError):
        return int(os.sysconf("SC_OPEN_MAX"))


def reseed() -> None:
    """Or every attempt would draw the same numbers. Python's own generator does it by itself after each fork."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def prepare_attempt(message: Dict[str, Any], channel: Channel) -> None:
    linux.set_mark(message["attempt_id"])
    environ = os.environ
    # Not `update`: what it touches of the abstract base classes would be copied for each child.
    for source in (message["env"], message["secrets"]):
        for name, value in source.items():
            environ[name] = value
    environ[linux.MARK] = message["attempt_id"]
    channel.xcom_cap_bytes = message["xcom_cap_bytes"]
    started = monotonic()
    timeout_s = message["execution_timeout_ms"] / 1000

    def on_sigterm(_number: int, _frame: Any) -> None:
        kind = "timeout" if timeout_s and monotonic() - started >= timeout_s * 0.99 else "killed"
        if channel.on_terminate is not None:
            channel.on_terminate(kind)
        else:
            raise Terminated(kind)

    _signal.signal(_SIGTERM, on_sigterm)


def execute_job(job: Dict[str, Any], loaded: Any, channel: Channel) -> Dict[str, Any]:
    try:
        from vortex.execution import execute

        return execute(job, loaded, channel)
    except XComTooLarge as error:
        return {"outcome": "failed", "reason": str(error), "reason_code": "xcom_too_large"}
    except MemoryError:
        say(traceback.format_exc())
        return {"outcome": "failed", "reason": "out of memory: MemoryError (the process reached its memory limit)", "reason_code": "out_of_memory"}
    except Terminated as error:
        return {"outcome": "failed", "reason": str(error), "reason_code": error.kind}
    except BaseException as error:  # noqa: BLE001 - whatever escapes is this attempt's failure, told rather than lost
        say(traceback.format_exc())
        return {"outcome": "failed", "reason": one_line(error), "reason_code": "exception"}


def finish(channel: Channel, result: Dict[str, Any]) -> None:
    """Tells the result and ends without exit handlers: those of the import belong to the host."""
    _signal.signal(_SIGTERM, _signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # None, or closed by the task.
            continue
    try:
        channel.send_result(result)
    except XComTooLarge as error:
        channel.send_result({"outcome": "failed", "reason": str(error), "reason_code": "xcom_too_large"})
    os._exit(0)


def import_failure(error: BaseException) -> Dict[str, Any]:
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"outcome": "failed", "reason": f"the DAG file could not be imported: {one_line(error)}", "reason_code": "import", "traceback": text}


def one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:500]}" if lines else type(error).__name__
