/** Pages of the database go bad while the server is stopped: what it does at the next start, and what the user sees. */
import SqliteDatabase from 'better-sqlite3'
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ControllerProcess, exitOf } from './harness/controllerProcess.ts'
import { standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { makeRandom, sized } from './harness/sizes.ts'

const PAGE = 4096

/** Tears the head of a table's or index's page that lies behind `from` (0 to 1); returns its number. */
function tearPage(file: string, from: number): number {
  const descriptor = openSync(file, 'r+')
  try {
    const pages = statSync(file).size / PAGE
    const head = Buffer.alloc(8)
    for (let page = Math.floor(pages * from); page < pages; page++) {
      readSync(descriptor, head, 0, 8, page * PAGE)
      const cells = head.readUInt16BE(3)
      // A leaf of a table or of an index (others hold the middle of long texts, which has no form that could be checked).
      if (page === 0 || (head[0] !== 0x0d && head[0] !== 0x0a) || cells === 0 || cells > 400) continue
      writeSync(descriptor, randomBytes(64), 0, 64, page * PAGE)
      return page
    }
    throw new Error('no page of a table there')
  } finally {
    closeSync(descriptor)
  }
}

async function preparedServer(): Promise<{ server: ControllerProcess; file: string }> {
  const server = await ControllerProcess.create()
  server.addDag(standardDag({ dag_id: 'before', retries: 0, random: makeRandom(), seconds: [0, 0.02] }))
  await server.start()
  await server.waitForDags()
  await server.trigger('before')
  expect(await server.settle(30_000)).toEqual([])
  expect(await server.stop()).toBe(0)
  return { server, file: join(server.data, 'vortex.db') }
}

test(
  'a torn page after a clean stop: the start is refused with the way back, and the file left as it is',
  { timeout: 120_000 },
  async () => {
    const { server: prepared, file } = await preparedServer()
    await using server = prepared
    const whole = readFileSync(file)
    const variants = sized({ ci: 3, full: 20 })
    let refused = 0
    for (let i = 0; i < variants; i++) {
      writeFileSync(file, whole)
      tearPage(file, 0.2 + (0.6 * i) / variants)
      const damaged = readFileSync(file)
      const log = join(server.folder, `start${i}.log`)
      const began = performance.now()
      const child = server.spawn({ log })
      expect(await exitOf(child)).toBe(1)
      expect(performance.now() - began).toBeLessThan(10_000)
      const words = readFileSync(log, 'utf8')
      expect(words).toContain(`${file} is damaged`)
      expect(words).toMatch(/put a backup in their place; without a backup, "sqlite3 .*\.recover"/)
      expect(words).not.toContain('    at ')
      expect(readFileSync(file).equals(damaged)).toBe(true)
      refused += 1
      if (i === 0) process.stdout.write(`  the user sees: ${words.trim().split('\n').at(-1)}\n`)
    }
    process.stdout.write(`torn page: ${refused} of ${variants} starts refused\n`)
    writeFileSync(file, whole)
    await server.start()
    const found = await server.check([])
    expect(report('after the backup was put back', found, { landed: refused, planned: variants })).toBe(0)
    expect(found.tasks).toBe(20)
  },
)

test(
  'a torn page of a large file: the start is as quick, soon nothing is saved any more and everybody is told',
  { timeout: 120_000 },
  async () => {
    const { server: prepared, file } = await preparedServer()
    await using server = prepared
    const db = new SqliteDatabase(file)
    db.pragma('synchronous = OFF')
    const insert = db.prepare('INSERT INTO ledger (id, at, kind, cause, actor, message) VALUES (?, 0, ?, ?, ?, ?)')
    const rows = sized({ ci: 60_000, full: 800_000 })
    const text = 'x'.repeat(1100)
    db.transaction(() => {
      for (let i = 0; i < rows; i++) insert.run(1_000_000 + i, 'test', 'test', 'test', text)
    })()
    db.close()
    const megabytes = Math.round(statSync(file).size / 1e6)
    expect(megabytes).toBeGreaterThan(64)
    copyFileSync(file, join(server.folder, 'backup.db'))
    tearPage(file, 0.6)
    await server.start()
    const [small = 0, torn = 0] = server.starts
    const began = performance.now()
    await expect.poll(async () => (await server.client.health()).database, { timeout: 60_000, interval: 50 }).toBe('down')
    const noticed = Math.round(performance.now() - began)
    const health = await server.client.health()
    expect(health.status).toBe('degraded')
    expect(health.database_problem).toMatch(/database file is damaged.*put a backup in its place/)
    expect(health.database_problem).not.toContain('/')
    expect(server.log).toMatch(/the database does not save/)
    expect(server.log).toContain(`${file} is damaged`)
    expect(server.log).toMatch(/put a backup in their place/)
    // What can be read is still shown; nothing is accepted.
    expect((await server.client.listDags({ query: {} })).total).toBe(1)
    await expect(server.client.setVariable({ params: { key: 'k' }, body: { value: 'v' } })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/database file is damaged.*put a backup in its place/) as unknown,
    })
    const stopping = performance.now()
    await server.stop()
    const stopped = Math.round(performance.now() - stopping)
    process.stdout.write(
      `large torn file: ${megabytes} MB; start ${torn} ms (small and whole: ${small} ms); damage found ${noticed} ms after the server was ready; stopped in ${stopped} ms\n`,
    )
    copyFileSync(join(server.folder, 'backup.db'), file)
    await server.start()
    expect((await server.client.health()).status).toBe('ok')
    await server.trigger('before', 'again')
    expect(await server.settle(30_000)).toEqual([])
  },
)
