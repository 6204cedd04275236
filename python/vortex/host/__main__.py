"""`python -m vortex.host`: the zygote of a worker. Started by server/worker/hosts/zygoteProcess.ts only."""
from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import Any, Dict

from vortex.host.child import max_descriptor
from vortex.host.link import Link
from vortex.host.task_host import run_task_host
from vortex.host.zygote import Zygote, hello, prepare_process, warm_up

def main() -> None:
    # Whatever the worker's own parent left open is not for attempts.
    os.closerange(3, max_descriptor())
    prepare_process()
    # By a pipe: arguments and environment can be read by others, and children would inherit them.
    line = sys.stdin.readline()
    if not line:
        sys.exit("vortex.host is started by a worker, which tells it where to connect: use `vortex worker`.")
    setup: Dict[str, Any] = json.loads(line)
    # PYTHONPATH led to this package; attempts get what the user had.
    os.environ.pop("PYTHONPATH", None)
    if setup["python_path"]:
        os.environ["PYTHONPATH"] = setup["python_path"]
    worker = os.getppid()
    rehearse = warm_up()
    link = Link(setup["socket"])
    hello(link, 0, setup["token"])
    def run_host(message: Dict[str, Any]) -> None:
        if message["mode"] == "task":
            run_task_host(message, setup["socket"], rehearse)
        else:
            # asyncio comes with it, which is worth 4 MB of every task host.
            from vortex.host.trigger_host import run_trigger_host

            run_trigger_host(message, setup["socket"])

    zygote = Zygote(link, setup["scratch"], run_host)
    zygote.run()
    if zygote.worker_gone and worker_died(worker):
        shutil.rmtree(os.path.dirname(setup["scratch"]), ignore_errors=True)


def worker_died(worker: int) -> bool:
    """Or did it only let us go? A process that dies closes its sockets a moment before its children get another parent."""
    for _ in range(100):
        if os.getppid() != worker:
            return True
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    main()
