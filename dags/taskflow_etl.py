"""
Extract, transform, load with TaskFlow.

Functions become tasks; passing the result of one to another makes the dependency. `summarise` returns a dict, so each of its keys can
be used on its own. The number of orders is a param of the trigger dialog.
"""

from datetime import datetime

from vortex import Param, dag, task, task_group


@task
def extract(params=None) -> list:
    """Pretends to read orders. `params` are the values of the trigger dialog."""
    count = params["orders"]
    return [{"order": number, "amount": number * 12.5, "country": "FI" if number % 3 else "SE"} for number in range(1, count + 1)]


@task
def by_country(orders: list) -> dict:
    """Sums per country. A dict as annotation: each key becomes an XCom of its own."""
    sums = {"FI": 0.0, "SE": 0.0}
    for order in orders:
        sums[order["country"]] += order["amount"]
    return sums


@task
def largest(orders: list) -> dict:
    return max(orders, key=lambda order: order["amount"])


@task
def load(country: str, amount: float, ds=None):
    """`ds` is filled in from the context."""
    print(f"{ds}: {country} {amount:.2f}")


@task
def report(top: dict, run_id=None):
    print(f"{run_id}: the largest order is {top['order']} with {top['amount']:.2f}")


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    params={"orders": Param(9, type="integer", minimum=1, maximum=1000, title="Number of orders")},
    tags=["example", "taskflow"],
)
def taskflow_etl():
    """Orders per country, with TaskFlow."""
    rows = extract()

    @task_group
    def publish(sums, top):
        """Writes both results."""
        load.override(task_id="load_finland")("FI", sums["FI"])
        load.override(task_id="load_sweden")("SE", sums["SE"])
        report(top)

    publish(by_country(rows), largest(rows))


taskflow_etl()
