"""
The floor for Python attempts: how many children a second a warm interpreter forks and reaps, with the named modules imported.
    python bench/raw/fork.py [--count 2000] [--in-flight 2] [--modules jinja2,pendulum] [--path FOLDER] [--file DAG_FILE]
"""
import argparse
import gc
import importlib
import json
import os
import runpy
import sys
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=2)
    parser.add_argument("--modules", default="jinja2,jinja2.sandbox,pendulum,dateutil.parser")
    parser.add_argument("--path", default="")
    parser.add_argument("--file", default="")
    options = parser.parse_args()
    if options.path:
        sys.path.insert(0, options.path)
    imported = []
    for name in filter(None, options.modules.split(",")):
        try:
            importlib.import_module(name)
            imported.append(name)
        except ImportError:
            continue
    held = runpy.run_path(options.file) if options.file else None
    gc.collect()
    gc.freeze()
    begun = time.monotonic()
    started = ended = 0
    while ended < options.count:
        while started < options.count and started - ended < options.in_flight:
            if os.fork() == 0:
                os._exit(0)
            started += 1
        os.waitpid(-1, 0)
        ended += 1
    seconds = time.monotonic() - begun
    result = {"what": "fork", "count": options.count, "in_flight": options.in_flight, "modules": imported, "per_second": round(options.count / seconds, 1)}
    del held
    print(json.dumps(result))


main()
