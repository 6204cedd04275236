"""
`--debug TASK`: the task waits for a debugger before it begins. It is debugpy's, the user's own package, which VS Code and others
speak with (the Debug Adapter Protocol).
"""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

from vortex.exceptions import AirflowFailException
from vortex.task_log import say

# What `vortex run --debug` sets for the worker's hosts: `TASK_ID=HOST:PORT`.
VARIABLE = "DEBUG_OF_VORTEX_TASK"
DEFAULT_HOST = "127.0.0.1"


class DebuggerMissing(AirflowFailException):
    """The Python that runs the tasks lacks debugpy. A retry would not help."""


def wait_for_debugger(name: str, address: Optional[str] = None) -> None:
    """
    Listens on `address` (HOST:PORT, PORT or None = a free port of 127.0.0.1), says where, and returns once a debugger has attached. Whoever
    reaches the port can run code as this user. Raises DebuggerMissing, and AirflowFailException if the address cannot be had.
    """
    # Otherwise it warns of Python's own modules, which nobody steps through.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        import debugpy
    except ImportError:
        raise DebuggerMissing(
            f"--debug {name} needs the package debugpy in the Python that runs the task: {sys.executable} -m pip install debugpy"
        ) from None
    wanted = _address(address)
    try:
        # Its adapter is a process of its own, in which Python must not be told where the task's modules are.
        host, port = debugpy.listen(wanted)
    except Exception as error:  # noqa: BLE001 - debugpy raises RuntimeError and more, with the reason in words
        raise AirflowFailException(f"--debug {name}: no debugger can be waited for on {wanted[0]}:{wanted[1]}: {error}") from None
    say(
        f"Waiting for a debugger on {host}:{port}, for the task {name}. In VS Code: Python Debugger: Remote Attach, {host}, port {port}.\n"
    )
    debugpy.wait_for_client()
    say("A debugger has attached.\n")


def debug_if_asked(task_id: str) -> Optional[str]:
    """In a task host of `vortex run --debug`: waits if this task is the one. Returns why no debugger can be waited for, or None."""
    wanted, _, address = os.environ.get(VARIABLE, "").partition("=")
    try:
        if wanted == task_id:
            wait_for_debugger(task_id, address)
    except AirflowFailException as error:
        say(f"{error}\n")
        return str(error)
    return None


def _address(text: Optional[str]) -> Any:
    host, colon, port = (text or "").rpartition(":")
    if text and not colon:
        host, port = "", text
    if port and not port.isdigit():
        raise AirflowFailException(f"--debug: {text!r} is no HOST:PORT.")
    return host or DEFAULT_HOST, int(port or 0)
