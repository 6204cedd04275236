/** DAG files of the rows. Tasks that tell the time append one line to a ledger outside of the DAG folder. */
import { readFileSync } from 'node:fs'

const HEAD = `from datetime import datetime, timedelta
from vortex import DAG, BashOperator, EmptyOperator, PythonOperator
`

/** A chain of Python tasks that compute fibo(n) and note when they began and ended. */
export function chainFile(p: { dag_id: string; tasks: number; fibo: number; ledger: string }): string {
  return `${HEAD}import os, time

def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)

def work():
    began = time.monotonic_ns()
    fibo(${p.fibo})
    line = b"%d %d\\n" % (began, time.monotonic_ns())
    ledger = os.open(${JSON.stringify(p.ledger)}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(ledger, line)
    os.close(ledger)

with DAG(${JSON.stringify(p.dag_id)}, start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=64):
    before = None
    for i in range(${p.tasks}):
        task = PythonOperator(task_id=f"t{i}", python_callable=work)
        if before is not None:
            before >> task
        before = task
`
}

export interface TaskClock {
  began_ms: number
  ended_ms: number
}

/** What chainFile's tasks noted, on the machine's monotonic clock, in order. */
export function readLedger(path: string): TaskClock[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  const clocks = lines.map((line) => {
    const [began, ended] = line.split(' ')
    return { began_ms: Number(began) / 1e6, ended_ms: Number(ended) / 1e6 }
  })
  return clocks.sort((a, b) => a.began_ms - b.began_ms)
}

/** Independent tasks; `operator` is the Python expression after which task_id follows. */
export function fanoutFile(p: { dag_id: string; tasks: number; task: string; before?: string }): string {
  return `${HEAD}${p.before ?? ''}
with DAG(${JSON.stringify(p.dag_id)}, start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=10000):
    for i in range(${p.tasks}):
        ${p.task}
`
}

export const NOOP_BASH = `BashOperator(task_id=f"t{i}", bash_command=":")`
export const NOOP_PYTHON = `PythonOperator(task_id=f"t{i}", python_callable=noop)`
export const NOOP = `def noop():\n    pass\n`

/** One of many DAG files as people have them: five tasks, two operators, a loop. */
export function ordinaryFile(index: number): string {
  return `"""DAG number ${index}."""
${HEAD}
def report(**context):
    print(context["ds"])

with DAG("ordinary_${index}", start_date=datetime(2026, 1, 1), schedule=None, tags=["bench"], default_args={"retries": 1, "retry_delay": timedelta(minutes=5)}):
    extract = [BashOperator(task_id=f"extract_{i}", bash_command=f"echo {i}") for i in range(3)]
    extract >> EmptyOperator(task_id="all") >> PythonOperator(task_id="report", python_callable=report)
`
}

export const BLOCKED_DAG = 'blocked'

/** Its head waits in a pool without slots (`closed`), all others wait for the head. */
export function blockedFile(tasks: number): string {
  return `from datetime import datetime
from vortex import DAG, BashOperator, EmptyOperator

with DAG("${BLOCKED_DAG}", start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=1000):
    head = BashOperator(task_id="head", bash_command=":", pool="closed")
    for i in range(${tasks - 1}):
        head >> BashOperator(task_id=f"t{i}", bash_command=":")
`
}
