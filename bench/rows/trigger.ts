/** From a trigger call to the first instruction of the run's first process, on an idle server and on a full one. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BLOCKED_DAG, blockedFile, chainFile, fanoutFile, NOOP_BASH, readLedger } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Figure, Row } from '../harness/row.ts'
import { type Server, withServer } from '../harness/server.ts'
import { percentile, show } from '../harness/statistics.ts'
import { openStore } from '#db/openStore.ts'
import { writeHistory } from '../seed/history.ts'
import type { Pool } from '../../server/contract/admin.ts'

const OLD_DAG = 'old'
const SAMPLES = 150
/** Between two samples: the server is idle again, and a child waits again. */
const PAUSE_MS = 80

async function latencies(server: Server, ledger: string): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < SAMPLES + 5; i++) {
    rmSync(ledger, { force: true })
    const { run, sent_monotonic } = await server.trigger('one')
    await server.ended(run, 10)
    // The first ones start the task host.
    if (i >= 5) found.push((readLedger(ledger)[0]?.began_ms ?? Number.NaN) - sent_monotonic)
    await sleep(PAUSE_MS)
  }
  return found
}

function oneTask(folder: string, more: Record<string, string> = {}): { ledger: string; dags: string } {
  const ledger = join(folder, 'ledger')
  return { ledger, dags: writeFiles(join(folder, 'dags'), { 'one.py': chainFile({ dag_id: 'one', tasks: 1, fibo: 1, ledger }), ...more }) }
}

async function idleLatencies(): Promise<number[]> {
  return await withFolder(async (folder) => {
    const { ledger, dags } = oneTask(folder)
    return await withServer({ folder, dags }, async (server) => {
      await server.dagsKnown(1)
      return await latencies(server, ledger)
    })
  })
}

/** The SQLite file of a stopped server gets 1,000,000 task instances of finished runs, as the engine leaves them. */
async function fillHistory(home: string): Promise<void> {
  const store = await openStore({ folder: home, synchronous: 'NORMAL' })
  const history = { runs: 100_000, is_paused: true, task_seconds: 10, failures: 0.05 }
  await writeHistory(store, ({ dag_id }) => (dag_id === OLD_DAG ? history : null))
  await store.close()
}

const shown = (samples: readonly number[]): string =>
  `p50 ${show(percentile(samples, 0.5), 'ms')}, p99 ${show(percentile(samples, 0.99), 'ms')}`

export const trigger: Row = {
  name: 'trigger',
  run: async (): Promise<Figure[]> => {
    const samples = await idleLatencies()
    return [
      {
        what: 'trigger call to first process start, idle server',
        figure: shown(samples),
        goal: 'p50 <= 5 ms, p99 <= 20 ms',
        ratio: null,
        is_met: percentile(samples, 0.5) <= 5 && percentile(samples, 0.99) <= 20,
        note: `${samples.length} calls`,
      },
    ]
  },
}

export const triggerLarge: Row = {
  name: 'trigger-large',
  is_large: true,
  run: async () => {
    const idle = await idleLatencies()
    const full = await withFolder(async (folder) => {
      const { ledger, dags } = oneTask(folder, {
        'blocked.py': blockedFile(1_000),
        'old.py': fanoutFile({ dag_id: OLD_DAG, tasks: 10, task: NOOP_BASH }),
      })
      await withServer({ folder, dags }, (server) => server.dagsKnown(3))
      await fillHistory(join(folder, 'home'))
      return await withServer({ folder, dags }, async (server) => {
        await server.dagsKnown(3)
        await server.call<Pool>('POST', '/api/pools', { name: 'closed', slots: 0 })
        for (let i = 0; i < 100; i++) await server.trigger(BLOCKED_DAG)
        return await latencies(server, ledger)
      })
    })
    const ratio = percentile(full, 0.5) / percentile(idle, 0.5)
    return [
      {
        what: 'the same with 100,000 blocked tasks and 1,000,000 finished ones',
        figure: shown(full),
        goal: '<= 1.2 x idle',
        ratio,
        is_met: ratio <= 1.2,
        note: `idle ${shown(idle)}`,
      },
    ]
  },
}
