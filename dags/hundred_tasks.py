"""
A mesh of 100 tasks.

Ten layers of ten tasks; each task waits for one to three tasks of the layer before it and sleeps 0.1 to 2 seconds. The mesh comes from
a seeded generator, so it is the same at every load: a file that rolls dice would be a new DAG version each time.
"""

import random
from datetime import datetime

from vortex import DAG, BashOperator

LAYERS = 10
WIDTH = 10

dice = random.Random(20260101)

with DAG(
    "hundred_tasks",
    description="100 tasks in ten layers",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_tasks=32,
    tags=["example", "benchmark"],
    doc_md=__doc__,
) as dag:
    before = []
    for layer in range(LAYERS):
        current = []
        for column in range(WIDTH):
            seconds = round(dice.uniform(0.1, 2.0), 1)
            task = BashOperator(task_id=f"layer_{layer}_task_{column}", bash_command=f"sleep {seconds} && echo 'slept {seconds} s'")
            if before:
                dice.sample(before, dice.randint(1, 3)) >> task
            current.append(task)
        before = current
