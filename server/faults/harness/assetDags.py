"""DAGs around assets. Each consumer appends a line of JSON about its run to the ledger."""
import json

from airflow.sdk import DAG, Asset, AssetAlias, Metadata, asset, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator

LEDGER = "@LEDGER@"
a, b, c, d = Asset("a", "s3://bucket/a/", group="lake", extra={"owner": "me"}), Asset("b"), Asset("c", "s3://bucket/c"), Asset("d")
alias = AssetAlias("late")


def write(**line):
    with open(LEDGER, "a") as stream:
        stream.write(json.dumps(line) + "\n")


@task
def tell(*, dag, dag_run, triggering_asset_events, logical_date=None):
    events = [
        [one.name, one.extra, one.alias, one.source_dag_id, one.source_run_id, one.source_map_index]
        for key, found in triggering_asset_events.items()
        if isinstance(key, Asset)
        for one in found
    ]
    write(dag=dag.dag_id, run_type=dag_run.run_type, logical_date=None if logical_date is None else str(logical_date), events=events)


def consumer(dag_id, schedule, **arguments):
    with DAG(dag_id, schedule=schedule, **arguments):
        tell()


with DAG("make_a", schedule=None):

    @task(outlets=[a])
    def make(*, dag_run):
        if dag_run.conf.get("fail"):
            raise ValueError("no data")
        yield Metadata(a, {"n": dag_run.conf.get("n")})

    make()

with DAG("make_b", schedule=None):
    BashOperator(task_id="make", bash_command="true", outlets=[b])

with DAG("make_late", schedule=None):

    @task(outlets=[alias])
    def make_late(n, *, outlet_events):
        outlet_events[alias].add(c, extra={"n": n})

    make_late.expand(n=[1, 2])

with DAG("make_d", schedule=None):
    EmptyOperator(task_id="make", outlets=[d])

consumer("of_both", a & b)
consumer("of_either", [a | b])
consumer("of_alias", alias)
consumer("of_c", [Asset("c", "s3://bucket/c/")])
consumer("of_d", Asset.ref(name="d"))
consumer("paused", a, is_paused_upon_creation=True)

with DAG("reads", schedule=None):

    @task(inlets=[a, alias])
    def read(*, inlet_events):
        latest = inlet_events[a].ascending(False).limit(1)[0]
        source = latest.source_dag_run
        write(
            dag="reads",
            extras=[one.extra["n"] for one in inlet_events[a]],
            alias=[one.extra["n"] for one in inlet_events[alias]],
            latest=[latest.extra["n"], source.run_id, source.state, latest.source_task_instance.task_id],
        )

    read()


@asset(schedule=None, uri="s3://bucket/raw")
def raw(self):
    yield Metadata(self, {"rows": 3})


@asset(schedule=raw)
def clean(self, raw, context):
    events = context["triggering_asset_events"][raw]
    seen = context["inlet_events"][raw]
    write(dag="clean", rows=[one.extra["rows"] for one in events], seen=[one.extra["rows"] for one in seen], uri=raw.uri)
