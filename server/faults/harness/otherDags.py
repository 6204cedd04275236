"""DAGs that wait, start and ask about each other, and mail what went wrong."""
import datetime as dt
import os

from airflow import DAG
from airflow.decorators import task
from airflow.hooks.base import BaseHook
from airflow.models import DagRun
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.latest_only import LatestOnlyOperator
from airflow.operators.python import PythonOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.bash import BashSensor
from airflow.sensors.external_task import ExternalTaskSensor
from airflow.sensors.filesystem import FileSensor
from airflow.sensors.python import PythonSensor
from airflow.sensors.time_delta import WaitSensor

FOLDER = "@FOLDER@"
# Whatever is listed in the sensors' dag runs at dates that lie in the past.
common = {"schedule": None, "start_date": dt.datetime(2024, 1, 1), "catchup": False}
soon = {"poke_interval": 0.2, "timeout": 30}

with DAG("child", **common):
    BashOperator(task_id="work", bash_command="echo {{ dag_run.conf['n'] }}") >> EmptyOperator(task_id="end")

with DAG("fails", **common):
    BashOperator(task_id="work", bash_command="exit 3")


def poke(ti):
    """True at the third poke."""
    path = os.path.join(FOLDER, f"{ti.run_id}.pokes")
    with open(path, "a") as stream:
        stream.write(f"{ti.try_number} {ti.waiting_since}\n")
    with open(path) as stream:
        return len(stream.readlines()) >= 3


with DAG("sensors", **common):
    PythonSensor(task_id="reschedule", python_callable=poke, mode="reschedule", **soon)
    late = {"python_callable": lambda: False, "mode": "reschedule", "poke_interval": 0.3, "timeout": 1, "retries": 3, "retry_delay": 0.1}
    PythonSensor(task_id="late", **late)
    PythonSensor(task_id="late_soft", soft_fail=True, **late)
    WaitSensor(task_id="wait", time_to_wait=dt.timedelta(milliseconds=300), deferrable=True)
    FileSensor(task_id="file", filepath=f"{FOLDER}/{{{{ run_id }}}}.pokes", deferrable=True, **soon)
    FileSensor(task_id="no_file", filepath=f"{FOLDER}/nothing", deferrable=True, poke_interval=0.2, timeout=1, soft_fail=True)
    BashSensor(task_id="bash", bash_command=f"test -f {FOLDER}/{{{{ run_id }}}}.pokes", mode="reschedule", **soon)
    LatestOnlyOperator(task_id="latest") >> EmptyOperator(task_id="after_latest")

with DAG("triggers", **common):
    named = {"trigger_dag_id": "child", "trigger_run_id": "of_{{ run_id }}", "poke_interval": 0.2}
    first = TriggerDagRunOperator(task_id="first", conf={"n": "{{ ds }}"}, wait_for_completion=True, **named)
    again = TriggerDagRunOperator(task_id="again", reset_dag_run=True, wait_for_completion=True, deferrable=True, **named)
    exists = TriggerDagRunOperator(task_id="exists", **named)
    skips = TriggerDagRunOperator(task_id="skips", skip_when_already_exists=True, trigger_rule="all_done", **named)
    first >> again >> exists >> skips
    bad = {"trigger_dag_id": "fails", "wait_for_completion": True, "poke_interval": 0.2}
    TriggerDagRunOperator(task_id="failed", **bad)
    TriggerDagRunOperator(task_id="failed_deferred", deferrable=True, **bad)
    TriggerDagRunOperator(task_id="nobody", trigger_dag_id="nobody")
    many = TriggerDagRunOperator.partial(task_id="many", trigger_dag_id="child").expand(conf=[{"n": n} for n in range(12)])

    @task
    def counts(run_id):
        runs = [run for run in DagRun.find(dag_id="child", run_type="manual") if run.conf.get("n") in range(12)]
        return [len(runs), len({run.logical_date for run in runs}), sorted(t.task_id for t in runs[0].get_task_instances())]

    many >> counts("{{ run_id }}")

with DAG("waits", **common):
    dated = TriggerDagRunOperator(task_id="dated", trigger_dag_id="child", logical_date="{{ ts }}", conf={"n": 1})
    other = {"external_dag_id": "child", **soon}
    dated >> [
        ExternalTaskSensor(task_id="run", mode="reschedule", **other),
        ExternalTaskSensor(task_id="task", external_task_ids=["work", "end"], check_existence=True, **other),
        ExternalTaskSensor(task_id="deferred", deferrable=True, **other),
    ]
    ExternalTaskSensor(task_id="other_date", execution_delta=dt.timedelta(days=1), **{**other, "timeout": 1})
    ExternalTaskSensor(task_id="no_task", external_task_id="nothing", check_existence=True, **other)


def leak():
    raise ValueError(f"could not reach {BaseHook.get_connection('warehouse').get_uri()}")


with DAG("alerts", default_args={"email": ["operator@example.com"]}, **common):
    PythonOperator(task_id="leak", python_callable=leak)
    BashOperator(task_id="plain", bash_command="exit 3")
    EmptyOperator(task_id="fine")
