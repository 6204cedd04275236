/** The server that the screenshots show: DAGs as a small company has them, with a month of real runs. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRealServer, type RealServer } from '../realServer.ts'

const EXAMPLES = join(import.meta.dirname, '../../dags')
const DAY = 86_400_000
const DAYS = 30

const SALES = `"""
# Sales warehouse

Loads yesterday's orders of three shops, joins them with the price list, checks them, and refreshes the reports.
Whoever is on call: a failing \`quality\` check means a shop sent doubled orders; ask for a new export and clear the task.
"""

from datetime import datetime, timedelta
import random
import time

from airflow import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup


def work(seconds, rows, ti, ds, fails_on=None, **_):
    dice = random.Random(f"{ds}{ti.task_id}")
    print(f"::group::Reading {rows:,} rows")
    for part in range(4):
        time.sleep(seconds * dice.uniform(0.1, 0.4))
        print(f"INFO read part {part + 1} of 4: {rows // 4:,} rows")
    print("::endgroup::")
    if fails_on is not None and int(ds[-2:]) % fails_on == 0 and ti.try_number < 3:
        print("WARNING 212 order numbers appear twice")
        raise ValueError(f"212 doubled orders on {ds}: ask the shop for a new export")
    print(f"INFO done, {rows:,} rows written")
    return {"rows": rows, "day": ds, "shops": ["berlin", "lyon", "porto"]}


with DAG(
    "sales_warehouse",
    schedule="30 5 * * *",
    start_date=datetime(2026, 9, 1),
    catchup=False,
    tags=["sales", "warehouse"],
    default_args={"owner": "warehouse", "retries": 1, "retry_delay": timedelta(seconds=1)},
    params={
        "shop": Param("all", type="string", enum=["all", "berlin", "lyon", "porto"], description="Load one shop only."),
        "full_reload": Param(False, type="boolean", description="Drops the day and loads it again."),
        "limit": Param(100000, type="integer", minimum=1, description="Rows per shop."),
    },
    doc_md=__doc__,
) as dag:
    begin = BashOperator(task_id="wait_for_exports", bash_command="echo exports of {{ ds }} are there; sleep 0.1")
    with TaskGroup("extract") as extract:
        for shop, rows in (("berlin", 48210), ("lyon", 31877), ("porto", 20459)):
            PythonOperator(task_id=shop, python_callable=work, op_kwargs={"seconds": 0.25, "rows": rows})
    with TaskGroup("transform") as transform:
        clean = PythonOperator(task_id="clean", python_callable=work, op_kwargs={"seconds": 0.2, "rows": 100546})
        join = PythonOperator(task_id="join_prices", python_callable=work, op_kwargs={"seconds": 0.5, "rows": 100546})
        quality = PythonOperator(task_id="quality", python_callable=work, op_kwargs={"seconds": 0.1, "rows": 100546, "fails_on": 9})
        clean >> join >> quality
    load = PythonOperator(task_id="load_warehouse", python_callable=work, op_kwargs={"seconds": 0.4, "rows": 100334})
    report = BashOperator(task_id="refresh_reports", bash_command="echo reports of {{ ds }} for {{ params.shop }}; sleep 0.1")
    tell = BashOperator(task_id="tell_finance", bash_command="echo {{ ti.xcom_pull('load_warehouse')['rows'] }} rows", trigger_rule="all_done")
    begin >> extract >> transform >> load >> [report, tell]
`

const SMALL = `"""Small jobs of the other teams."""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

JOBS = {
    "customer_segments": ("0 */6 * * *", ["marketing"], "marketing"),
    "exchange_rates": ("*/15 * * * *", ["finance"], "finance"),
    "inventory_snapshot": ("0 * * * *", ["warehouse"], "warehouse"),
    "ml.churn_features": ("0 3 * * *", ["ml"], "ml"),
    "ml.churn_training": ("0 4 * * 1", ["ml"], "ml"),
    "web_sessions": ("@hourly", ["web", "sales"], "web"),
}
for name, (schedule, tags, owner) in JOBS.items():
    with DAG(name, schedule=schedule, start_date=datetime(2026, 11, 1), catchup=False, tags=tags, default_args={"owner": owner},
             description=f"{name.replace('_', ' ').replace('.', ': ')}, kept by {owner}"):
        fetch = BashOperator(task_id="fetch", bash_command="sleep 0.1; echo fetched")
        fetch >> BashOperator(task_id="transform", bash_command="sleep 0.2; echo transformed") >> BashOperator(task_id="publish", bash_command="echo published")
`

const BROKEN = `from airflow import DAG
from airflow.providers.acme.operators import AcmeOperator

with DAG("supplier_invoices", schedule="@daily"):
    AcmeOperator(task_id="load", conection="acme_prod")
    PythonOperator(task_id="check", python_callable=print)
`

const SLOW = `"""Still running while the pictures are taken."""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("nightly_backup", schedule="0 2 * * *", start_date=datetime(2026, 11, 1), catchup=False, tags=["operations"], default_args={"owner": "operations"}):
    dump = BashOperator(task_id="dump", bash_command="for i in $(seq 1 600); do echo \\"INFO table $i of 600 dumped\\"; sleep 1; done")
    dump >> BashOperator(task_id="upload", bash_command="echo uploaded", pool="uplink")
`

export interface Scene extends RealServer {
  /** A failed, a successful and a running run. */
  failed: string
  good: string
  running: string
}

export async function makeScene(): Promise<Scene> {
  const examples = Object.fromEntries(
    readdirSync(EXAMPLES).flatMap((file) => (file.endsWith('.py') ? [[file, readFileSync(join(EXAMPLES, file), 'utf8')]] : [])),
  )
  const dags = { ...examples, 'sales/warehouse.py': SALES, 'small_jobs.py': SMALL, 'supplier_invoices.py': BROKEN, 'backup.py': SLOW }
  const real = await startRealServer({ dags, capacity: 8 })
  const { api } = real
  await api.createPool({ body: { name: 'uplink', slots: 1, description: 'The office line takes one upload at a time.' } })
  await api.setVariable({ params: { key: 'warehouse_schema' }, body: { value: 'sales_2026', description: 'Where loads are written.' } })
  await api.setVariable({ params: { key: 'slack_token' }, body: { value: 'not shown', description: '' } })
  await api.setSecret({ body: { key: 'warehouse_password', value: 'never shown' } })
  await api.createUser({ body: { username: 'on-call', password: 'a long password for on-call', role: 'Operator' } })
  await api.createUser({ body: { username: 'finance', password: 'a long password for finance', role: 'Viewer' } })
  await api.createApiKey({ body: { name: 'deployment', expires_in_days: 90 } })
  const today = new Date(Math.floor(Date.now() / DAY) * DAY)
  const begin = new Date(today.getTime() - DAYS * DAY)
  const range = { start_date: begin.toISOString(), end_date: today.toISOString() }
  await api.createBackfill({ params: { dag_id: 'sales_warehouse' }, body: { ...range, max_active_runs: 4 } })
  for (const dag_id of [
    'mapped_regions',
    'taskflow_etl',
    'branching',
    'hundred_tasks',
    'customer_segments',
    'exchange_rates',
    'ml.churn_features',
    'web_sessions',
  ])
    for (let run = 0; run < 3; run++) await api.triggerDag({ params: { dag_id }, body: {} })
  await ended(real)
  const slow = await api.triggerDag({ params: { dag_id: 'nightly_backup' }, body: {} })
  await real.writeDag(
    'sales/warehouse.py',
    SALES.replace('"limit": Param(100000', '"limit": Param(250000').replace('retries": 1', 'retries": 2'),
  )
  await sleep(2_000)
  const runs = await api.listRuns({ params: { dag_id: 'sales_warehouse' }, query: { limit: 100 } })
  const newest = (state: string) => runs.data.find((run) => run.state === state)?.run_id ?? runs.data[0]?.run_id ?? ''
  return { ...real, failed: newest('failed'), good: newest('success'), running: slow.run_id }
}

async function ended({ api }: RealServer): Promise<void> {
  for (const until = Date.now() + 900_000; Date.now() < until; await sleep(500)) {
    const active = await Promise.all(
      (['queued', 'running'] as const).map((state) => api.listRuns({ params: { dag_id: '~' }, query: { state, limit: 1 } })),
    )
    if (active.every(({ total }) => total === 0)) return
  }
  throw new Error('The runs for the screenshots did not end within fifteen minutes.')
}
