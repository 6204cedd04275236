# A choice between two ways
# A function chooses what runs next; the ways meet again whichever it was.
from datetime import datetime

from vortex import DAG, EmptyOperator, task

with DAG(dag_id="DAG_ID", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False) as dag:

    @task.branch
    def choose(logical_date=None):
        """Full load on Sundays, else only what is new."""
        is_sunday = logical_date is not None and logical_date.isoweekday() == 7
        return "full_load" if is_sunday else "daily_load"

    full_load = EmptyOperator(task_id="full_load")
    daily_load = EmptyOperator(task_id="daily_load")
    # Of the two ways one is skipped: that must not skip what follows.
    report = EmptyOperator(task_id="report", trigger_rule="none_failed_min_one_success")

    choose() >> [full_load, daily_load] >> report
