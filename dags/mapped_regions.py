"""
# Mapped tasks

`regions` finds out what there is to do; `measure` then has one instance for each region, named after it. The group `store` is mapped
as a whole: each value is checked and saved on its own, without waiting for the others. `total` sees all results.
"""

from datetime import datetime

from airflow.decorators import dag, task, task_group
from airflow.operators.bash import BashOperator
from airflow.operators.python import get_current_context


@dag(schedule=None, start_date=datetime(2026, 1, 1), tags=["example", "mapping"], doc_md=__doc__)
def mapped_regions():
    @task
    def regions():
        return ["north", "south", "east", "west"]

    @task(map_index_template="{{ region }}")
    def measure(region, factor):
        get_current_context()["region"] = region
        return len(region) * factor

    @task_group
    def store(value):
        @task
        def check(value):
            if value < 0:
                raise ValueError(f"{value} is below zero")
            return value

        @task
        def save(value):
            print("saved", value)
            return value

        save(check(value))

    @task
    def total(values):
        return sum(values)

    values = measure.partial(factor=2).expand(region=regions())
    store.expand(value=values)
    BashOperator.partial(task_id="report").expand(bash_command=["echo north and south", "echo east and west"]) << total(values)


mapped_regions()
