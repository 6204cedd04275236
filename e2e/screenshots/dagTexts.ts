/** The DAG files of the company in the pictures. Dates are written in by the scene, so that a month of runs lies behind it. */

export const sales = (p: { start: string; limit: number; retries: number }): string => `"""
# Sales warehouse

Loads yesterday's orders of three shops, joins them with the price list, checks them, and refreshes the reports.
Whoever is on call: a failing \`quality\` check means a shop sent doubled orders; ask for a new export and clear the task.
"""

from datetime import datetime, timedelta
import random
import time

from airflow import DAG
from airflow.models import Variable
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup


def read(seconds, rows, ti, ds, **_):
    dice = random.Random(f"{ds}{ti.task_id}")
    print(f"::group::Reading {rows:,} rows")
    for part in range(4):
        time.sleep(seconds * dice.uniform(0.1, 0.4))
        print(f"INFO read part {part + 1} of 4: {rows // 4:,} rows")
    print("::endgroup::")
    print(f"INFO done, {rows:,} rows written")
    return {"rows": rows, "day": ds, "shops": ["berlin", "lyon", "porto"]}


def check(rows, ds, **_):
    doubled = Variable.get("doubled_orders", default_var={}, deserialize_json=True).get(ds, 0)
    print(f"INFO compared {rows:,} order numbers")
    if doubled:
        print(f"WARNING {doubled} order numbers appear twice")
        raise ValueError(f"{doubled} doubled orders on {ds}: ask the shop for a new export")


with DAG(
    "sales_warehouse",
    schedule="30 5 * * *",
    start_date=datetime(${p.start}),
    catchup=True,
    max_active_runs=3,
    tags=["sales", "warehouse"],
    description="Orders of three shops into the warehouse, every morning",
    default_args={"owner": "warehouse", "retries": ${p.retries}, "retry_delay": timedelta(seconds=1)},
    params={
        "shop": Param("all", type="string", enum=["all", "berlin", "lyon", "porto"], description="Load one shop only."),
        "full_reload": Param(False, type="boolean", description="Drops the day and loads it again."),
        "limit": Param(${p.limit}, type="integer", minimum=1, description="Rows per shop."),
    },
    doc_md=__doc__,
) as dag:
    begin = BashOperator(task_id="wait_for_exports", bash_command="echo exports of {{ ds }} are there; sleep 0.05")
    with TaskGroup("extract") as extract:
        for shop, rows in (("berlin", 48210), ("lyon", 31877), ("porto", 20459)):
            PythonOperator(task_id=shop, python_callable=read, op_kwargs={"seconds": 0.2, "rows": rows})
    with TaskGroup("transform") as transform:
        clean = PythonOperator(task_id="clean", python_callable=read, op_kwargs={"seconds": 0.15, "rows": 100546})
        join = PythonOperator(task_id="join_prices", python_callable=read, op_kwargs={"seconds": 0.3, "rows": 100546})
        quality = PythonOperator(task_id="quality", python_callable=check, op_kwargs={"rows": 100546})
        clean >> join >> quality
    load = PythonOperator(task_id="load_warehouse", python_callable=read, op_kwargs={"seconds": 0.25, "rows": 100334})
    report = BashOperator(
        task_id="refresh_reports",
        bash_command="""echo "REFRESH {{ var.value.warehouse_schema }}.daily_sales"
echo "day {{ ds }}, shop {{ params.shop }}, at most {{ params.limit }} rows"
sleep 0.05""",
    )
    tell = BashOperator(task_id="tell_finance", bash_command="echo {{ ti.xcom_pull('load_warehouse')['rows'] }} rows of {{ ds }}")
    begin >> extract >> transform >> load >> [report, tell]
`

/** Name -> schedule, first day or hour, tags, owner. A feed that was out at a time fails the run of that time. */
export const small = (starts: Record<string, string>): string => `"""Small jobs of the other teams."""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

JOBS = {
    "customer_segments": ("0 */6 * * *", datetime(${starts['customer_segments']}), ["marketing"], "marketing"),
    "exchange_rates": ("*/15 * * * *", datetime(${starts['exchange_rates']}), ["finance"], "finance"),
    "inventory_snapshot": ("0 * * * *", datetime(${starts['inventory_snapshot']}), ["warehouse"], "warehouse"),
    "ml.churn_features": ("0 3 * * *", datetime(${starts['ml.churn_features']}), ["ml"], "ml"),
    "ml.churn_training": ("0 4 * * 1", datetime(${starts['ml.churn_training']}), ["ml"], "ml"),
    "web_sessions": ("@hourly", datetime(${starts['web_sessions']}), ["web", "sales"], "web"),
}
FETCH = """
{% if (dag.dag_id ~ ' ' ~ ts[:16]) in var.json.feed_outages %}echo "ERROR the feed answered 503" >&2; exit 1{% endif %}
sleep {{ dag_run.conf.get('seconds', 0) }}
sleep 0.0$((RANDOM % 9 + 1)); echo "INFO fetched {{ ds }}"
"""
for name, (schedule, start, tags, owner) in JOBS.items():
    with DAG(name, schedule=schedule, start_date=start, catchup=True, max_active_runs=2, tags=tags, default_args={"owner": owner},
             description=f"{name.replace('_', ' ').replace('.', ': ')}, kept by {owner}"):
        fetch = BashOperator(task_id="fetch", bash_command=FETCH)
        train = BashOperator(task_id="train" if owner == "ml" else "transform", bash_command="sleep {{ dag_run.conf.get('train', 0.1) }}; echo INFO done",
                             pool="gpu" if owner == "ml" else "default_pool")
        fetch >> train >> BashOperator(task_id="publish", bash_command="echo INFO published {{ ts }}")
`

export const BROKEN = `from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("supplier_invoices", schedule="@daily"):
    load = BashOperator(task_id="load", bash_command="load-invoices {{ ds }}")
    load >> PythonOperator(task_id="check", python_callable=print)
`

export const backup = (start: string): string => `"""Dumps every table and sends the dump out of the house."""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

DUMP = """
for table in $(seq 1 {{ dag_run.conf.get('tables', 3) }}); do echo "INFO table $table of {{ dag_run.conf.get('tables', 3) }} dumped"; sleep 0.{{ dag_run.conf.get('pause', 1) }}; done
"""
with DAG("nightly_backup", schedule="0 2 * * *", start_date=datetime(${start}), catchup=True, max_active_runs=2, tags=["operations"],
         default_args={"owner": "operations"}, description="Every table, every night"):
    dump = BashOperator(task_id="dump", bash_command=DUMP)
    dump >> BashOperator(task_id="upload", bash_command="sleep 0.1; echo INFO uploaded", pool="uplink")
`
