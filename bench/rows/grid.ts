/** The answer of the grid against the raw read of the same task instances from the same SQLite file. */
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { openStore } from '#db/openStore.ts'
import type { Grid } from '../../server/contract/grid.ts'
import { fanoutFile, NOOP_BASH } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Figure, Row } from '../harness/row.ts'
import { type Server, withServer } from '../harness/server.ts'
import { median, show } from '../harness/statistics.ts'
import { writeHistory } from '../seed/history.ts'

const SHAPES = [
  { dag_id: 'tall', tasks: 6_000, runs: 10 },
  { dag_id: 'large', tasks: 5_000, runs: 100 },
] as const
/** Past runs of a small DAG beside one with a two-hundredth of them: the page must cost the same. */
const HISTORIES = [
  { dag_id: 'few', tasks: 10, runs: 100 },
  { dag_id: 'many', tasks: 10, runs: 20_000 },
] as const
const SAMPLES = 9

async function timed(what: () => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  // The first one reads the versions.
  await what()
  for (let i = 0; i < SAMPLES; i++) {
    const began = performance.now()
    await what()
    samples.push(performance.now() - began)
  }
  return median(samples)
}

/** What any program must do at least: the states of these runs as rows, by the key that leads to them. */
function rawRead(db: SqliteDatabase.Database, p: { dag_id: string; runs: number }): number {
  return db
    .prepare(
      `SELECT dag_run_id, task_id, map_index, state FROM task_instances
       WHERE dag_run_id IN (SELECT id FROM dag_runs WHERE dag_id = ? ORDER BY id DESC LIMIT ?)`,
    )
    .all(p.dag_id, p.runs).length
}

async function againstRaw(server: Server, shape: (typeof SHAPES)[number]): Promise<Figure> {
  const { dag_id, tasks, runs } = shape
  const db = new SqliteDatabase(join(server.home, 'vortex.db'), { readonly: true })
  const rows = rawRead(db, shape)
  if (rows !== tasks * runs) throw new Error(`${dag_id} has ${rows} task instances, not ${tasks * runs}`)
  const raw = await timed(async () => rawRead(db, shape))
  db.close()
  const api = await timed(() => server.call<Grid>('GET', `/api/dags/${dag_id}/grid?limit=${runs}`))
  return {
    what: `grid of ${tasks.toLocaleString('en')} tasks x ${runs} runs: API`,
    figure: show(api, 'ms'),
    goal: '<= 3 x the raw read',
    ratio: api / raw,
    is_met: api <= 3 * raw,
    note: `raw ${show(raw, 'ms')}`,
  }
}

export const grid: Row = {
  name: 'grid',
  is_large: true,
  run: () =>
    withFolder(async (folder) => {
      const all = [...SHAPES, ...HISTORIES]
      const files = Object.fromEntries(all.map(({ dag_id, tasks }) => [`${dag_id}.py`, fanoutFile({ dag_id, tasks, task: NOOP_BASH })]))
      const dags = writeFiles(join(folder, 'dags'), files)
      await withServer({ folder, dags }, (server) => server.dagsKnown(all.length))
      const store = await openStore({ folder: join(folder, 'home'), synchronous: 'NORMAL' })
      await writeHistory(store, ({ dag_id }) => {
        const runs = all.find((each) => each.dag_id === dag_id)?.runs
        return runs === undefined ? null : { runs, is_paused: true, task_seconds: 20, failures: 0.1 }
      })
      await store.close()
      return await withServer({ folder, dags }, async (server) => {
        await server.dagsKnown(all.length)
        const figures: Figure[] = []
        for (const shape of SHAPES) figures.push(await againstRaw(server, shape))
        const [few, many] = HISTORIES
        const page = (dag_id: string) => timed(() => server.call<Grid>('GET', `/api/dags/${dag_id}/grid?limit=25`))
        const [short, long] = [await page(few.dag_id), await page(many.dag_id)]
        figures.push({
          what: `grid of 25 runs of ${many.runs.toLocaleString('en')} past ones`,
          figure: show(long, 'ms'),
          goal: `<= 1.5 x of ${few.runs} past ones`,
          ratio: long / short,
          is_met: long <= 1.5 * short,
          note: `${few.runs} past runs: ${show(short, 'ms')}`,
        })
        return figures
      })
    }),
}
