# Shell commands in a row
# One command after the other, with the run's date in the commands.
from datetime import datetime, timedelta

from vortex import DAG, BashOperator

with DAG(
    dag_id="DAG_ID",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=2)},
) as dag:
    prepare = BashOperator(task_id="prepare", bash_command="mkdir -p /tmp/{{ dag.dag_id }}/{{ ds }}")
    work = BashOperator(
        task_id="work",
        bash_command="set -e; echo 'working on {{ ds }}'; date > /tmp/{{ dag.dag_id }}/{{ ds }}/result.txt",
        execution_timeout=timedelta(minutes=30),
    )
    clean_up = BashOperator(task_id="clean_up", bash_command="rm -rf /tmp/{{ dag.dag_id }}/{{ ds }}", trigger_rule="all_done")

    prepare >> work >> clean_up
