"""
What happens when things go wrong.

`flaky` fails at its first two tries and succeeds at its third; the delay between tries doubles. `too_slow` is killed after two seconds
with everything it started, and is not tried again. `skips_itself` ends with exit code 99, which means "skip". `clean_up` runs whatever
became of the others, so the run itself succeeds only if `clean_up` does: the state of a run is that of its last tasks.
"""

from datetime import datetime, timedelta

from vortex import DAG, BashOperator, PythonOperator, TriggerRule


def fail_twice(ti):
    if ti.try_number < 3:
        raise RuntimeError(f"try {ti.try_number} fails on purpose")
    return f"succeeded at try {ti.try_number}"


def remember(context):
    print(f"{context['ti'].task_id} failed for good: {context['exception']}")


with DAG(
    "retries_and_timeouts",
    description="Retries with a growing delay, a timeout, a skip, a clean-up",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    dagrun_timeout=timedelta(minutes=5),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    tags=["example"],
    doc_md=__doc__,
) as dag:
    flaky = PythonOperator(
        task_id="flaky",
        python_callable=fail_twice,
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(seconds=10),
    )
    too_slow = BashOperator(
        task_id="too_slow",
        bash_command="echo 'this takes a minute' && sleep 60",
        execution_timeout=timedelta(seconds=2),
        retries=0,
        on_failure_callback=remember,
    )
    skips_itself = BashOperator(task_id="skips_itself", bash_command="echo 'nothing to do today' && exit 99")
    clean_up = BashOperator(task_id="clean_up", bash_command="echo 'cleaning up'", trigger_rule=TriggerRule.ALL_DONE)

    [flaky, too_slow, skips_itself] >> clean_up
