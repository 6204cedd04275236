"""One task alone, with its tries, whatever is above it: the fixture vortex_task, and `vortex tasks test`."""

from __future__ import annotations

from typing import Any, Dict

from vortex.definitions.dag import DAG
from vortex.definitions.not_given import NOTSET
from vortex.execution import xcom_codec
from vortex.testing.channel import XCOM_CAP_BYTES
from vortex.testing.dag_test import read_date
from vortex.testing.local_run import LocalRun
from vortex.testing.runner import Runner
from vortex.testing.store import Store
from vortex.timezone import utcnow


def run_single(
    task: Any, store: Store, check: bool, xcoms: Dict[Any, Any], options: Dict[str, Any], *, debug: Any = None, quiet: bool = False
) -> Any:
    """Its task instance, run with its tries. `options`: logical_date, conf, run_id, variables, connections, sleep, map_index."""
    operator = getattr(task, "operator", task)
    if not operator.has_dag():
        DAG("adhoc", schedule=None).add_task(operator)
    options = dict(options)
    store.take(options.pop("variables", None), options.pop("connections", None))
    sleep, map_index = options.pop("sleep", False), options.pop("map_index", -1)
    run = prepare_run(operator.dag, store, xcoms, options)
    instance = run.instances.at(operator.task_id, map_index) or run.instances.by_task[operator.task_id][0]
    if operator.is_mapped and instance.map_index < 0:
        # How many there are depends on what was not run; this one is asked for.
        instance.map_index = max(0, map_index)
    Runner(run, sleep=sleep, quiet=quiet, debug={operator.task_id: debug} if debug is not None else None).run_one(instance)
    run.state = "failed" if instance.state == "failed" else "success"
    if check:
        run.check()
    return run.task(operator.task_id, instance.map_index)


def prepare_run(dag: Any, store: Store, xcoms: Dict[Any, Any], options: Dict[str, Any]) -> LocalRun:
    """A run in which nothing has run, with XComs as if tasks had left them."""
    unknown = set(options) - {"logical_date", "conf", "run_id"}
    if unknown:
        raise TypeError(f"a task is run without the argument {sorted(unknown)[0]!r}")
    date = options.get("logical_date", NOTSET)
    run = LocalRun.create(
        dag, store, logical_date=utcnow() if date is NOTSET else read_date(date), conf=options.get("conf"), run_id=options.get("run_id")
    )
    store.add_run(run)
    for place, value in xcoms.items():
        task_id, key = place if isinstance(place, tuple) else (place, "return_value")
        run.xcoms[(dag.get_task(task_id).task_id, -1, key)] = xcom_codec.encode(value, XCOM_CAP_BYTES, key)
    return run
