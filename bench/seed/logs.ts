/** Logs of the newest runs: short ones as most are, and a long one for those who look at scrolling. */
import type { AttemptRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import { LARGE_DAG } from './dagFiles.ts'
import type { PastRun } from './pastRun.ts'

/** Newest runs that get logs; a log is a row or a file of its own, and nobody opens thousands. */
const DAGS_WITH_LOGS = 200
const TASKS_WITH_LOGS = 20
const LONG_LINES = 200_000
const CHUNK_LINES = 5_000

const stamp = (at: number): string => new Date(at).toISOString()

function lines(from: number, to: number, began: number): string {
  let text = ''
  for (let n = from; n < to; n += 1) {
    const level = n % 97 === 0 ? 'WARNING' : n % 1_013 === 0 ? 'ERROR' : 'INFO'
    text += `[${stamp(began + n * 3)}] {load.py:${40 + (n % 200)}} ${level} - rows ${n * 1_000} to ${n * 1_000 + 999} written to part ${n % 64}\n`
  }
  return text
}

/** `newest`: the newest run of each DAG. */
export async function seedLogs(store: Store, newest: ReadonlyMap<string, PastRun>): Promise<void> {
  const large = newest.get(LARGE_DAG)
  const long = large?.attempts[0]
  if (long !== undefined) await longLog(store, long)
  for (const past of [...newest.values()].slice(0, DAGS_WITH_LOGS)) {
    const attempts = past.attempts.slice(0, TASKS_WITH_LOGS).filter((attempt) => attempt !== long)
    // Together, so that they share the database's waits for the disk.
    await Promise.all(
      attempts.map(({ task_instance_id, attempt, start_time }) =>
        store.logWhole({
          task_instance_id,
          attempt,
          bytes: Buffer.from(lines(0, 10 + (task_instance_id % 40), start_time ?? 0)),
          truncated: false,
        }),
      ),
    )
  }
}

/** Of the large DAG's newest run the first task that ran: some 20 MB. */
async function longLog(store: Store, first: AttemptRecord): Promise<void> {
  const { task_instance_id, attempt } = first
  let offset = 0
  for (let from = 0; from < LONG_LINES; from += CHUNK_LINES) {
    const bytes = Buffer.from(lines(from, from + CHUNK_LINES, first.start_time ?? 0))
    offset = await store.logAppend({ task_instance_id, attempt, offset, bytes })
  }
  await store.logFinish({ task_instance_id, attempt, truncated: false })
}
