/** DAG files with mapped tasks: over what a task returned, over a literal list, and a mapped group. */

const HEAD = `import os
from datetime import datetime
from vortex import DAG, task, task_group
`
const dag = (dag_id: string): string =>
  `with DAG(${JSON.stringify(dag_id)}, start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=10000):`

/** Items as people have them: a number and a path. The one numbered `bad` fails while the file \`flag\` exists. */
const items = (count: number): string =>
  `[{"n": i, "path": f"s3://warehouse/events/2026-01-01/part-{i:05d}.snappy.parquet"} for i in range(${count})]`

function work(flag: string, count: number): string {
  return `
def work(item):
    if item["n"] == ${count >> 1} and os.path.exists(${JSON.stringify(flag)}):
        raise ValueError("this item is bad")
    return item["n"]
`
}

const TOTAL = `
    @task
    def total(values):
        return sum(values)
`

export interface MappedFile {
  dag_id: string
  text: string
  /** The task that the bench looks at and clears. */
  task_id: string
  /** Instances of its mapped tasks together. */
  instances: number
}

export function overResult(count: number, flag: string): MappedFile {
  const dag_id = 'mapped_result'
  const text = `${HEAD}${work(flag, count)}
${dag(dag_id)}
    @task
    def source():
        return ${items(count)}
${TOTAL}
    total(task(work).expand(item=source()))
`
  return { dag_id, text, task_id: 'work', instances: count }
}

export function overLiteral(count: number, flag: string): MappedFile {
  const dag_id = 'mapped_literal'
  const text = `${HEAD}${work(flag, count)}
${dag(dag_id)}
${TOTAL}
    total(task(work).expand(item=${items(count)}))
`
  return { dag_id, text, task_id: 'work', instances: count }
}

/** Five tasks, one after the other, for each item. */
export function overGroup(count: number, flag: string): MappedFile {
  const dag_id = 'mapped_group'
  const text = `${HEAD}${work(flag, count)}
def more(n):
    return n + 1

${dag(dag_id)}
    @task
    def source():
        return ${items(count)}
${TOTAL}
    @task_group
    def each(item):
        value = task(work)(item)
        for i in range(4):
            value = task(more, task_id=f"more_{i}")(value)
        return value

    total(each.expand(item=source()))
`
  return { dag_id, text, task_id: 'each.work', instances: 5 * count }
}
