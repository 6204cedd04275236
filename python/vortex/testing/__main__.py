"""
`python -m vortex.testing dag FILE|FOLDER ...` and `... task ...`: what `vortex dags test` and `vortex tasks test` start. Exit codes: 0 the
run succeeded, 1 it failed or the DAG is not there, 2 the question was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any, Dict, List, NoReturn, Optional

from vortex.definitions.not_given import NOTSET
from vortex.exceptions import AirflowException
from vortex.testing.dag_bag import DagBag

# Command lines are read by everybody on the machine, and a conf may hold what is secret.
CONF = "CONF_OF_VORTEX_TEST"


def main(arguments: List[str]) -> int:
    options = _parser().parse_args(arguments)
    # A line at a time also where the output is no terminal, so that it keeps its order with that of commands.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        dag = _find_dag(options)
        return _test_dag(dag, options) if options.what == "dag" else _test_task(dag, options)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    except (AirflowException, ValueError) as error:
        _refuse(str(error), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vortex.testing")
    kinds = parser.add_subparsers(dest="what", required=True)
    for kind in ("dag", "task"):
        command = kinds.add_parser(kind)
        command.add_argument("target", help="a DAG file, or the id of a DAG in --dags-folder")
        if kind == "task":
            command.add_argument("task_id")
            command.add_argument("--map-index", type=int, default=-1)
        command.add_argument("date", nargs="?")
        command.add_argument("--dag-id")
        command.add_argument("--dags-folder")
        command.add_argument("--conf", help="a JSON object; or in the environment, as " + CONF)
        command.add_argument("--variables")
        command.add_argument("--connections")
        command.add_argument("--task", action="append", dest="tasks")
        command.add_argument("--mark-success")
        command.add_argument("--debug")
        command.add_argument("--debug-address")
        command.add_argument("--no-wait", action="store_true")
        command.add_argument("--json", action="store_true")
    return parser


def _find_dag(options: argparse.Namespace) -> Any:
    is_file = os.path.isfile(options.target)
    folder = options.target if is_file else options.dags_folder or "dags"
    bag = DagBag(folder)
    wanted = options.dag_id if is_file else options.target
    if wanted in bag.dags:
        return bag.dags[wanted]
    if wanted is None and len(bag.dags) == 1 and not bag.import_errors:
        return next(iter(bag.dags.values()))
    # A file that does not load defines nothing that could be missed: why it does not is the answer.
    for path, text in bag.import_errors.items():
        sys.stderr.write(f"{path}\n{text.rstrip()}\n\n")
    if bag.import_errors:
        _refuse(f"{folder} does not load." if is_file else f"There is no DAG {wanted!r} among the files of {folder} that load.", 1)
    known = ", ".join(sorted(bag.dags)[:20]) or "none"
    if wanted is None:
        _refuse(
            f"{folder} defines {'several DAGs; choose one with --dag-id' if bag.dags else 'no DAG'}. There are: {known}.",
            2 if bag.dags else 1,
        )
    _refuse(f"{folder} defines no DAG {wanted!r}. There are: {known}.", 1)


def _options_of(options: argparse.Namespace) -> Dict[str, Any]:
    from vortex.testing.secret_files import read_connections, read_variables

    conf = json.loads(options.conf or os.environ.pop(CONF, "{}"))
    if not isinstance(conf, dict):
        _refuse("--conf must be a JSON object.", 2)
    return {
        "conf": conf,
        "variables": read_variables(options.variables) if options.variables else None,
        "connections": read_connections(options.connections) if options.connections else None,
        "sleep": not options.no_wait,
    }


def _debug(options: argparse.Namespace, dag: Any) -> Optional[Dict[str, Any]]:
    if not options.debug:
        return None
    from vortex.testing.debugger import wait_for_debugger

    dag.get_task(options.debug)
    return {options.debug: lambda: wait_for_debugger(options.debug, options.debug_address)}


def _test_dag(dag: Any, options: argparse.Namespace) -> int:
    from vortex.testing.dag_test import run_dag

    run = run_dag(
        dag,
        NOTSET if options.date is None else options.date,
        **_options_of(options),
        tasks=options.tasks,
        mark_success_pattern=options.mark_success,
        debug=_debug(options, dag),
        quiet=options.json,
        report=None if options.json else _report,
    )
    if options.json:
        print(json.dumps(_document(run), ensure_ascii=False))
    else:
        print(f"\n{run.failure_text()}" if run.state == "failed" else f"\nThe run {run.run_id} of {run.dag_id} succeeded.")
    return 0 if run.state == "success" else 1


def _test_task(dag: Any, options: argparse.Namespace) -> int:
    from vortex.testing.single_task import run_single
    from vortex.testing.store import process_store

    given = _options_of(options)
    given["map_index"] = options.map_index
    if options.date is not None:
        given["logical_date"] = options.date
    task = dag.get_task(options.task_id)
    ti = run_single(task, process_store(), False, {}, given, debug=(_debug(options, dag) or {}).get(task.task_id), quiet=options.json)
    if options.json:
        print(json.dumps(_document(ti.dag_run)["tasks"][ti.name], ensure_ascii=False))
    else:
        print(f"\n{ti.name}: {ti.state}" + (f", {ti.reason}" if ti.reason else ""))
    return 0 if ti.state in ("success", "skipped") else 1


def _document(run: Any) -> Dict[str, Any]:
    tasks = {one.name: {"state": one.state, "reason": one.reason or None, "log": one.log} for one in run.instances}
    xcoms: Dict[str, Any] = {}
    for (task_id, map_index, key), text in run.xcoms.items():
        xcoms.setdefault(task_id if map_index < 0 else f"{task_id}[{map_index}]", {})[key] = json.loads(text)
    return {"dag_id": run.dag_id, "run_id": run.run_id, "state": run.state, "reason": run.reason or None, "tasks": tasks, "xcoms": xcoms}


def _report(line: str) -> None:
    print(f"[test] {line}")


def _refuse(words: str, code: int) -> NoReturn:
    sys.stderr.write(f"Error: {words}\n")
    raise SystemExit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
