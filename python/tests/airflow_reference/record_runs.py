"""
Records how Apache Airflow runs the DAGs of this folder, with `dag.test()`, as data for server/scheduler/airflowRuns.integration.test.ts.

    python -m venv af3 && af3/bin/pip install apache-airflow==3.3.2
    af3/bin/python record_runs.py dags/setup_cases.py setup_runs.jsonl

More arguments are ids of DAGs: only those. Of a folder it takes all DAGs but those that environment.json excludes; that is for Airflow's own examples:

    cp -r af3/lib/python3*/site-packages/airflow/{,providers/standard/}example_dags/* EXAMPLES
    af3/bin/python record_runs.py EXAMPLES example_runs.jsonl

A line is a run: its state, and of each task instance (`task_id`, or `task_id[index]`) the state and the XComs.
"""
from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = tempfile.mkdtemp(prefix="airflow-recording-")
with open(os.path.join(HERE, "environment.json")) as file:
    SETTINGS: Dict[str, Any] = json.load(file)
os.environ.update(SETTINGS["environment"])
os.environ.update(
    AIRFLOW_HOME=HOME,
    AIRFLOW__CORE__DAGS_FOLDER=os.path.join(HOME, "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="false",
    AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
)


def keys_of(instances: List[Any]) -> Dict[Any, str]:
    return {(one.task_id, one.map_index): one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]" for one in instances}


def plain(value: Any) -> Any:
    """As JSON: a tuple is a list, a date its text."""
    return json.loads(json.dumps(value, default=lambda other: other.isoformat() if hasattr(other, "isoformat") else sorted(other) if isinstance(other, (set, frozenset)) else str(other)))


def result(run: Any, session: Any) -> Dict[str, Any]:
    from airflow.models.xcom import XComModel
    from airflow.serialization.serde import deserialize
    from sqlalchemy import select

    instances = run.get_task_instances(session=session)
    names = keys_of(instances)
    xcoms: Dict[str, Dict[str, Any]] = {}
    for row in session.scalars(select(XComModel).where(XComModel.dag_id == run.dag_id, XComModel.run_id == run.run_id)):
        if row.key != "skipmixin_key":
            xcoms.setdefault(names[(row.task_id, row.map_index)], {})[row.key] = plain(deserialize(row.value))
    states = {names[(one.task_id, one.map_index)]: str(getattr(one.state, "value", one.state) or "none") for one in instances}
    return {"dag_id": run.dag_id, "state": run.state.value, "tasks": dict(sorted(states.items())), "xcoms": dict(sorted(xcoms.items()))}


def main() -> None:
    source, target = sys.argv[1:3]
    folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    is_file = os.path.isfile(source)
    kind = os.path.basename(source).partition("_")[0] if is_file else "example"
    shutil.copytree(os.path.dirname(os.path.abspath(source)) if is_file else source, folder)
    for name in os.listdir(folder):
        if is_file and name.endswith("_cases.py") and name != os.path.basename(source):
            os.remove(os.path.join(folder, name))
    from airflow.utils import db

    db.initdb()
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag
    import pendulum

    logging.disable(logging.CRITICAL)
    bag = DagBag(os.path.join(folder, os.path.basename(source)) if is_file else folder, bundle_path=Path(folder), bundle_name="dags-folder")
    if bag.import_errors:
        sys.exit(str(bag.import_errors))
    with open(target, "w") as file:
        file.write(json.dumps({"airflow": metadata.version("apache-airflow")}) + "\n")
        for dag_id in sorted(set(sys.argv[3:]) or set(bag.dags) - set(SETTINGS["excluded_examples"])):
            # One after the other, so that the later ones have a run before them; each loads the file anew, as a worker does.
            for given in SETTINGS["runs"][kind]:
                dag = DagBag(bag.dags[dag_id].fileloc, bundle_path=Path(folder), bundle_name="dags-folder").dags[dag_id]
                run = dag.test(logical_date=pendulum.parse(given["logical_date"]), run_conf=given["conf"])
            session = settings.Session()
            file.write(json.dumps(result(session.merge(run), session)) + "\n")
            file.flush()
            session.close()
    shutil.rmtree(HOME)


if __name__ == "__main__":
    main()
