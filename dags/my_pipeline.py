"""
A first pipeline: extract, transform, finish.

Two tasks in a task group, one after it. `vortex run dags/my_pipeline.py` runs it to its end in the terminal.
"""

from datetime import datetime

from vortex import DAG, BashOperator, TaskGroup

with DAG(
    "my_pipeline",
    description="Extract, transform, finish",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    doc_md=__doc__,
) as dag:
    with TaskGroup("ingestion", tooltip="Everything that brings data in") as ingestion:
        extract = BashOperator(task_id="extract", bash_command="echo 'extracting 3 files' && sleep 1")
        transform = BashOperator(task_id="transform", bash_command="echo 'transforming 3 files' && sleep 1")
        extract >> transform

    finish = BashOperator(task_id="finish", bash_command="echo 'pipeline is complete'")

    ingestion >> finish
