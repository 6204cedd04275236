"""
A branch, a join and a short circuit.

`choose` follows one of two paths by the day of the month; the other one is skipped. `join` must not be skipped with it, so its trigger
rule is none_failed_min_one_success. `is_first_of_month` ends the rest of the run on all other days.
"""

from datetime import datetime

from vortex import DAG, BashOperator, EmptyOperator, Label, TriggerRule, task

with DAG(
    "branching",
    description="Follows one of two paths, then joins",
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    doc_md=__doc__,
) as dag:

    @task.branch
    def choose(logical_date=None):
        return "full_load" if logical_date.day % 2 else "small_load"

    @task.short_circuit
    def is_first_of_month(logical_date=None):
        return logical_date.day == 1

    chosen = choose()
    full_load = BashOperator(task_id="full_load", bash_command="echo 'loading everything'")
    small_load = BashOperator(task_id="small_load", bash_command="echo 'loading what is new'")
    join = EmptyOperator(task_id="join", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    close_month = BashOperator(task_id="close_month", bash_command="echo 'closing the month of {{ ds }}'")

    chosen >> Label("odd day") >> full_load >> join
    chosen >> Label("even day") >> small_load >> join
    join >> is_first_of_month() >> close_month
