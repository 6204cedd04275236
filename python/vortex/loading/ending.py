"""Tells how a parse child ended that gave no answer: the words that the author reads."""
from __future__ import annotations

import os
import re
import signal
from typing import List, Optional, Tuple

from vortex.loading.author_traceback import clip, is_ours
from vortex.loading.limits import Limits

# What a parse ends with that nobody waits for any more.
CANCELLED = {"kind": "cancelled", "message": "A newer text of the same editor took its place.", "traceback": "", "line": None}

_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<name>.+)$')


def describe_ending(
    *, reason: Optional[str], status: int, limits: Limits, seconds: float, trace: str, processes: int, file: str
) -> dict:
    """`{kind, message, traceback, line}` of the contract's import error."""
    traceback, line = read_trace(trace, file)
    found = {"traceback": traceback, "line": line}
    if reason == "timeout":
        message = f"The import did not end within {limits.wall_seconds:g} s"
        message += f"; it was at line {line}." if line else "."
        return {**found, "kind": "timeout", "message": message + " Move slow work into a task."}
    if reason == "processes" or processes > limits.processes:
        return {**found, "kind": "crash", "message": f"The import started more than {limits.processes} processes. Start them in a task."}
    if reason == "cancelled":
        return dict(CANCELLED)
    if reason == "garbage":
        return {**found, "kind": "crash", "message": "The import wrote into descriptors that are not its own, and was stopped."}
    if os.WIFEXITED(status):
        return {**found, **_by_code(os.WEXITSTATUS(status))}
    return {**found, **_by_signal(os.WTERMSIG(status), limits, seconds)}


def describe_end(*, reason: Optional[str], code: int, limits: Limits, file: str) -> dict:
    """The same for a process of its own, by subprocess's return code (negative = a signal)."""
    if reason is not None:
        return describe_ending(reason=reason, status=0, limits=limits, seconds=0, trace="", processes=0, file=file)
    found = _by_code(code) if code >= 0 else _by_signal(-code, limits, 0)
    return {"traceback": "", "line": None, **found}


def _by_code(code: int) -> dict:
    return {"kind": "exit", "message": f"The import ended the interpreter with os._exit({code}). A DAG file must run to its end."}


def _by_signal(number: int, limits: Limits, seconds: float) -> dict:
    if number == signal.SIGXCPU:
        return {"kind": "timeout", "message": f"The import used more than {limits.cpu_limit()} s of processor time. Move slow work into a task."}
    if number == signal.SIGKILL:
        message = "The import was killed from outside{}, most likely because the machine ran out of memory."
        return {"kind": "memory", "message": message.format(f" after {seconds:.1f} s" if seconds else "")}
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = " A library written in C is the usual cause." if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE) else ""
    return {"kind": "crash", "message": f"The import crashed the interpreter with {name}.{hint}"}


def read_trace(trace: str, file: str) -> Tuple[str, Optional[int]]:
    """Turns faulthandler's stacks (newest call first) into the order of tracebacks, our frames cut out, of the thread in the DAG file."""
    threads: List[List[Tuple[str, int, str]]] = []
    for text in trace.splitlines():
        if text.startswith(("Thread ", "Current thread ")):
            threads.append([])
        match = _FRAME.match(text)
        if match and threads and not is_ours(match["file"]):
            threads[-1].append((match["file"], int(match["line"]), match["name"]))
    suffix = os.sep + file.replace("/", os.sep)
    chosen = next((frames for frames in threads if any(name.endswith(suffix) for name, _, _ in frames)), [])
    if not chosen:
        return "", None
    line = next(number for name, number, _ in chosen if name.endswith(suffix))
    lines = [f'  File "{name}", line {number}, in {function}' for name, number, function in reversed(chosen)]
    return clip("It was here when it was stopped (most recent call last):\n" + "\n".join(lines) + "\n"), line
