"""
The warm interpreter of bench/raw/floor.ts: for each line on stdin it forks a child that computes fibo(N), waits for it, and
answers with the child's clocks. With --file it holds that DAG file.
    python bench/raw/floor.py FIBO [--file DAG_FILE]
"""
import gc
import os
import runpy
import sys
import time


def fibo(n: int) -> int:
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)


def main() -> None:
    number = int(sys.argv[1])
    held = runpy.run_path(sys.argv[3]) if len(sys.argv) > 3 else None
    gc.collect()
    gc.freeze()
    reader, writer = os.pipe()
    os.write(1, b"ready\n")
    while os.read(0, 1):
        child = os.fork()
        if child == 0:
            began = time.monotonic_ns()
            fibo(number)
            os.write(writer, b"%d %d\n" % (began, time.monotonic_ns()))
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, os.read(reader, 100))
    del held


main()
