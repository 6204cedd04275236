/** How late a scheduled run is created. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DagRun } from '../../server/contract/dagRun.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Row } from '../harness/row.ts'
import { withServer } from '../harness/server.ts'
import { percentile, show } from '../harness/statistics.ts'

/** Ten DAGs that are due every second, at the same instants. */
const DAGS = 10
const WATCHED_MS = 10_000

const file = `from datetime import datetime, timedelta
from vortex import DAG, EmptyOperator

for number in range(${DAGS}):
    with DAG(f"due_{number}", start_date=datetime(2026, 1, 1), schedule=timedelta(seconds=1), catchup=False, is_paused_upon_creation=False):
        EmptyOperator(task_id="done")
`

export const schedule: Row = {
  name: 'schedule',
  run: () =>
    withFolder(async (folder) => {
      const dags = writeFiles(join(folder, 'dags'), { 'due.py': file })
      return await withServer({ folder, dags }, async (server) => {
        await server.dagsKnown(DAGS)
        const from = Date.now() + 2_000
        await sleep(2_000 + WATCHED_MS)
        const { data } = await server.call<{ data: DagRun[] }>('GET', '/api/dags/~/runs?limit=500&run_type=scheduled')
        const late = data
          .filter(({ run_after }) => Date.parse(run_after) >= from)
          .map(({ run_after, queued_time }) => Date.parse(queued_time) - Date.parse(run_after))
        if (late.length < (DAGS * WATCHED_MS) / 2_000) throw new Error(`Only ${late.length} scheduled runs appeared.`)
        const [p50, p99] = [percentile(late, 0.5), percentile(late, 0.99)]
        return [
          {
            what: 'scheduled time to run created',
            figure: `p50 ${show(p50, 'ms')}, p99 ${show(p99, 'ms')}`,
            goal: '<= 50 ms',
            ratio: null,
            is_met: p99 <= 50,
            note: `${late.length} runs of ${DAGS} DAGs that are due at the same instants`,
          },
        ]
      })
    }),
}
