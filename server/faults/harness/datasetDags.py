"""A consumer written for Airflow 2."""
import json

from airflow import DAG, Dataset
from airflow.operators.python import PythonOperator

TEMPLATE = "{{ (triggering_dataset_events.values() | first | first).source_dag_run.run_id }} {{ triggering_dataset_events | list | first }}"


def tell(text, logical_date, data_interval_start, data_interval_end, **_):
    line = {"dag": "old", "text": text, "has_date": logical_date is not None, "ordered": str(data_interval_start <= data_interval_end)}
    with open("@LEDGER@", "a") as stream:
        stream.write(json.dumps(line) + "\n")


with DAG("old", schedule=[Dataset("s3://bucket/a")], catchup=False) as dag:
    PythonOperator(task_id="tell", python_callable=tell, op_args=[TEMPLATE])
