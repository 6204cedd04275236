"""Limits of one parse child, and how a process takes them on. Each is a guard against a DAG file, not against an attacker."""
from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Any, Dict, Optional

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


# The answer of one parse. 64 MiB holds a DAG of about 50,000 tasks; what is larger would stall the server and every browser.
MAX_RESULT_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one import may use."""

    # Airflow's dagbag_import_timeout. Longer work belongs into a task.
    wall_seconds: float = 30.0
    # Address space beyond the host's own: enough for pandas and torch imports, too little to take the machine down.
    memory_bytes: int = 2 * 1024**3
    # Processor time of one process: twice the wall time lets a file use threads, and ends what escaped the wall limit.
    cpu_seconds: int = 0
    # The largest file that an import may write.
    file_bytes: int = 256 * 1024**2
    # Processes that an import and its descendants may start.
    processes: int = 256
    # Output that is kept for the author; the rest is read and dropped.
    output_bytes: int = 64 * 1024

    @staticmethod
    def of(document: Optional[Dict[str, Any]]) -> "Limits":
        known = {field.name for field in fields(Limits)}
        unknown = set(document or {}) - known
        if unknown:
            raise ValueError(f"unknown limits: {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
        return Limits(**(document or {}))

    def cpu_limit(self) -> int:
        return self.cpu_seconds or int(self.wall_seconds * 2) + 1


def apply_limits(limits: Limits, own_memory: int, own_processes: Optional[int]) -> None:
    """In the child, before the author's code. A limit that the system refuses is left as it was."""
    if resource is None:
        return
    memory = own_memory + limits.memory_bytes
    # 64 MiB between the soft and the hard limit let the child report a MemoryError (see `raise_memory_limit`).
    _set(resource.RLIMIT_AS, memory, memory + 64 * 1024**2)
    _set(resource.RLIMIT_CPU, limits.cpu_limit(), limits.cpu_limit() + 1)
    _set(resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes)
    _set(resource.RLIMIT_CORE, 0, 0)
    if os.getuid() != 0 and own_processes is not None:
        # Counts every thread of the user; root is not bound by it, so the audit hook and the host count as well.
        _set(resource.RLIMIT_NPROC, own_processes + limits.processes, own_processes + limits.processes)


def raise_memory_limit() -> None:
    if resource is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    _set(resource.RLIMIT_AS, hard, hard)


def _set(kind: int, soft: int, hard: int) -> None:
    _, highest = resource.getrlimit(kind)
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (ValueError, OSError):
        pass


def address_space_bytes() -> int:
    """Address space of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def user_process_count() -> int:
    """Threads of this user, which is what RLIMIT_NPROC counts; an estimate where /proc is missing."""
    total = 0
    uid = os.getuid() if hasattr(os, "getuid") else 0
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return 1000
    for name in names:
        try:
            if os.stat(f"/proc/{name}").st_uid == uid:
                total += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return total
