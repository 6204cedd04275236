/** The engine alone: durable runs with a worker that answers at once, against the raw life-cycle loop in the same process. */
import { startTemporaryPostgres } from '#testkit/temporaryPostgres.ts'
import { openStore } from '#db/openStore.ts'
import type { Store } from '#db/store.ts'
import { layeredDag, runEngine } from '../engine.ts'
import { withFolder } from '../harness/folder.ts'
import type { Row } from '../harness/row.ts'
import { median, show } from '../harness/statistics.ts'
import { rawLives } from '../raw/commits.ts'
import { rawPostgresLives } from '../raw/postgresCommits.ts'

const TASKS = 20_000
const WIDTH = 1_000
const PER_COMMIT = 500
const RUNS = 3

async function rateOn(store: Store): Promise<number> {
  try {
    await store.poolPut({ name: 'bench', slots: -1, description: '', include_deferred: false })
    return (await runEngine(store, layeredDag(TASKS, WIDTH), WIDTH)).tasks_per_second
  } finally {
    await store.close()
  }
}

const onSqlite = (synchronous: 'FULL' | 'NORMAL'): Promise<number> =>
  withFolder(async (folder) => rateOn(await openStore({ folder, synchronous })))

export const engine: Row = {
  name: 'engine',
  run: async () => {
    const rates: Record<'FULL' | 'NORMAL' | 'raw', number[]> = { FULL: [], NORMAL: [], raw: [] }
    for (let i = 0; i < RUNS; i++) {
      rates.raw.push(rawLives({ synchronous: 'NORMAL', lives: TASKS, per_commit: PER_COMMIT }))
      rates.FULL.push(await onSqlite('FULL'))
      rates.NORMAL.push(await onSqlite('NORMAL'))
    }
    const [full, normal, raw] = [median(rates.FULL), median(rates.NORMAL), median(rates.raw)]
    return [
      {
        what: 'engine alone, SQLite FULL',
        figure: show(full, 'tasks/s'),
        goal: '>= 0.2 x raw',
        ratio: full / raw,
        is_met: full >= 0.2 * raw,
        note: `raw loop ${show(raw, 'lives/s')}`,
      },
      {
        what: 'engine alone, SQLite NORMAL',
        figure: show(normal, 'tasks/s'),
        goal: '<= 1.5 x FULL',
        ratio: normal / raw,
        is_met: normal <= 1.5 * full,
        note: `${(normal / full).toFixed(2)} x FULL`,
      },
    ]
  },
}

export const enginePostgres: Row = {
  name: 'engine-postgres',
  run: async () => {
    const server = await startTemporaryPostgres({ durable: true })
    try {
      const rates: number[] = []
      const raws: number[] = []
      for (let i = 0; i < RUNS; i++) {
        await server.createDatabase(`engine_${i}`)
        await server.createDatabase(`raw_${i}`)
        raws.push(await rawPostgresLives({ url: server.url(`raw_${i}`), lives: TASKS, per_commit: PER_COMMIT }))
        rates.push(await rateOn(await openStore({ database_url: server.url(`engine_${i}`) })))
      }
      const [rate, raw] = [median(rates), median(raws)]
      return [
        {
          what: 'engine alone, PostgreSQL',
          figure: show(rate, 'tasks/s'),
          goal: '>= 0.4 x raw',
          ratio: rate / raw,
          is_met: rate >= 0.4 * raw,
          note: `raw: three statements of ${PER_COMMIT} lives, one transaction each, ${show(raw, 'lives/s')}`,
        },
      ]
    } finally {
      await server.destroy()
    }
  },
}
