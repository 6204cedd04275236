"""
Three tasks of one second at the same time.

t1 fans out to three `sleep 1`, which join in t5 before t6. The three run side by side, so the ideal duration is just above one second;
what a run takes beyond that is the engine.
"""

from datetime import datetime

from vortex import DAG, BashOperator

with DAG(
    "parallel_benchmark",
    description="t1, then three sleeps in parallel, then t5 and t6",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    tags=["example", "benchmark"],
    doc_md=__doc__,
) as dag:
    t1 = BashOperator(task_id="t1", bash_command="echo start")
    sleeps = [BashOperator(task_id=f"t{number}", bash_command="sleep 1") for number in (2, 3, 4)]
    t5 = BashOperator(task_id="t5", bash_command="echo joined")
    t6 = BashOperator(task_id="t6", bash_command="echo done")

    t1 >> sleeps >> t5 >> t6
