/**
 * engineCommit against the raw loop, in one run: a life is three state changes of a task instance, three ledger entries, one
 * attempt inserted and twice updated. One commit is in flight at a time, as the engine does it.
 * `node bench/store.ts [lives] [lives per commit]`; PostgreSQL is measured too (VORTEX_TEST_DATABASE_URL, else a temporary one).
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { AT, makeAttempt, makeCommit, makeDagFile, makeLedgerEntry, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { startTemporaryPostgres } from '#testkit/temporaryPostgres.ts'
import { openPostgres } from '#db/postgres/open.ts'
import { openSqlite } from '#db/sqlite/open.ts'
import type { EngineCommit, Store } from '#db/store.ts'
import { rawLives } from './raw/commits.ts'

export interface StoreRates {
  lives_per_second: number
  /** Share of the time in which the caller's own thread was busy encoding and sending. */
  caller_share: number
}

export async function storeLives(store: Store, p: { lives: number; per_commit: number }): Promise<StoreRates> {
  const term = await store.leaderAcquire({ holder: 'bench', lease_ms: 3_600_000 })
  if (term === null) throw new Error('somebody else leads')
  let seq = term.commit_seq
  let ledger = 0
  const commit = async (change: Partial<EngineCommit>): Promise<void> => {
    const outcome = await store.engineCommit(makeCommit(term.epoch, ++seq, change))
    if (outcome.status !== 'committed') throw new Error(JSON.stringify(outcome))
  }
  const saved = await store.dagFileSave({
    record: makeDagFile('bench.py'),
    specs: [makeDagSpec('bench')],
    bundle: { hash: 'b', files: [] },
    paused_default: true,
    now: AT,
  })
  const version = saved.changed[0]?.version.id ?? 0
  await commit({ dag_runs_insert: [makeRun(1, 'bench', version)] })
  for (let first = 1; first <= p.lives; first += 5000) {
    await commit({
      task_instances_insert: range(first, Math.min(first + 4999, p.lives)).map((id) => makeTaskInstance(id, 1, { state: 'scheduled' })),
    })
  }
  const entry = (id: number, from_state: string, to_state: string) =>
    makeLedgerEntry(++ledger, {
      dag_id: 'bench',
      dag_run_id: 1,
      task_instance_id: id,
      attempt: 1,
      from_state,
      to_state,
      cause: 'worker_report',
    })
  const busy = process.threadCpuUsage()
  const start = performance.now()
  for (let first = 1; first <= p.lives; first += p.per_commit) {
    const ids = range(first, Math.min(first + p.per_commit - 1, p.lives))
    await commit({
      attempts_insert: ids.map((id) => makeAttempt(id, 1)),
      task_instances_update: ids.map((id) => ({
        id,
        expect_state: 'scheduled',
        expect_try_number: 0,
        set: { state: 'queued', try_number: 1, queued_time: AT, worker_id: 'worker-1', lease_token: `lease-${id}-1` },
      })),
      ledger_insert: ids.map((id) => entry(id, 'scheduled', 'queued')),
    })
    await commit({
      attempts_update: ids.map((id) => ({
        task_instance_id: id,
        attempt: 1,
        expect_lease_token: `lease-${id}-1`,
        set: { state: 'running', pid: id, start_time: AT },
      })),
      task_instances_update: ids.map((id) => ({
        id,
        expect_state: 'queued',
        expect_try_number: 1,
        set: { state: 'running', start_time: AT },
      })),
      ledger_insert: ids.map((id) => entry(id, 'queued', 'running')),
    })
    await commit({
      attempts_update: ids.map((id) => ({
        task_instance_id: id,
        attempt: 1,
        expect_lease_token: `lease-${id}-1`,
        set: { state: 'success', exit_code: 0, end_time: AT },
      })),
      task_instances_update: ids.map((id) => ({
        id,
        expect_state: 'running',
        expect_try_number: 1,
        set: { state: 'success', end_time: AT, lease_token: null },
      })),
      ledger_insert: ids.map((id) => entry(id, 'running', 'success')),
    })
  }
  const elapsed = performance.now() - start
  const used = process.threadCpuUsage(busy)
  return { lives_per_second: (p.lives / elapsed) * 1000, caller_share: (used.user + used.system) / 1000 / elapsed }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

async function sqliteLives(synchronous: 'FULL' | 'NORMAL', p: { lives: number; per_commit: number }): Promise<StoreRates> {
  const folder = mkdtempSync(join(tmpdir(), 'vortex-bench-'))
  const store = await openSqlite({ folder, synchronous })
  try {
    return await storeLives(store, p)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function postgresLives(p: { lives: number; per_commit: number }): Promise<StoreRates> {
  const server = await startTemporaryPostgres({ durable: true })
  try {
    await server.createDatabase('bench')
    const store = await openPostgres({ url: server.url('bench') })
    const rates = await storeLives(store, p)
    await store.close()
    return rates
  } finally {
    await server.destroy()
  }
}

if (import.meta.main) {
  const p = { lives: Number(process.argv[2] ?? 30_000), per_commit: Number(process.argv[3] ?? 500) }
  const show = (name: string, { lives_per_second, caller_share }: StoreRates, floor: number): void =>
    print(
      `${name.padEnd(22)} ${String(Math.round(lives_per_second)).padStart(7)} lives/s   ${(lives_per_second / floor).toFixed(2)} of raw   caller busy ${(caller_share * 100).toFixed(0)} %`,
    )
  const floor = rawLives({ ...p, synchronous: 'NORMAL' })
  print(`raw SQLite NORMAL      ${String(Math.round(floor)).padStart(7)} lives/s   (${p.per_commit} lives a commit)`)
  show('engineCommit NORMAL', await sqliteLives('NORMAL', p), floor)
  show('engineCommit FULL', await sqliteLives('FULL', p), floor)
  if (!process.argv.includes('--no-postgres')) show('engineCommit PostgreSQL', await postgresLives(p), floor)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
