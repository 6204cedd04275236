/** The DAG files of a seeded server: real files that the server parses, so that every version and every page of theirs is genuine. */

export const LARGE_DAG = 'warehouse_rebuild'
export const GRAPH_DAG = 'feature_store'
export const GRAPH_TASKS = 2_000
/** Tasks of each of the many DAGs. */
export const TASKS_PER_DAG = 10
/** DAGs of one file: its parse stays within the limits of one file's output. */
const DAGS_PER_FILE = 100

const HEAD = `from datetime import datetime, timedelta, timezone
from vortex import DAG, BashOperator, EmptyOperator, PythonOperator, TaskGroup
`

/** With daily schedules, each at a minute of its own: a server with some of them unpaused is never quite still. */
function manyFile(from: number, to: number): string {
  return `"""DAGs ${from} to ${to - 1} of many, all alike: ten tasks, three sources, a check, a publication."""
${HEAD}
SUBJECTS = ["orders", "customers", "payments", "stock", "shipments", "campaigns", "sessions", "tickets", "invoices", "suppliers"]
STEPS = ["ingest", "clean", "enrich", "aggregate", "export"]
OWNERS = ["data-platform", "finance", "marketing", "logistics", "support", "research"]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

for n in range(${from}, ${to}):
    subject, step = SUBJECTS[n % 10], STEPS[n // 10 % 5]
    schedule = None if n % 12 == 11 else f"{n % 60} {n // 60 % 24} * * *"
    with DAG(
        f"{subject}_{step}_{n:04}",
        description=f"{step.capitalize()}s {subject} of region {n // 50}",
        start_date=START,
        schedule=schedule,
        tags=[subject, step] + (["critical"] if n % 17 == 0 else []),
        default_args={"owner": OWNERS[n % 6], "retries": 1, "retry_delay": timedelta(seconds=30)},
    ) as dag:
        start = EmptyOperator(task_id="start")
        with TaskGroup("extract"):
            sources = [BashOperator(task_id=f"source_{i}", bash_command=f"echo reading source {i}") for i in range(3)]
        merge = BashOperator(task_id="merge", bash_command="echo merging")
        with TaskGroup("checks"):
            checks = [EmptyOperator(task_id=name) for name in ("rows", "nulls", "ranges")]
        publish = BashOperator(task_id="publish", bash_command="echo publishing")
        done = EmptyOperator(task_id="done", trigger_rule="all_done")
        start >> sources >> merge >> checks >> publish >> done
`
}

/** Layers of a hundred tasks, each fed by two or three of the layer before; ten groups of layers. */
function layeredFile(p: { dag_id: string; tasks: number; schedule: string | null; description: string }): string {
  return `"""${p.description}"""
${HEAD}
TASKS, WIDTH = ${p.tasks}, ${Math.max(1, Math.min(100, Math.round(p.tasks / 20)))}
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

with DAG(
    "${p.dag_id}",
    description="${p.description}",
    start_date=START,
    schedule=${p.schedule === null ? 'None' : JSON.stringify(p.schedule)},
    max_active_tasks=500,
    tags=["large"],
    default_args={"owner": "data-platform"},
):
    layers = [range(at, min(at + WIDTH, TASKS)) for at in range(0, TASKS, WIDTH)]
    per_stage = max(1, len(layers) // 10)
    before = []
    for stage in range(0, len(layers), per_stage):
        with TaskGroup(f"stage_{stage // per_stage:02}"):
            for layer in layers[stage : stage + per_stage]:
                here = []
                for at, n in enumerate(layer):
                    kind = BashOperator(task_id=f"table_{n:05}", bash_command=":") if n % 4 else EmptyOperator(task_id=f"table_{n:05}")
                    for up in {at, (at * 7 + 3) % WIDTH, (at + 1) % WIDTH} if n % 5 else {at}:
                        if up < len(before):
                            before[up] >> kind
                    here.append(kind)
                before = here
`
}

export interface SeedSizes {
  /** All DAGs, the large ones among them. */
  dags: number
  /** Tasks of the large DAG. */
  tasks: number
}

export function seedFiles({ dags, tasks }: SeedSizes): Record<string, string> {
  const files: Record<string, string> = {
    'warehouse.py': layeredFile({ dag_id: LARGE_DAG, tasks, schedule: '0 2 * * *', description: `Rebuilds ${tasks} tables every night` }),
    'features.py': layeredFile({
      dag_id: GRAPH_DAG,
      tasks: Math.min(GRAPH_TASKS, tasks),
      schedule: null,
      description: 'Computes the features of all models',
    }),
  }
  const many = Math.max(0, dags - 2)
  for (let from = 0; from < many; from += DAGS_PER_FILE) {
    const name = `many_${String(from / DAGS_PER_FILE).padStart(3, '0')}.py`
    files[name] = manyFile(from, Math.min(many, from + DAGS_PER_FILE))
  }
  return files
}
