"""
The floor for bash attempts: how many processes a second os.posix_spawn starts and reaps, nothing around it.
    python bench/raw/spawn.py [--count 2000] [--in-flight 4] [--command :]
"""
import argparse
import json
import os
import shutil
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=4)
    parser.add_argument("--command", default=":")
    options = parser.parse_args()
    bash = shutil.which("bash") or "/bin/bash"
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    begun = time.monotonic()
    started = ended = 0
    while ended < options.count:
        while started < options.count and started - ended < options.in_flight:
            os.posix_spawn(bash, ["bash", "-c", options.command], os.environb, file_actions=actions, setsid=True)
            started += 1
        os.waitpid(-1, 0)
        ended += 1
    seconds = time.monotonic() - begun
    print(json.dumps({"what": "posix_spawn", "count": options.count, "in_flight": options.in_flight, "per_second": round(options.count / seconds, 1)}))


main()
