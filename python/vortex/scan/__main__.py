"""`python -m vortex.scan`: a request as JSON on stdin ({"root", "files", "compat", "memory_bytes"}), the report as JSON on stdout."""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    request = json.load(sys.stdin)
    # Neither this process's folder nor the scanned one is looked at for packages.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    sys.setrecursionlimit(5_000)
    _limit_memory(request["memory_bytes"])
    from vortex.scan.folder import FolderScan

    scan = FolderScan(os.path.abspath(request["root"]), request["compat"])
    for file in request["files"]:
        scan.add(file)
    scan.add_plugins()
    json.dump({**scan.report(), "python": {"executable": sys.executable, "version": ".".join(map(str, sys.version_info[:3]))}}, sys.stdout)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


if __name__ == "__main__":
    main()
