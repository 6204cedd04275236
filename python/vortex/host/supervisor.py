"""
The loop of a host: one thread, one selector, all attempts of this process.

Life of an attempt: running -> leader exited -> log closed and no process left -> `ended` is sent.
- The exit of the leader decides the result. A process that outlives it may keep the log open for OPEN_PIPE_SECONDS; then it is killed.
- Ending one (kill, timeout): TERM to the tree, KILL after the grace. Lease over or worker gone: KILL at once.
- The tree is the leader's group, everything below the leader, and orphans that came to us because we are their subreaper. An orphan
  belongs to the attempt whose mark or session it carries. One that shed both is killed when no other attempt is left to own it.
"""
from __future__ import annotations

import os
import selectors
import signal
from typing import Any, Callable, Dict, List, Optional, Set

from vortex.host import clocks
from vortex.host.attempt import KILLED, LEASE, OPEN_PIPE_SECONDS, RSS_UNIT, TIMEOUT, WORKER_GONE, Attempt
from vortex.host.clocks import monotonic
from vortex.host.frames import JSON
from vortex.host.linux import IS_LINUX
from vortex.host.link import HIGH_WATER_BYTES, LOW_WATER_BYTES, Link
from vortex.host.process_tree import Process, descendants, kill_exactly, look_up, own_children, read_mark
from vortex.host.timers import Timers

READ_BYTES = 64 * 1024
# After an exit at most this much of the pipe is read in one go: a pipe holds 64 KiB, unless the task enlarged it.
DRAIN_BYTES = 1024 * 1024
# Between two looks at processes that must die. SIGKILL needs no more, unless the process waits for a device.
KILL_AGAIN_SECONDS = 0.02
# The monotonic clock stands still while the machine sleeps, so a lease is looked at this often.
LEASE_LOOK_SECONDS = 1.0

class Supervisor:
    def __init__(self, link: Link) -> None:
        self.link = link
        self.attempts: Dict[int, Attempt] = {}
        self.by_pid: Dict[int, Attempt] = {}
        # Children that are no attempts: task hosts, waiting children, cleaners.
        self.own_children: Set[int] = set()
        self.stopping = False
        self._settling: Set[int] = set()
        self.timers = Timers()
        self._lease_ends: Optional[float] = None
        self._lease_over = False
        self._paused_by_worker = False
        self._paused = False
        self._writing = False
        self.worker_gone = False
        self._child_ended = True
        self.selector = selectors.DefaultSelector()
        self.selector.register(link.socket, selectors.EVENT_READ, self._on_link)
        self._wakeup_read, self._wakeup_write = os.pipe()
        os.set_blocking(self._wakeup_read, False)
        os.set_blocking(self._wakeup_write, False)
        self.selector.register(self._wakeup_read, selectors.EVENT_READ, self._on_wakeup)
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)

    # What a kind of host adds.

    def on_message(self, message: Dict[str, Any]) -> None:
        raise NotImplementedError

    def on_own_child_exit(self, pid: int, status: int) -> None:
        """A child of `own_children` was reaped."""

    def on_turn(self) -> None:
        """After the events of one turn, when they have gone out: what nobody waits for. Sends nothing."""

    # The loop.

    def run(self) -> None:
        self._flush()
        self.on_turn()
        while not (self.stopping and not self.attempts):
            for key, events in self.selector.select(self._sleep_seconds()):
                key.data(events)
            self._run_timers()
            if self._child_ended:
                self._child_ended = False
                self._reap()
            self._flush()
            self.on_turn()
        self.link.flush()

    def _sleep_seconds(self) -> Optional[float]:
        sleep = self.timers.seconds_to_next()
        if self._lease_ends is not None and self.attempts and not self._lease_over:
            left = min(LEASE_LOOK_SECONDS, max(0.0, self._lease_ends - clocks.lease_clock()))
            sleep = left if sleep is None else min(sleep, left)
        return sleep

    def _run_timers(self) -> None:
        self.timers.run_due()
        if self.lease_is_over() and not self._lease_over:
            self._lease_over = True
            self.end_all(LEASE, "killed: the worker lost contact with its controller, and the lease of this attempt ended")

    def _flush(self) -> None:
        self.link.flush()
        if self.link.closed:
            self._on_worker_gone()
            return
        writing = self.link.waiting_bytes > 0
        if writing != self._writing:
            self._writing = writing
            self.selector.modify(self.link.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0), self._on_link)
        limit = LOW_WATER_BYTES if self._paused else HIGH_WATER_BYTES
        self._pause(self._paused_by_worker or self.link.waiting_bytes > limit)

    def _pause(self, paused: bool) -> None:
        if paused == self._paused:
            return
        self._paused = paused
        for attempt in self.attempts.values():
            if attempt.pipe >= 0 and paused:
                self.selector.unregister(attempt.pipe)
            elif attempt.pipe >= 0:
                self._listen(attempt)

    # The worker.

    def _on_link(self, events: int) -> None:
        if not events & selectors.EVENT_READ:
            return
        for kind, message in self.link.receive():
            if kind == JSON:
                self._dispatch(message)
        if self.link.closed:
            self._on_worker_gone()

    def _dispatch(self, message: Dict[str, Any]) -> None:
        kind = message["t"]
        if kind == "kill":
            attempt = self.attempts.get(message["n"])
            if attempt is not None:
                self.end(attempt, KILLED, message["reason"], message["grace_ms"])
        elif kind == "lease":
            self._renew(message["valid_ms"], message["sent_at_ms"])
        elif kind == "flow":
            self._paused_by_worker = message["paused"]
        elif kind == "stop":
            self.stopping = True
            self.end_all(KILLED, "killed: the worker stops")
        else:
            self.on_message(message)

    def _renew(self, valid_ms: Optional[float], sent_at_ms: float) -> None:
        if valid_ms is None:
            self._lease_ends = None
        else:
            self._lease_ends = clocks.lease_clock() + valid_ms / 1000 - clocks.age_of(sent_at_ms / 1000)
        self._lease_over = False

    def lease_is_over(self) -> bool:
        return self._lease_ends is not None and clocks.lease_clock() >= self._lease_ends

    def _on_worker_gone(self) -> None:
        if self.worker_gone:
            return
        self.worker_gone = True
        self.stopping = True
        self.selector.unregister(self.link.socket)
        self.link.socket.close()
        self.end_all(WORKER_GONE, "killed: the worker is gone")

    # Attempts.

    def watch(self, attempt: Attempt) -> None:
        """Takes a started attempt under supervision: `pid` and `pipe` are set."""
        self.attempts[attempt.number] = attempt
        self.by_pid[attempt.pid] = attempt
        os.set_blocking(attempt.pipe, False)
        if not self._paused:
            self._listen(attempt)
        self.link.send({"t": "started", "n": attempt.number, "pid": attempt.pid, "start_time": attempt.start_time})

    def at(self, attempt: Attempt, when: float, callback: Callable[[], None]) -> None:
        """Unless the attempt has ended before."""
        # A process that can't be killed yet is looked at again and again: those that ran are dropped.
        attempt.timers = [timer for timer in attempt.timers if timer.callback is not None]
        attempt.timers.append(self.timers.at(when, callback))

    def limit_time(self, attempt: Attempt) -> None:
        if attempt.timeout_ms:
            reason = f"timed out after {attempt.timeout_ms / 1000:g} s (execution_timeout)"
            self.at(attempt, monotonic() + attempt.timeout_ms / 1000, lambda: self.end(attempt, TIMEOUT, reason, attempt.grace_ms))

    def end_all(self, kind: str, reason: str) -> None:
        for attempt in list(self.attempts.values()):
            self.end(attempt, kind, reason, 0)

    def end(self, attempt: Attempt, kind: str, reason: str, grace_ms: int) -> None:
        if attempt.done:
            return
        if attempt.exit_status is not None and attempt.ending is None:
            # Its result stands; only what it left behind is cut short.
            attempt.close_at = monotonic()
            self._settle(attempt)
            return
        kill_at = monotonic() + grace_ms / 1000
        if attempt.ending is None:
            attempt.ending, attempt.ending_reason, attempt.kill_at = kind, reason, kill_at
            if grace_ms > 0:
                self.terminate(attempt)
        attempt.kill_at = min(attempt.kill_at, kill_at)
        attempt.close_at = min(attempt.close_at, attempt.kill_at)
        if grace_ms > 0:
            self.at(attempt, attempt.kill_at, lambda: self._kill(attempt))
        else:
            self._kill(attempt)

    def terminate(self, attempt: Attempt) -> None:
        self.signal_tree(attempt, signal.SIGTERM)

    def _kill(self, attempt: Attempt) -> None:
        """Until nothing is left: a tree that forks while it is killed may escape the first round."""
        if attempt.done:
            return
        if attempt.exit_status is None:
            self.signal_tree(attempt, signal.SIGKILL)
            self.at(attempt, monotonic() + KILL_AGAIN_SECONDS, lambda: self._kill(attempt))
        else:
            self._settle(attempt)

    def signal_tree(self, attempt: Attempt, number: int) -> None:
        if attempt.exit_status is None:
            below = descendants(attempt.pid)
            signal_leader(attempt.pid, number)
            for process in below.values():
                if process.group != attempt.pid:
                    kill_exactly(process, number)
        for orphan in self.orphans_of(attempt):
            self._signal_with_descendants(orphan, number)

    def _signal_with_descendants(self, process: Process, number: int) -> None:
        below = descendants(process.pid)
        kill_exactly(process, number)
        for child in below.values():
            kill_exactly(child, number)

    def orphans_of(self, attempt: Attempt) -> List[Process]:
        found = []
        for pid in own_children():
            if pid in self.by_pid or pid in self.own_children:
                continue
            process = look_up(pid)
            if process is not None and process.state != "Z" and self._owns(attempt, process):
                found.append(process)
        return found

    def _owns(self, attempt: Attempt, process: Process) -> bool:
        mark = read_mark(process.pid)
        if mark == attempt.attempt_id or process.session == attempt.pid:
            return True
        return not any(
            mark == other.attempt_id or process.session == other.pid or not mark for other in self.attempts.values() if other is not attempt
        )

    # Output and exit.

    def _listen(self, attempt: Attempt) -> None:
        self.selector.register(attempt.pipe, selectors.EVENT_READ, lambda _events: self._on_output(attempt))

    def _on_output(self, attempt: Attempt) -> None:
        if self._read(attempt) == 0:
            self._settle(attempt)

    def _read(self, attempt: Attempt) -> int:
        """Bytes read; 0 = the log is closed, -1 = nothing there now."""
        if attempt.pipe < 0:
            return 0
        try:
            data = os.read(attempt.pipe, READ_BYTES)
        except BlockingIOError:
            return -1
        if not data:
            self._close_pipe(attempt)
            return 0
        attempt.output.feed(data)
        return len(data)

    def _drain(self, attempt: Attempt) -> None:
        left = DRAIN_BYTES
        while left > 0:
            count = self._read(attempt)
            if count <= 0:
                return
            left -= count

    def _close_pipe(self, attempt: Attempt) -> None:
        if attempt.pipe >= 0:
            if not self._paused:
                self.selector.unregister(attempt.pipe)
            os.close(attempt.pipe)
            attempt.pipe = -1

    def _on_wakeup(self, _events: int) -> None:
        self._child_ended = True
        try:
            os.read(self._wakeup_read, 4096)
        except BlockingIOError:
            pass

    def _reap(self) -> None:
        strangers = False
        while True:
            try:
                # Looked at first, reaped after: as long as the leader is a zombie its number can't be given to another.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if ended is None:
                break
            attempt = self.by_pid.get(ended.si_pid)
            if attempt is not None:
                self._on_leader_exit(attempt)
                continue
            _, status = os.waitpid(ended.si_pid, 0)
            if ended.si_pid in self.own_children:
                self.own_children.discard(ended.si_pid)
                self.on_own_child_exit(ended.si_pid, status)
            else:
                strangers = True
        if strangers:
            for number in list(self._settling):
                self._settle(self.attempts[number])

    def _on_leader_exit(self, attempt: Attempt) -> None:
        self._drain(attempt)
        if not IS_LINUX:
            signal_leader(attempt.pid, signal.SIGKILL)
        _, status, usage = os.wait4(attempt.pid, 0)
        del self.by_pid[attempt.pid]
        attempt.exit_status = status
        attempt.max_rss_bytes = usage.ru_maxrss * RSS_UNIT
        attempt.close_at = attempt.kill_at if attempt.ending else monotonic() + OPEN_PIPE_SECONDS
        self._settling.add(attempt.number)
        self._settle(attempt)
        if not attempt.done:
            self.at(attempt, attempt.close_at, lambda: self._settle(attempt))

    def _settle(self, attempt: Attempt) -> None:
        """Ends an attempt whose leader is gone as soon as its log is closed and nothing of it lives."""
        if attempt.done or attempt.exit_status is None:
            return
        now = monotonic()
        if attempt.pipe >= 0 and now < attempt.close_at:
            return
        orphans = self.orphans_of(attempt)
        if orphans:
            if attempt.ending and now < attempt.kill_at:
                return
            for orphan in orphans:
                self._signal_with_descendants(orphan, signal.SIGKILL)
            self.at(attempt, now + KILL_AGAIN_SECONDS, lambda: self._settle(attempt))
            return
        self._finish(attempt)

    def _finish(self, attempt: Attempt) -> None:
        self._drain(attempt)
        self._close_pipe(attempt)
        attempt.done = True
        for timer in attempt.timers:
            self.timers.cancel(timer)
        attempt.output.finish()
        self._settling.discard(attempt.number)
        del self.attempts[attempt.number]
        self.link.send(attempt.end_document())
        attempt.on_finished()


def signal_leader(pid: int, number: int) -> None:
    """The group of an unreaped leader; the leader alone if it did not make its session yet. Never our own group."""
    if pid <= 1 or pid == os.getpgrp():
        return
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)
    except PermissionError:
        os.kill(pid, number)


def _wake(_number: int, _frame: Any) -> None:
    """The wakeup descriptor does the work; without a handler SIGCHLD would be ignored."""
