"""One attempt as its host sees it, and the document that ends it. Bash and Python attempts differ in how they read an exit."""
from __future__ import annotations

import os
import signal
import sys
from typing import Any, Dict, List, Optional

from vortex.host.clocks import monotonic
from vortex.host.masking import Masker, shown_reason
from vortex.host.output import Output
from vortex.host.timers import Timer

# Why a host itself ends an attempt. `lease` and `worker_gone` are not waited for: the tree is killed at once.
KILLED, TIMEOUT, LEASE, WORKER_GONE = "killed", "timeout", "lease_lost", "worker_gone"

# How long a process that outlives its attempt's leader may keep the log open.
OPEN_PIPE_SECONDS = 2.0

# Linux counts peaks in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024

DEFAULT_GRACE_MS = 10_000


class Attempt:
    def __init__(self, message: Dict[str, Any], link: Any) -> None:
        self.number: int = message["n"]
        self.attempt_id: str = message["attempt_id"]
        self.timeout_ms: int = message["execution_timeout_ms"]
        self.grace_ms: int = message.get("grace_ms", DEFAULT_GRACE_MS)
        self.xcom_cap_bytes: int = message["xcom_cap_bytes"]
        values = [value for value in message["secrets"].values() if value]
        self.masker: Optional[Masker] = Masker(values) if values else None
        number = self.number
        self.output = Output(
            lambda data: link.send_log(number, data),
            message["log_cap_bytes"],
            self.masker,
            self.xcom_cap_bytes if message.get("push_xcom") else 0,
            lambda ms: link.send({"t": "log_age", "n": number, "ms": ms}),
        )
        self.pid = 0
        # Read end of the merged stdout and stderr; -1 = closed.
        self.pipe = -1
        self.started = monotonic()
        # Clock ticks since boot, as /proc tells them: with the pid the identity of the leader. 0 = not known.
        self.start_time = 0
        # Set once the host decided to end it.
        self.ending: Optional[str] = None
        self.ending_reason = ""
        self.kill_at = 0.0
        # Set once its leader was reaped.
        self.exit_status: Optional[int] = None
        self.close_at = 0.0
        self.max_rss_bytes = 0
        self.done = False
        # Taken back when it ends, or each would be kept until its execution_timeout.
        self.timers: List[Timer] = []

    def mask(self, values: List[str]) -> None:
        """Takes values out of the log that the attempt was given while it runs."""
        if self.masker is None:
            self.masker = self.output.masker = Masker(values)
        else:
            self.masker.add(values)

    def outcome(self) -> Dict[str, Any]:
        """What the exit of the leader means; called once, when nothing of the attempt is alive."""
        raise NotImplementedError

    def on_finished(self) -> None:
        """Gives back what the attempt held."""

    def end_document(self) -> Dict[str, Any]:
        exit_code, signal_name = split_status(self.exit_status)
        document: Dict[str, Any] = {
            "t": "ended",
            "n": self.number,
            "outcome": "failed",
            "exit_code": exit_code,
            "signal": signal_name,
            "reason": "",
            "reason_code": "",
            "xcoms": [],
            "skip_task_ids": [],
            "reschedule_at_ms": 0,
            "deferral_json": "",
            "deferral_timeout_ms": 0,
            "asset_events_json": "",
            "max_rss_bytes": self.max_rss_bytes,
            "log_bytes": self.output.sent_bytes,
            "log_truncated": self.output.dropped_bytes > 0,
            "run_ms": round((monotonic() - self.started) * 1000),
        }
        document.update(self._told() if self.ending else self.outcome())
        document["reason"] = shown_reason(document["reason"], self.masker)
        return document

    def _told(self) -> Dict[str, Any]:
        if self.ending == TIMEOUT:
            return {"reason": self.ending_reason, "reason_code": "timeout"}
        if self.ending == KILLED:
            return {"outcome": "killed", "reason": self.ending_reason, "reason_code": "killed"}
        return {"reason": self.ending_reason, "reason_code": "lease_lost"}

    def died_of_signal(self) -> Optional[Dict[str, Any]]:
        """Words for a leader that a signal ended; None if it exited by itself."""
        exit_code, signal_name = split_status(self.exit_status)
        if exit_code >= 0:
            return None
        number = -self.exit_status_code()
        if number == signal.SIGKILL:
            if _oom_watch.has_grown():
                return {"reason": "out of memory: the system killed it (signal 9); give it more memory, or let it hold less at once", "reason_code": "out_of_memory"}
            return {"reason": "killed by signal 9 (out of memory?)", "reason_code": "signal"}
        return {"reason": f"killed by signal {number} ({signal_name})", "reason_code": "signal"}

    def exit_status_code(self) -> int:
        return os.waitstatus_to_exitcode(self.exit_status) if self.exit_status is not None else -1


def failed_start(message: Dict[str, Any], reason: str, reason_code: str) -> Dict[str, Any]:
    """The end of an attempt that never got a process."""
    return {
        "t": "ended",
        "n": message["n"],
        "outcome": "failed",
        "exit_code": -1,
        "signal": "",
        "reason": reason,
        "reason_code": reason_code,
        "xcoms": [],
        "skip_task_ids": [],
        "reschedule_at_ms": 0,
        "deferral_json": "",
        "deferral_timeout_ms": 0,
        "asset_events_json": "",
        "max_rss_bytes": 0,
        "log_bytes": 0,
        "log_truncated": False,
        "run_ms": 0,
    }


def split_status(status: Optional[int]) -> "tuple[int, str]":
    """(exit code, signal name); the code is -1 when a signal ended it or it never started."""
    if status is None:
        return -1, ""
    code = os.waitstatus_to_exitcode(status)
    return (code, "") if code >= 0 else (-1, signal_name_of(-code))


def signal_name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


class _OomWatch:
    """Has the kernel killed for memory since we last looked? Read when a child dies of SIGKILL only: reading takes 50 us."""

    def __init__(self) -> None:
        self._seen = oom_kills()

    def has_grown(self) -> bool:
        before, self._seen = self._seen, oom_kills()
        return self._seen > before


def oom_kills() -> int:
    """How often the kernel killed for memory since it started (Linux 4.13 and later); 0 where nobody counts."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        with open("/proc/vmstat", "rb") as stream:
            text = stream.read()
        at = text.index(b"\noom_kill ")
        return int(text[at + 10 : text.index(b"\n", at + 1)])
    except (OSError, ValueError):
        return 0


_oom_watch = _OomWatch()
