import datetime as dt

from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator

with DAG("orders", schedule="@daily", start_date=dt.datetime(2024, 1, 1), catchup=False, tags=["team"]) as dag:
    extract = BashOperator(task_id="extract", bash_command="echo {{ ds }}")

    @task(retries=1, retry_delay=dt.timedelta(seconds=1))
    def parts():
        return [1, 2, 3]

    @task
    def double(x):
        return x * 2

    @task
    def total(values):
        return sum(values)

    found = parts()
    extract >> found
    total(double.expand(x=found))

if __name__ == "__main__":
    run = dag.test(dt.datetime(2024, 2, 2))
    print("TOTAL", run.state, run.xcom("total"), run.xcom("extract"))
