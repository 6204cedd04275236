"""Whether an interpreter may be forked after a DAG file was imported into it: what the import left behind decides."""
from __future__ import annotations

import os
import sys
import threading
from typing import FrozenSet, Optional

# Libraries whose own documentation warns of fork after import or after first use.
HOSTILE_MODULES = ("grpc", "torch", "tensorflow", "jax", "ray", "cupy", "pycuda", "pyspark.java_gateway", "jpype", "pymongo.mongo_client")


def open_sockets() -> FrozenSet[str]:
    """Sockets that this process holds, as the kernel names them. Empty where /proc is missing."""
    found = set()
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return frozenset()
    for name in names:
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return frozenset(found)


def fork_hazard(sockets_before: FrozenSet[str]) -> Optional[str]:
    """One sentence for the DAG page, or None if forking is fine."""
    if sys.platform == "darwin":
        return "On macOS system libraries may not survive a fork"
    threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if threads:
        return f"The import left {len(threads)} thread(s) running: {', '.join(sorted(threads)[:5])}"
    opened = len(open_sockets() - sockets_before)
    if opened:
        return f"The import left {opened} network connection(s) open"
    hostile = [name for name in HOSTILE_MODULES if name in sys.modules]
    if hostile:
        return f"The import loaded {', '.join(hostile)}, which must not be forked"
    return None
