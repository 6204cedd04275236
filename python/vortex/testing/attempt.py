"""
One attempt in this process, by vortex.execution as on a worker. What an attempt changes in a process of its own is put back here:
environment, current context, sources of Variables and connections, the alarm of a timeout, and the task itself, of which each attempt
renders a copy.
"""

from __future__ import annotations

import bdb
import copy
import os
import signal
import sys
import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Dict, Iterator, Tuple

from vortex.definitions.authoring_context import DagContext
from vortex.definitions.dependencies import Node
from vortex.definitions.expand_input import ExpandInput
from vortex.definitions.xcom_arg import MAX_DEPTH
from vortex.execution import connections, current_context, execute, masking, variables
from vortex.execution.outcome import outcome_of
from vortex.testing.channel import MemoryChannel
from vortex.testing.output import TaskOutput

# These end the run rather than a task.
_ENDS_ALL = (KeyboardInterrupt, bdb.BdbQuit)


def run_attempt(run: Any, instance: Any, *, quiet: bool = False, debug: Any = None) -> Tuple[Dict[str, Any], MemoryChannel]:
    """
    The result document of vortex.execution.execute, and the channel with what was told. The instance gets log and error. `debug`: called
    before the task, in its process.
    """
    channel = MemoryChannel(run.store, run, instance)
    job = run.job(instance)
    with own_surroundings(run, instance.task_id), TaskOutput(run.store.masked, quiet) as output:
        if debug is not None:
            debug()
        try:
            result = execute(job, loaded_of(run), channel)
            instance.error = _error()
        except _ENDS_ALL:
            raise
        except Exception as error:  # noqa: BLE001 - as in a child of the host, where whatever escapes is the attempt's failure
            result = {**outcome_of(error), "xcoms": [], "skip_task_ids": []}
            instance.error = error
    instance.log = (instance.log + output.text)[-64 * 1024 :]
    if isinstance(instance.error, _ENDS_ALL):
        raise instance.error
    return result, channel


def _error() -> Any:
    context = current_context._current
    return None if context is None else context.get("exception")


def loaded_of(run: Any) -> Any:
    """What the loader would have made of the DAG's file (vortex.loading.load_file.LoadedFile)."""
    path = os.path.abspath(run.dag.fileloc or os.path.join(os.getcwd(), "dag.py"))
    root = run.root or getattr(run.dag, "loaded_root", None) or os.path.dirname(path)
    return SimpleNamespace(root=root, path=path, file=os.path.basename(path), dags={run.dag_id: run.dag})


@contextmanager
def own_surroundings(run: Any, task_id: str) -> Iterator[None]:
    """For the time of the block the DAG holds a copy of the task."""
    dag, environment = run.dag, dict(os.environ)
    before = (current_context._current, variables._source, connections._source, masking._channel)
    task = dag.task_dict.get(task_id)
    handlers = _handlers()
    if task is not None:
        dag.task_dict[task_id] = _copy_of(task)
    # Operators of mapped instances are made now, and belong to no `with DAG` block around the test.
    DagContext.push(None)
    current_context.set_current_context(None)
    try:
        yield
    finally:
        DagContext.pop()
        if task is not None:
            dag.task_dict[task_id] = task
        current_context.set_current_context(before[0])
        variables.use_source(before[1])
        connections.use_source(before[2])
        masking._channel = before[3]
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if os.environ != environment:
            for name in set(os.environ) - set(environment):
                del os.environ[name]
            os.environ.update(environment)
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "flush"):
                stream.flush()


def _copy_of(task: Any) -> Any:
    """With template fields of its own: rendering changes what they hold, down to the fields of nested objects."""
    made = copy.copy(task)
    for name in (*task.template_fields, "_function_kwargs"):
        if name in vars(task):
            setattr(made, name, _own(vars(task)[name], 0))
    return made


def _own(value: Any, depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH or isinstance(value, (Node, ExpandInput, type)):
        return value
    if kind in (list, set):
        return kind(_own(item, depth + 1) for item in value)
    if kind is tuple:
        return tuple(_own(item, depth + 1) for item in value)
    if kind is dict:
        return {key: _own(item, depth + 1) for key, item in value.items()}
    fields = getattr(value, "template_fields", None)
    if isinstance(fields, (list, tuple)) and hasattr(value, "__dict__"):
        made = copy.copy(value)
        for name in fields:
            if name in vars(value):
                setattr(made, name, _own(vars(value)[name], depth + 1))
        return made
    return value


def _handlers() -> Dict[int, Any]:
    number = getattr(signal, "SIGALRM", None)
    if number is None or threading.current_thread() is not threading.main_thread():
        return {}
    found = signal.getsignal(number)
    return {} if found is None else {number: found}
