"""
The floor for loading DAG files: a warm interpreter forks one child per file, two at a time, that runs the file and ends.
    python bench/raw/parse.py FOLDER
"""
import gc
import json
import os
import runpy
import sys
import time

import vortex


def main() -> None:
    files = sorted(os.path.join(sys.argv[1], name) for name in os.listdir(sys.argv[1]) if name.endswith(".py"))
    for name in ("BashOperator", "EmptyOperator", "PythonOperator", "TaskGroup"):
        getattr(vortex, name)
    gc.collect()
    gc.freeze()
    begun = time.monotonic()
    running = 0
    for path in files:
        if running == os.cpu_count():
            os.waitpid(-1, 0)
            running -= 1
        if os.fork() == 0:
            runpy.run_path(path)
            os._exit(0)
        running += 1
    while running:
        os.waitpid(-1, 0)
        running -= 1
    print(json.dumps({"what": "parse", "files": len(files), "ms": (time.monotonic() - begun) * 1000}))


main()
