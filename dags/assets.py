"""
DAGs that run when data was updated: `orders` and `rates` are made by functions, `revenue` runs once both are new, and `alerts` runs
for whichever came. What a task says of its update (`Metadata`, `outlet_events`) goes with the event to those who wait for it.
"""

from datetime import datetime

from vortex import DAG, Asset, AssetOrTimeSchedule, BashOperator, CronTriggerTimetable, Metadata, asset, task


@asset(schedule="0 6 * * *", uri="file:///srv/lake/orders", group="lake", tags=["example", "assets"])
def orders(self):
    """Pretends to fetch the orders. `self` is the asset."""
    yield Metadata(self, {"rows": 120})


@asset(schedule="@hourly", uri="file:///srv/lake/rates", group="lake", tags=["example", "assets"])
def rates(self, outlet_events):
    """The same in other words."""
    outlet_events[self].extra = {"currencies": 3}


report = Asset("revenue_report", "file:///srv/reports/revenue.csv")

with DAG("revenue", schedule=orders & rates, tags=["example", "assets"], doc_md="Runs when both the orders and the rates are new."):

    @task(outlets=[report])
    def compute(*, triggering_asset_events):
        for source, events in triggering_asset_events.items():
            print(f"{source.name}: {len(events)} update(s), the last one with {events[-1].extra}")

    compute()

with DAG("alerts", schedule=orders | report, tags=["example", "assets"], doc_md="Runs for every update of the orders or the report."):

    @task(inlets=[report])
    def compare(*, inlet_events):
        """Every update of an inlet can be read, not only the ones that started this run."""
        print(f"{len(inlet_events[report])} reports so far")

    compare()

weekly = CronTriggerTimetable("0 8 * * 1", timezone="UTC")
with DAG(
    "publish",
    schedule=AssetOrTimeSchedule(timetable=weekly, assets=[report]),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example", "assets"],
    doc_md="Runs on Mondays, and whenever there is a new report.",
):
    BashOperator(task_id="upload", bash_command="echo uploading the report")
