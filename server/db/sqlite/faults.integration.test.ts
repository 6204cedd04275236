import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import SqliteDatabase from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#testkit/databases.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { AT, makeCommit, makeDagFile, makeLedgerEntry, makeRun, makeTaskInstance } from '#testkit/makeRecords.ts'
import { SHARED_METHODS } from '../methods.ts'
import { StoreUnavailable } from '../store.ts'
import { SqliteConnection } from './connection.ts'
import { encodeCommit, engineCommit } from './engineCommit.ts'
import { leaderAcquire } from './leader.ts'
import { migrate } from './migrate.ts'
import { openSqlite } from './open.ts'
import { fromPlainError, toPlainError } from './thread/protocol.ts'

const PROGRAM = fileURLToPath(new URL('../../testkit/storeProcess.ts', import.meta.url))

interface Running {
  child: ChildProcess
  /** Ledger ids whose commits were acknowledged. */
  acknowledged: number[]
  stderr: () => string
}

function run(folder: string): Running {
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  const acknowledged: number[] = []
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line !== 'ready') acknowledged.push(Number(line))
  })
  return { child, acknowledged, stderr: () => stderr }
}

async function kill(running: Running): Promise<void> {
  running.child.kill('SIGKILL')
  await once(running.child, 'close')
}

describe('a data folder', () => {
  test('refuses a second server within 3 s, names the first, and leaves it unharmed', async () => {
    await using folder = await temporaryFolder()
    const first = run(folder.path)
    await expect.poll(() => first.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(0)
    const start = performance.now()
    await expect(openSqlite({ folder: folder.path })).rejects.toThrow(`${folder.path} is in use by the server with pid ${first.child.pid}`)
    expect(performance.now() - start).toBeLessThan(3_000)
    const second = run(folder.path)
    const [code] = (await once(second.child, 'close')) as [number]
    expect(code).toBe(1)
    expect(second.stderr()).toContain(`pid ${first.child.pid}`)
    const before = first.acknowledged.length
    await expect.poll(() => first.acknowledged.length).toBeGreaterThan(before)
    await kill(first)
  })

  test('is free again after kill -9, whatever process has that pid now, and every acknowledged commit is there', async () => {
    await using folder = await temporaryFolder()
    let last = 0
    for (let round = 0; round < 5; round++) {
      const running = run(folder.path)
      await expect.poll(() => running.acknowledged.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(3 + round)
      await kill(running)
      expect(running.acknowledged[0]).toBeGreaterThan(last)
      last = running.acknowledged.at(-1)!
      // A stranger that got the pid must not be taken for the server.
      const info = JSON.parse(readFileSync(join(folder.path, 'server.json'), 'utf8')) as object
      writeFileSync(join(folder.path, 'server.json'), JSON.stringify({ ...info, pid: process.ppid }))
    }
    const store = await openSqlite({ folder: folder.path })
    const ledger = await store.ledgerList({ limit: 10_000, offset: 0 })
    expect(ledger.data[0]!.id).toBeGreaterThanOrEqual(last)
    expect(ledger.data.map((row) => row.id)).toEqual(Array.from({ length: ledger.data[0]!.id }, (_, i) => ledger.data[0]!.id - i))
    expect(ledger.total).toBe(ledger.data.length)
    await store.close()
  }, 60_000)

  test('can be closed and opened again by one process', async () => {
    await using folder = await temporaryFolder()
    for (let round = 0; round < 3; round++) {
      const store = await openSqlite({ folder: folder.path, synchronous: 'NORMAL' })
      await store.settingPut({ name: 'round', value: String(round) })
      await expect(openSqlite({ folder: folder.path })).rejects.toMatchObject({ name: 'FolderInUse' })
      expect(await store.settingGet({ name: 'round' })).toBe(String(round))
      await store.close()
      await expect(store.ping()).rejects.toThrow()
    }
  })
})

describe('a damaged database', () => {
  const damages: [string, (file: string) => void][] = [
    ['an overwritten header', (file) => overwrite(file, 0, 'this is not a database, is it?')],
    ['an overwritten page', (file) => overwrite(file, 4096 * 3, 'x'.repeat(4096))],
    ['a cut file', (file) => truncateSync(file, Math.floor(statSync(file).size / 4096 / 2) * 4096)],
  ]
  test.each(damages)('with %s is refused with its name and the way back, and nothing is put in its place', async (_, damage) => {
    await using folder = await temporaryFolder()
    await (await openSqlite({ folder: folder.path })).close()
    const file = join(folder.path, 'vortex.db')
    damage(file)
    const before = readFileSync(file)
    await expect(openSqlite({ folder: folder.path })).rejects.toMatchObject({
      name: 'DatabaseCorrupt',
      message: expect.stringMatching(`${file} is damaged .*backup`) as unknown,
    })
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('that is gone while its log is there is refused', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'vortex.db')
    writeFileSync(`${file}-wal`, 'log')
    await expect(openSqlite({ folder: folder.path })).rejects.toMatchObject({ name: 'DatabaseCorrupt' })
    expect(existsSync(file)).toBe(false)
  })
})

describe('a database thread that dies', () => {
  test('fails the calls it had as unavailable, and the next call has a new thread with all that was committed', async () => {
    await using folder = await temporaryFolder()
    const store = await openSqlite({
      folder: folder.path,
      thread_entry: new URL('../../testkit/dyingSqliteThread.ts', import.meta.url),
    })
    await store.settingPut({ name: 'kept', value: 'yes' })
    const answers = await Promise.allSettled([store.settingPut({ name: 'die', value: '' }), store.settingPut({ name: 'lost', value: '' })])
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } })
    const term = await Promise.all([store.leaderAcquire({ holder: 'x', lease_ms: 1000 }), store.now()])
    expect(term[0]).toEqual({ epoch: 1, commit_seq: 0 })
    expect([await store.settingGet({ name: 'kept' }), await store.settingGet({ name: 'lost' })]).toEqual(['yes', null])
    await store.close()
  })
})

describe('a commit that takes long', () => {
  test('does not delay the renewal of the leader', async () => {
    await using folder = await temporaryFolder()
    const store = await openSqlite({ folder: folder.path })
    const { epoch } = (await store.leaderAcquire({ holder: 'x', lease_ms: 200 }))!
    const other = new SqliteDatabase(join(folder.path, 'vortex.db'))
    other.exec('BEGIN IMMEDIATE')
    let isCommitted = false
    const commit = store.engineCommit(makeCommit(epoch, 1)).then((outcome) => ((isCommitted = true), outcome))
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(await store.leaderRenew({ holder: 'x', epoch, lease_ms: 200 })).toBe(true)
      expect(isCommitted).toBe(false)
    }
    other.exec('COMMIT')
    other.close()
    expect(await commit).toEqual({ status: 'committed' })
    expect(await store.leaderRenew({ holder: 'x', epoch: epoch - 1, lease_ms: 200 })).toBe(false)
    await store.close()
  })
})

describe('a full disk', () => {
  test('makes a commit fail as unavailable with nothing half done, and the same commit succeeds when there is room', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'vortex.db')
    const db = new SqliteConnection(file, { readonly: false, synchronous: 'NORMAL' })
    migrate(db, file)
    await SHARED_METHODS.dagFileSave(db, {
      record: makeDagFile('d.py'),
      specs: [makeDagSpec('d')],
      bundle: { hash: 'b', files: [] },
      paused_default: true,
      now: AT,
    })
    const term = leaderAcquire(db, { holder: 'x' })
    const commit = encodeCommit(
      makeCommit(term.epoch, 1, {
        dag_runs_insert: [makeRun(1, 'd', 1)],
        task_instances_insert: Array.from({ length: 5000 }, (_, i) => makeTaskInstance(i + 1, 1)),
        ledger_insert: [makeLedgerEntry(1)],
      }),
    )
    // SQLite's own limit gives the very error of a full disk.
    const pages = (db.handle.pragma('page_count', { simple: true }) as number) + 20
    db.handle.pragma(`max_page_count = ${pages}`)
    let error: unknown
    try {
      engineCommit(db, commit)
    } catch (caught) {
      error = fromPlainError(toPlainError(caught), file)
    }
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect((error as Error).message).toMatch(/disk is full/)
    expect(db.handle.inTransaction).toBe(false)
    expect(db.handle.prepare('SELECT count(*) AS n FROM dag_runs').get()).toEqual({ n: 0 })
    db.handle.pragma('max_page_count = 1000000')
    expect(engineCommit(db, commit)).toEqual({ status: 'committed' })
    db.close()
  })
})

function overwrite(file: string, at: number, text: string): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, text, at)
  closeSync(descriptor)
}
