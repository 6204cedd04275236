# Daily ETL with functions
# Python functions as tasks: what one returns is what the next receives.
from datetime import datetime, timedelta

from vortex import dag, task


@dag(
    dag_id="DAG_ID",
    schedule="0 6 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["etl"],
)
def pipeline():
    """Reads the day's orders, adds them up, and writes the result."""

    @task
    def extract(ds=None):
        print(f"reading orders of {ds}")
        return [{"order": 1, "amount": 120}, {"order": 2, "amount": 80}]

    @task
    def transform(orders):
        return {"orders": len(orders), "total": sum(order["amount"] for order in orders)}

    @task
    def load(summary):
        print(f"{summary['orders']} orders, {summary['total']} in total")

    load(transform(extract()))


pipeline()
