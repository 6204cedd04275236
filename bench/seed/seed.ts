/**
 * Fills a data folder (SQLite) or a PostgreSQL database with the history of a server in use: DAG files that the server itself parses,
 * and finished runs written through the store's own engine commits, so that every constraint, counter and total holds. The DAG files
 * stay beside the database: a server started on both comes up with DAGs that are not stale.
 *
 * The large DAG has `tasks` x `runs` task instances; what is left of `instances` is spread over the other DAGs.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '#db/openStore.ts'
import type { DagRecord } from '#db/records.ts'
import { startServer } from '../../server/index.ts'
import { testPython } from '../../scripts/python.ts'
import { GRAPH_DAG, GRAPH_TASKS, LARGE_DAG, seedFiles, TASKS_PER_DAG } from './dagFiles.ts'
import { writeHistory, type DagHistory } from './history.ts'
import { seedLogs } from './logs.ts'

export interface SeedOptions {
  /** Gets `home` (data folder) and `dags` (DAG folder). */
  folder: string
  /** PostgreSQL instead of SQLite. */
  database_url: string | null
  dags: number
  tasks: number
  runs: number
  instances: number
  /** Share of the many DAGs that are unpaused. */
  active: number
  print: (line: string) => void
}

/** Runs of the second large DAG: enough for its graph to have states. */
const GRAPH_RUNS = 10

export async function seed(o: SeedOptions): Promise<{ home: string; dags_folder: string }> {
  const home = join(o.folder, 'home')
  const dags_folder = join(o.folder, 'dags')
  mkdirSync(dags_folder, { recursive: true })
  for (const [name, text] of Object.entries(seedFiles(o))) writeFileSync(join(dags_folder, name), text)
  await timed(o, `parsed ${o.dags} DAGs`, () => parseAll(o, home, dags_folder))
  const store = await openStore(o.database_url === null ? { folder: home, synchronous: 'NORMAL' } : { database_url: o.database_url })
  try {
    const { runs, task_instances, newest } = await timed(o, 'wrote the history', () => writeHistory(store, historyOf(o)))
    o.print(`  ${runs.toLocaleString('en')} runs, ${task_instances.toLocaleString('en')} task instances`)
    await timed(o, 'wrote the logs', () => seedLogs(store, newest))
  } finally {
    await store.close()
  }
  return { home, dags_folder }
}

/** The server itself reads the files; it starts nothing, because all DAGs begin paused. */
async function parseAll(o: SeedOptions, home: string, dags_folder: string): Promise<void> {
  const server = await startServer(
    {
      dataFolder: home,
      dagsFolder: dags_folder,
      port: 0,
      pausedDefault: true,
      workerCapacity: 0,
      python: testPython(),
      ...(o.database_url === null ? {} : { databaseUrl: o.database_url }),
    },
    { log_level: 'error' },
  )
  try {
    await server.dagsReady
    const { total } = await server.store.dagFileErrorList({ limit: 1, offset: 0 })
    if (total > 0) throw new Error(`${total} of the generated DAG files were not accepted`)
  } finally {
    await server.stop()
  }
}

function historyOf(o: SeedOptions): (dag: DagRecord) => DagHistory {
  const rest = Math.max(0, o.instances - o.tasks * o.runs - Math.min(GRAPH_TASKS, o.tasks) * GRAPH_RUNS)
  const runs = Math.ceil(rest / TASKS_PER_DAG / Math.max(1, o.dags - 2))
  let place = 0
  return ({ dag_id }) => {
    if (dag_id === LARGE_DAG) return { runs: o.runs, is_paused: true, task_seconds: 20, failures: 0.2 }
    if (dag_id === GRAPH_DAG) return { runs: GRAPH_RUNS, is_paused: true, task_seconds: 20, failures: 0.2 }
    place += 1
    return { runs, is_paused: place % 100 >= o.active * 100, task_seconds: 2 + ((place * 37) % 60), failures: null }
  }
}

async function timed<T>(o: SeedOptions, what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  o.print(`${what} in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return result
}

/** Takes an earlier seeding away, so that the same folder can be filled again. */
export function clearFolder(folder: string): void {
  for (const name of ['home', 'dags']) rmSync(join(folder, name), { recursive: true, force: true })
}
