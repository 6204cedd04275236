"""Template of the DAG file of deferral.integration.test.ts: tasks that wait for the file FLAG, and callbacks. Each line of LEDGER is one write."""
import asyncio
import os
import time
from datetime import timedelta

from airflow import DAG
from airflow.models import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent
from airflow.triggers.file import FileTrigger

LEDGER = "@LEDGER@"
FLAG = "@FLAG@"
COUNT = int("@COUNT@")


def say(*words):
    file = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, (" ".join(map(str, words)) + "\n").encode())
    os.close(file)


class OwnTrigger(BaseTrigger):
    """Of the DAG file's own class, so that it runs in a host that has imported this file."""

    def __init__(self, how="flag"):
        super().__init__()
        self.how = how

    def serialize(self):
        return "waiting.OwnTrigger", {"how": self.how}

    async def run(self):
        print("own trigger:", self.how)
        if self.how == "raise":
            raise ValueError("no such bucket")
        while not os.path.exists(FLAG):
            await asyncio.sleep(0.1)
        yield TriggerEvent({"how": self.how})


class Waits(BaseOperator):
    def __init__(self, kind, timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind
        self.timeout = timeout

    def execute(self, context):
        say("execute", context["run_id"], self.task_id, context["ti"].try_number)
        trigger = FileTrigger(FLAG, poke_interval=0.2) if self.kind == "file" else OwnTrigger(self.kind)
        self.defer(trigger=trigger, method_name="go_on", kwargs={"since": 1}, timeout=self.timeout)

    def go_on(self, context, event, since):
        say("go_on", context["run_id"], self.task_id, context["ti"].try_number)
        return event


def told(context):
    say("told", context["run_id"], context.get("ti").task_id, type(context["exception"]).__name__)


def dag_told(context):
    say("begins", context["run_id"], context["dag_run"].state, context["reason"])
    time.sleep(float((context["dag_run"].conf or {}).get("seconds", 0)))
    say("called", context["run_id"], context["dag_run"].state, context["ti"].task_id)


with DAG("many", schedule=None, max_active_tasks=1000):
    for number in range(COUNT):
        Waits(task_id=f"w{number}", kind="file" if number % 2 else "flag")

with DAG("beside", schedule=None):
    BashOperator(task_id="b", bash_command="true")

with DAG("late", schedule=None):
    Waits(task_id="late", kind="flag", timeout=timedelta(seconds=1), on_failure_callback=told)

with DAG("raises", schedule=None):
    Waits(task_id="raises", kind="raise", retries=1, retry_delay=timedelta(0), on_retry_callback=told, on_failure_callback=told)

with DAG("good", schedule=None, on_success_callback=dag_told, on_failure_callback=dag_told):
    BashOperator(task_id="first", bash_command="true") >> BashOperator(task_id="last", bash_command="true")

with DAG("bad", schedule=None, on_success_callback=dag_told, on_failure_callback=dag_told):
    BashOperator(task_id="fails", bash_command="exit 1")
