/** Finished runs in a real store, with everything that hangs on runs. */
import { makeAttempt, makeLedgerEntry, makeRun, makeTaskInstance, makeXCom } from '#testkit/makeRecords.ts'
import type { Subject } from '#db/conformance/subject.ts'

export interface Seed {
  runs: number
  /** Task instances of each. */
  tasks: number
  /** When the first one ended; the others follow a second apart. */
  ended: number
  /** Bytes of each log: 0 = none, up to a few kB a row, more a file. */
  log_bytes: (task: number) => number
}

export async function seedRuns(s: Subject, dag_id: string, version: number, seed: Seed): Promise<void> {
  for (let first = 0; first < seed.runs; first += 100) {
    const runs = Array.from({ length: Math.min(100, seed.runs - first) }, (_, i) => {
      const end_time = seed.ended + (first + i) * 1000
      return makeRun(s.id(), dag_id, version, {
        state: 'success',
        logical_date: end_time,
        end_time,
        task_counts: { success: seed.tasks },
      })
    })
    const tasks = runs.flatMap((run) =>
      Array.from({ length: seed.tasks }, (_, i) => makeTaskInstance(s.id(), run.id, { task_id: `t${i}`, state: 'success', try_number: 1 })),
    )
    const at = seed.ended
    await s.commit({
      dag_runs_insert: runs,
      task_instances_insert: tasks,
      attempts_insert: tasks.map(({ id }) => makeAttempt(id, 1, { state: 'success', end_time: at })),
      xcoms_put: tasks.map((row) => makeXCom(row.dag_run_id, row.task_id, { value: '"a value as short as most"' })),
      ledger_insert: tasks.flatMap((row) =>
        ['scheduled', 'queued', 'running', 'success'].map((to_state) =>
          makeLedgerEntry(s.id(), { at, dag_id, dag_run_id: row.dag_run_id, task_instance_id: row.id, attempt: 1, to_state }),
        ),
      ),
    })
    await Promise.all(tasks.map(({ id }, i) => writeLog(s, id, seed.log_bytes(i))))
  }
}

async function writeLog(s: Subject, task_instance_id: number, size: number): Promise<void> {
  if (size === 0) return
  const log = { task_instance_id, attempt: 1, truncated: false, bytes: Buffer.alloc(size, 'a line of a log\n') }
  if (size <= 8192) return await s.store.logWhole(log)
  await s.store.logAppend({ ...log, offset: 0 })
  await s.store.logFinish(log)
}
