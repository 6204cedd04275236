"""Clocks of a host. Leases use one that goes on while the machine sleeps, so that a laptop that wakes up sees that they ended."""
from __future__ import annotations

import sys
import time

monotonic = time.monotonic

if sys.platform.startswith("linux"):

    def lease_clock() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    lease_clock = time.monotonic


def age_of(sent_at: float) -> float:
    """
    Seconds since the worker sent something, by its monotonic clock. On Linux that is our clock too (CLOCK_MONOTONIC); elsewhere
    the two may differ, and a message counts as new.
    """
    if not sys.platform.startswith("linux"):
        return 0.0
    return max(0.0, time.monotonic() - sent_at)
