"""
Process hosts: the Python side of a worker. Everything an author writes runs below these processes, never inside the worker.

  worker (Node) --starts--> zygote (`python -m vortex.host`, warm, single-threaded)
                              |-- bash children, by posix_spawn, one per attempt
                              |-- trigger hosts, by fork, with an event loop each (trigger_host.py)
                              '-- task hosts, by fork, one per (bundle, DAG file)
                                    '-- waiting children, forked ahead, each runs one attempt and ends

The zygote and every task host speak with the worker over its Unix socket (`frames.py`), each supervises its own children in one
loop (`supervisor.py`), and each kills all of them when the worker is gone or its lease has ended.

Invariants
- After `ended` was sent no process of the attempt is alive: its session, its descendants, and daemons that left both.
- No signal is sent to a process that was not identified by pid and start time, or that is not our unreaped child.
- A process that a host starts inherits no descriptor but its own.
"""
