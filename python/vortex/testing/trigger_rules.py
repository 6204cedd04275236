"""
What becomes of a task, given the states of the tasks directly above it. Twin of server/domain/triggerRule.ts for runs without a server;
both are tested by the same 13,687 answers of Airflow's own trigger rule dependency (tests/airflow_reference/trigger_rules.jsonl).
"""

from __future__ import annotations

from dataclasses import dataclass

FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass
class UpstreamCounts:
    """How many direct upstream task instances are in which finished state. Unfinished ones only count in `total`."""

    total: int = 0
    success: int = 0
    skipped: int = 0
    failed: int = 0
    upstream_failed: int = 0
    removed: int = 0
    setup_total: int = 0
    setup_success: int = 0
    setup_skipped: int = 0

    def add(self, state: str, is_setup: bool, times: int = 1) -> None:
        self.total += times
        if state in FINISHED:
            setattr(self, state, getattr(self, state) + times)
        if is_setup:
            self.setup_total += times
            self.setup_success += times if state == "success" else 0
            self.setup_skipped += times if state == "skipped" else 0

    @property
    def failures(self) -> int:
        return self.failed + self.upstream_failed

    @property
    def done(self) -> bool:
        return self.success + self.skipped + self.failures + self.removed == self.total


def decide(rule: str, c: UpstreamCounts) -> str:
    """`wait` (undecided), `run`, or the final state that the rule gives. A task without upstreams always runs."""
    if c.total == 0 or rule == "always":
        return "run"
    return _RULES[rule](c)


def _all_success(c: UpstreamCounts) -> str:
    if c.failures:
        return "upstream_failed"
    if c.skipped:
        return "skipped"
    return "run" if c.success + c.removed == c.total else "wait"


def _all_failed(c: UpstreamCounts) -> str:
    if c.success or c.skipped:
        return "skipped"
    return "run" if c.failures + c.removed == c.total else "wait"


def _all_done(c: UpstreamCounts) -> str:
    return "run" if c.done else "wait"


def _all_done_min_one_success(c: UpstreamCounts) -> str:
    if c.skipped:
        return "skipped"
    if not c.done:
        return "wait"
    return "run" if c.success else "upstream_failed"


def _all_skipped(c: UpstreamCounts) -> str:
    if c.success or c.failures:
        return "skipped"
    return "run" if c.skipped + c.removed == c.total else "wait"


def _without_success(c: UpstreamCounts) -> str:
    return "skipped" if c.skipped == c.total else "upstream_failed"


def _one_success(c: UpstreamCounts) -> str:
    if c.success:
        return "run"
    return _without_success(c) if c.done else "wait"


def _one_failed(c: UpstreamCounts) -> str:
    if c.failures:
        return "run"
    return "skipped" if c.done else "wait"


def _one_done(c: UpstreamCounts) -> str:
    if c.success + c.failed:
        return "run"
    return "skipped" if c.done else "wait"


def _none_failed(c: UpstreamCounts) -> str:
    if c.failures:
        return "upstream_failed"
    return "run" if c.done else "wait"


def _none_failed_min_one_success(c: UpstreamCounts) -> str:
    if c.failures:
        return "upstream_failed"
    if not c.done:
        return "wait"
    return "run" if c.success else _without_success(c)


def _none_skipped(c: UpstreamCounts) -> str:
    if c.skipped:
        return "skipped"
    return "run" if c.done else "wait"


def _all_done_setup_success(c: UpstreamCounts) -> str:
    if not c.done:
        return "wait"
    if c.setup_total and c.setup_skipped == c.setup_total:
        return "skipped"
    if c.setup_total and not c.setup_success:
        return "upstream_failed"
    return "run"


_RULES = {
    "all_success": _all_success,
    "all_failed": _all_failed,
    "all_done": _all_done,
    "all_done_min_one_success": _all_done_min_one_success,
    "all_skipped": _all_skipped,
    "one_success": _one_success,
    "one_failed": _one_failed,
    "one_done": _one_done,
    "none_failed": _none_failed,
    "none_failed_min_one_success": _none_failed_min_one_success,
    "none_skipped": _none_skipped,
    "all_done_setup_success": _all_done_setup_success,
}
