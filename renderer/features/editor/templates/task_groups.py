# Groups of tasks, one per source
# The same steps for several sources, each folded into a group of the graph.
from datetime import datetime

from vortex import DAG, BashOperator, EmptyOperator, TaskGroup

SOURCES = ["orders", "customers", "stock"]

with DAG(dag_id="DAG_ID", schedule="0 3 * * *", start_date=datetime(2026, 1, 1), catchup=False, max_active_tasks=4) as dag:
    start = EmptyOperator(task_id="start")
    done = EmptyOperator(task_id="done")

    for source in SOURCES:
        with TaskGroup(source) as group:
            extract = BashOperator(task_id="extract", bash_command=f"echo extract {source} of {{{{ ds }}}}")
            check = BashOperator(task_id="check", bash_command=f"echo check {source}")
            load = BashOperator(task_id="load", bash_command=f"echo load {source}")
            extract >> check >> load
        start >> group >> done
