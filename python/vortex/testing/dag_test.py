"""`dag.test()`, `dag.create_dagrun()` and their kin: what vortex.definitions.dag hands on, so that no task host holds it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from vortex import timezone
from vortex.definitions.not_given import NOTSET
from vortex.testing.local_run import LocalRun
from vortex.testing.runner import Runner, report_line
from vortex.testing.secret_files import read_connections, read_variables
from vortex.testing.store import Store, process_store


def run_dag(
    dag: Any,
    logical_date: Any = NOTSET,
    *,
    conf: Optional[Dict[str, Any]] = None,
    run_after: Any = None,
    run_id: Optional[str] = None,
    variables: Optional[Dict[str, Any]] = None,
    connections: Optional[Dict[str, Any]] = None,
    store: Optional[Store] = None,
    sleep: bool = True,
    mark_success_pattern: Any = None,
    tasks: Optional[List[str]] = None,
    quiet: bool = False,
    report: Optional[Callable[[str], None]] = None,
    debug: Optional[Dict[str, Callable[[], None]]] = None,
) -> LocalRun:
    """
    Runs a DAG to its end in this process, one task after the other, and returns the run. A failed task is no exception: look at
    `run.state`, or call `run.check()`.

    logical_date: datetime or ISO text (now); None = a run without a date (Airflow 3). conf: the run's parameters. variables, connections:
    in addition to those of the environment and the store. sleep=False: waits of sensors, retries and triggers take no time.
    mark_success_pattern: regular expression of ids of tasks that are not run and count as successful. tasks: only these run, the others
    count as successful. quiet: what tasks print is kept for failures, not shown.

    Raises ParamValidationError for a conf that does not fit the DAG's params, TaskNotFound, AirflowDagCycleException.
    """
    from vortex.execution.params import resolve_params

    store = store if store is not None else process_store()
    store.take(variables, connections)
    date = timezone.utcnow() if logical_date is NOTSET else read_date(logical_date)
    resolve_params(dag.params, {}, conf or {})
    run = LocalRun.create(dag, store, logical_date=date, run_after=read_date(run_after), run_id=run_id, conf=conf)
    store.add_run(run)
    options = {"mark_success_pattern": mark_success_pattern, "tasks": tasks, "quiet": quiet, "report": report, "debug": debug}
    return Runner(run, sleep=sleep, **options).run()  # type: ignore[arg-type]


def dag_test(dag: Any, args: Any, kwargs: Dict[str, Any]) -> LocalRun:
    """By the signatures of 2.5 to 3.x. A first argument without a name is the execution_date of 2.x, the run_after of 3.x."""
    given = dict(zip(("execution_date",) if dag.dialect == "2" else ("run_after", "logical_date"), args))
    rest = args[len(given) :]
    given.update(zip(("run_conf", "conn_file_path", "variable_file_path", "use_executor", "mark_success_pattern"), rest))
    twice = sorted(set(given) & set(kwargs))
    if twice:
        raise TypeError(f"dag.test() got multiple values for argument {twice[0]!r}")
    given.update(kwargs)
    unknown = sorted(set(given) - _ARGUMENTS)
    if unknown:
        raise TypeError(f"dag.test() got an unexpected keyword argument {unknown[0]!r}. It takes {', '.join(sorted(_ARGUMENTS))}.")
    date = given.get("logical_date", NOTSET)
    if given.get("execution_date") is not None:
        date = given["execution_date"]
    if given.get("use_executor"):
        report_line(
            "use_executor=True: VORTEX has no executors, so the tasks run in this process. On workers: vortex run FILE"
        )
    variables = read_variables(given["variable_file_path"]) if given.get("variable_file_path") else None
    connections = read_connections(given["conn_file_path"]) if given.get("conn_file_path") else None
    run = run_dag(
        dag,
        date,
        conf=given.get("run_conf"),
        run_after=given.get("run_after"),
        variables=variables,
        connections=connections,
        mark_success_pattern=given.get("mark_success_pattern"),
        sleep=given.get("sleep", True),
        report=report_line,
    )
    if run.state == "failed":
        report_line(run.failure_text(lines=0).replace("\n", "\n           "))
    return run


_ARGUMENTS = {
    "execution_date", "logical_date", "run_after", "run_conf", "conn_file_path", "variable_file_path", "use_executor",
    "mark_success_pattern", "session", "sleep",
}  # fmt: skip


def create_dagrun(
    dag: Any,
    state: Any = "queued",
    execution_date: Any = None,
    run_id: Optional[str] = None,
    start_date: Any = None,
    external_trigger: Optional[bool] = None,
    conf: Optional[Dict[str, Any]] = None,
    run_type: Any = None,
    session: Any = None,
    dag_hash: Any = None,
    creating_job_id: Any = None,
    data_interval: Any = None,
    *,
    logical_date: Any = None,
    run_after: Any = None,
    **_: Any,
) -> LocalRun:
    """
    A run to take task instances from: `run.get_task_instance("a").run()`. Nothing runs by itself. Raises DagRunAlreadyExists for the id of
    another one in this process. Source: Airflow best-practices "Unit tests and mocking".
    """
    from vortex.exceptions import DagRunAlreadyExists

    store, kind = process_store(), str(run_type or (run_id or "").partition("__")[0] or "manual")
    kind = kind if kind in ("scheduled", "manual", "backfill", "asset_triggered") else "manual"
    date = logical_date if logical_date is not None else execution_date
    run = LocalRun.create(
        dag,
        store,
        logical_date=read_date(date),
        run_after=run_after,
        run_id=run_id,
        run_type=kind,
        conf=conf,
        data_interval=data_interval,
        state=str(state),
    )
    if store.run(dag.dag_id, run.run_id) is not None:
        raise DagRunAlreadyExists(f"DAG {dag.dag_id!r} has a run {run.run_id!r} already. Begin with dag.clear().")
    store.add_run(run)
    return run


def clear(dag: Any, **_: Any) -> int:
    """Forgets the DAG's runs in this process; returns of how many task instances."""
    runs = process_store().runs.pop(dag.dag_id, [])
    return sum(len(list(run.instances)) for run in runs)


def run_task(task: Any, start_date: Any = None, end_date: Any = None, mark_success: bool = False, **_: Any) -> None:
    """
    Airflow 2's `task.run(start_date=..., end_date=...)`, for the first date alone if the schedule has several in between. Raises what the
    task raised.
    """
    from vortex.testing.task_instance import LocalTaskInstance

    ti = LocalTaskInstance.by_hand(task, execution_date=start_date or task.start_date)
    ti.run(ignore_ti_state=True, mark_success=mark_success)


def read_date(value: Any) -> Any:
    """A datetime with a zone, of ISO 8601 text or a datetime; None stays None."""
    return timezone.parse(value) if isinstance(value, str) else timezone.coerce_datetime(value)
