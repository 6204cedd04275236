"""
DAGs made in a loop.

One DAG per source, each with one task per table. A DAG is found if it is used as a `with` block, or if a name in the file's globals
holds it; `globals()` does the latter for names that are computed.
"""

from datetime import datetime

from vortex import DAG, BashOperator, EmptyOperator

SOURCES = {
    "orders": {"schedule": "@hourly", "tables": ["headers", "lines", "payments"]},
    "customers": {"schedule": "0 6 * * *", "tables": ["people", "addresses"]},
    "stock": {"schedule": "0 */4 * * 1-5", "tables": ["levels", "movements", "counts", "corrections"]},
}


def build(source: str, schedule: str, tables: list) -> DAG:
    dag = DAG(
        f"dynamic_{source}",
        description=f"Copies the tables of {source}",
        schedule=schedule,
        start_date=datetime(2026, 1, 1),
        catchup=False,
        tags=["example", "generated"],
        doc_md=__doc__,
    )
    ready = EmptyOperator(task_id="ready", dag=dag)
    done = EmptyOperator(task_id="done", dag=dag)
    copies = [BashOperator(task_id=f"copy_{table}", bash_command=f"echo 'copying {source}.{table}'", dag=dag) for table in tables]
    ready >> copies >> done
    return dag


for name, settings in SOURCES.items():
    globals()[f"dynamic_{name}"] = build(name, settings["schedule"], settings["tables"])
