"""
A DAG file as it was written for Apache Airflow 2, unmodified: VORTEX serves the `airflow` names.
"""

from datetime import timedelta

from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import PythonOperator
from airflow.utils.dates import days_ago

default_args = {
    "owner": "data-team",
    "depends_on_past": False,
    "start_date": days_ago(2),
    "email": ["data-team@example.com"],
    "email_on_failure": False,
    "email_on_retry": False,
    "retries": 1,
    "retry_delay": timedelta(minutes=5),
}

bucket = Variable.get("example_bucket", default_var="local")


def count_rows(table, **kwargs):
    rows = len(table) * 7
    kwargs["ti"].xcom_push(key="rows", value=rows)
    return f"{table} has {rows} rows on {kwargs['ds']}"


dag = DAG(
    "airflow_style",
    default_args=default_args,
    description="An unmodified Airflow 2 DAG file",
    schedule_interval="0 4 * * *",
    catchup=False,
    max_active_runs=1,
    tags=["example", "airflow"],
)
dag.doc_md = __doc__

start = DummyOperator(task_id="start", dag=dag)

count = PythonOperator(
    task_id="count_rows",
    python_callable=count_rows,
    op_kwargs={"table": "orders"},
    dag=dag,
)

templated_command = """
{% for i in range(3) %}
echo "part {{ i }} of {{ ds }} in {{ params.bucket }}"
{% endfor %}
echo "{{ macros.ds_add(ds, 7) }}: {{ ti.xcom_pull(task_ids='count_rows', key='rows') }} rows"
"""

publish = BashOperator(
    task_id="publish",
    bash_command=templated_command,
    params={"bucket": bucket},
    dag=dag,
)

end = DummyOperator(task_id="end", dag=dag)

start >> count >> publish >> end
