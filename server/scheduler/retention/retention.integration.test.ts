/** Retention over real databases and real files: what `du` says, kill -9 in the middle, and what is left. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import { Subject } from '#db/conformance/subject.ts'
import { openPostgres } from '#db/postgres/open.ts'
import { openSqlite } from '#db/sqlite/open.ts'
import type { Store } from '#db/store.ts'
import { freshPostgresUrl, temporaryFolder } from '#testkit/databases.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeLedgerEntry } from '#testkit/makeRecords.ts'
import { seedRuns } from './testing/seedRuns.ts'
import { startRetention } from './testing/startRetention.ts'

const DAY = 86_400_000
const RUNS = 300
const TASKS = 4
const PROGRAM = new URL('./testing/retentionProcess.ts', import.meta.url).pathname

/** Kilobytes of the logs' files, without those of the 1000 folders that hold them. */
function duLogs(folder: string): number {
  const shards = readdirSync(join(folder, 'logs')).length
  return Number(execFileSync('du', ['-sk', join(folder, 'logs')], { encoding: 'utf8' }).split('\t')[0]) - 4 * (shards + 1)
}

/** A DAG with runs of 40 days ago and of today, and versions that are and are not in use. */
async function seed(store: Store): Promise<void> {
  const s = new Subject(store)
  const old = Date.now() - 40 * DAY
  const version = async (n: number, now: number) => {
    await store.blobsPut({ blobs: [{ sha256: String(n).padEnd(64, '0'), content: Buffer.from(`version ${n}`) }] })
    const saved = await store.dagFileSave({
      record: {
        file: 'd.py',
        hash: String(n),
        parsed_at: now,
        duration_ms: 1,
        dag_ids: ['d'],
        inputs: { files: [], variables: [], environment: [] },
        error: null,
        fork_hazard: null,
      },
      specs: [makeDagSpec('d', { description: `version ${n}` })],
      bundle: { hash: `bundle ${n}`, files: [{ path: 'd.py', sha256: String(n).padEnd(64, '0'), size: 9 }] },
      paused_default: true,
      now,
    })
    return saved.changed[0]?.version.id ?? 0
  }
  const first = await version(1, old)
  const second = await version(2, old + DAY)
  await seedRuns(s, 'd', first, { runs: RUNS, tasks: TASKS, ended: old, log_bytes: (task) => [0, 500, 20_000, 60_000][task % TASKS] ?? 0 })
  await seedRuns(s, 'd', second, { runs: 10, tasks: TASKS, ended: Date.now() - DAY, log_bytes: () => 20_000 })
  await version(3, Date.now())
  await s.commit({
    ledger_insert: Array.from({ length: 150 }, () => makeLedgerEntry(s.id(), { at: old, dag_id: 'd', kind: 'dag.paused' })),
  })
  await store.leaderResign({ holder: 'subject', epoch: (await s.term()).epoch })
}

async function checkLeft(store: Store): Promise<void> {
  const page = { limit: 500, offset: 0 }
  expect((await store.dagRunList({ dag_id: 'd', ...page })).total).toBe(10)
  expect((await store.dagVersionList({ dag_id: 'd', ...page })).data.map((row) => row.version)).toEqual([3, 2])
  expect(await store.bundleGet({ hash: 'bundle 1' })).toBeNull()
  expect(await store.blobsHave({ hashes: [1, 2, 3].map((n) => String(n).padEnd(64, '0')) })).toHaveLength(2)
  const told = (await store.ledgerList({ dag_id: 'd', ...page })).data.filter((row) => row.actor === 'retention')
  const counts = told.map((row) => Number(/^(\d+) runs?/.exec(row.message ?? '')?.[1]))
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(RUNS)
}

/** One sweep in a process of its own; `kill_after` = ms after it began to sweep. False = it was killed. */
async function sweepProcess(folder: string, kill_after: number | null): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, folder, '30'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (kill_after !== null) setTimeout(() => child.kill('SIGKILL'), kill_after)
  })
  await once(child, 'close')
  return lines.length === 2
}

/** What a half deletion would leave. */
function checkWhole(folder: string): number {
  const db = new SqliteDatabase(join(folder, 'vortex.db'))
  const number = (text: string): number => Number(Object.values(db.prepare(text).get() as object)[0])
  try {
    expect(number('SELECT count(*) FROM task_instances')).toBe(TASKS * number('SELECT count(*) FROM dag_runs'))
    expect(number('SELECT count(*) FROM attempts')).toBe(number('SELECT count(*) FROM task_instances'))
    expect(number('SELECT count(*) FROM xcoms')).toBe(number('SELECT count(*) FROM task_instances'))
    expect(number('SELECT count(*) FROM ledger WHERE dag_run_id IS NOT NULL')).toBe(4 * number('SELECT count(*) FROM task_instances'))
    expect(number('SELECT sum(n) FROM ledger_counts')).toBe(number('SELECT count(*) FROM ledger'))
    expect(number('SELECT sum(n) FROM dag_run_counts')).toBe(number('SELECT count(*) FROM dag_runs'))
    expect(
      number(
        'SELECT count(*) FROM logs WHERE task_instance_id NOT IN (SELECT id FROM task_instances) AND task_instance_id NOT IN (SELECT task_instance_id FROM log_deletions)',
      ),
    ).toBe(0)
    expect(db.pragma('foreign_key_check')).toEqual([])
    return number('SELECT count(*) FROM dag_runs')
  } finally {
    db.close()
  }
}

test('SQLite: killed again and again in the middle, everything is whole each time; the disk is given back', async () => {
  await using folder = await temporaryFolder()
  let store = await openSqlite({ folder: folder.path, synchronous: 'NORMAL' })
  await seed(store)
  const size = await store.storageSize()
  await store.close()
  const before = duLogs(folder.path)
  const left: number[] = [checkWhole(folder.path)]
  expect(left).toEqual([RUNS + 10])
  for (const kill_after of [5, 30, 60, 100, 20, 45]) {
    await sweepProcess(folder.path, kill_after)
    left.push(checkWhole(folder.path))
  }
  // It got on whenever it had the time to.
  expect(left).toEqual([...left].sort((a, b) => b - a))
  expect(new Set(left).size).toBeGreaterThan(3)
  expect(await sweepProcess(folder.path, null)).toBe(true)
  expect(checkWhole(folder.path)).toBe(10)
  store = await openSqlite({ folder: folder.path })
  await checkLeft(store)
  // The files of the last batches go after the answer; an opened store takes up what is left.
  await expect.poll(() => duLogs(folder.path), { timeout: 10_000 }).toBeLessThan(before * 0.2)
  const after = await store.storageSize()
  expect(after.log_bytes).toBeLessThan(size.log_bytes)
  await store.close()
  const db = new SqliteDatabase(join(folder.path, 'vortex.db'), { readonly: true })
  const free = Number(db.pragma('freelist_count', { simple: true })) / Number(db.pragma('page_count', { simple: true }))
  db.close()
  expect(free).toBeGreaterThan(0.5)
})

test('PostgreSQL: old runs go with their logs, and triggers go on meanwhile', async () => {
  const store = await openPostgres({ url: await freshPostgresUrl() })
  try {
    await seed(store)
    const { retention, commands, stop } = await startRetention(store, 30)
    const sweep = retention.sweep()
    const made = await commands.dagTrigger({ dag_id: 'd', conf: {}, logical_date: null, run_id: null, note: null, actor: 'x' })
    expect(await sweep).toMatchObject({ dag_runs: RUNS, ledger_entries: 150, dag_versions: 1, files: 2 })
    await commands.runCancel({ dag_id: 'd', run_id: made.run_id, actor: 'x' })
    await commands.runDelete({ dag_id: 'd', run_id: made.run_id, actor: 'x' })
    await stop()
    await checkLeft(store)
    await expect.poll(() => store.logStat({ task_instance_id: 3, attempt: 1 })).toBeNull()
  } finally {
    await store.close()
  }
})
