import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { makeCommit, makeLedgerEntry } from '#testkit/makeRecords.ts'
import { startTcpProxy } from '#testkit/tcpProxy.ts'
import { startTemporaryPostgres } from '#testkit/temporaryPostgres.ts'
import { MIGRATIONS } from '../gen/migrations.ts'
import { StoreUnavailable, type CommitOutcome, type EngineCommit, type Store } from '../store.ts'
import { openPostgres } from './open.ts'

/** As the engine does it: the same commit again until it is answered. */
async function commitUntilAnswered(store: Store, commit: EngineCommit): Promise<{ outcome: CommitOutcome; tries: number }> {
  for (let tries = 1; ; tries++) {
    try {
      return { outcome: await store.engineCommit(commit), tries }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

describe('an engine commit whose connection is cut', () => {
  test.each(['after', 'before'] as const)(
    '%s COMMIT arrived has an unknown outcome, and sending it again settles it with one row',
    async (when) => {
      const url = new URL(await freshPostgresUrl())
      await using proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
      const direct = url.href
      url.port = String(proxy.port)
      const store = await openPostgres({ url: url.href })
      const term = (await store.leaderAcquire({ holder: 'a', lease_ms: 60_000 }))!
      const commit = makeCommit(term.epoch, 1, { ledger_insert: [makeLedgerEntry(1, { dag_id: 'cut' })] })
      const cut = proxy.cutOn('COMMIT', when)
      await expect(store.engineCommit(commit)).rejects.toBeInstanceOf(StoreUnavailable)
      await cut
      expect(await count(direct)).toBe(when === 'after' ? 1 : 0)
      expect((await commitUntilAnswered(store, commit)).outcome).toEqual({ status: 'committed' })
      expect(await count(direct)).toBe(1)
      expect((await store.ledgerList({ dag_id: 'cut', limit: 5, offset: 0 })).total).toBe(1)
      expect(await store.engineCommit(makeCommit(term.epoch, 2, { ledger_insert: [makeLedgerEntry(2)] }))).toEqual({ status: 'committed' })
      await store.close()
    },
  )
})

async function count(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM ledger')).rows[0]?.n)
  } finally {
    await client.end()
  }
}

describe('a database that is restarted', () => {
  test('loses no commit, makes none twice, and reads go on by themselves', async () => {
    const server = await startTemporaryPostgres({ durable: true })
    try {
      await server.createDatabase('restart')
      const store = await openPostgres({ url: server.url('restart') })
      const { epoch } = (await store.leaderAcquire({ holder: 'a', lease_ms: 600_000 }))!
      let seq = 0
      let retried = 0
      const commitMany = async (n: number): Promise<void> => {
        for (let i = 0; i < n; i++) {
          const { outcome, tries } = await commitUntilAnswered(store, makeCommit(epoch, ++seq, { ledger_insert: [makeLedgerEntry(seq)] }))
          expect(outcome).toEqual({ status: 'committed' })
          if (tries > 1) retried++
        }
      }
      await commitMany(20)
      const restart = server.stop().then(async () => {
        await expect(store.dagList({ include_stale: true, limit: 1, offset: 0 })).rejects.toBeInstanceOf(StoreUnavailable)
        await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable)
        await server.start()
      })
      await Promise.all([restart, commitMany(400)])
      await restart
      await commitMany(20)
      expect(retried).toBeGreaterThan(0)
      const ledger = await store.ledgerList({ limit: 1000, offset: 0 })
      expect(ledger.total).toBe(seq)
      expect(ledger.data.map((row) => row.id)).toEqual(Array.from({ length: seq }, (_, i) => seq - i))
      expect(await store.leaderRenew({ holder: 'a', epoch, lease_ms: 60_000 })).toBe(true)
      await store.close()
    } finally {
      await server.destroy()
    }
  }, 120_000)
})

describe('a commit that takes long', () => {
  async function slowCommit(
    url: string,
  ): Promise<{ store: Store; epoch: number; commit: Promise<CommitOutcome>; release: () => Promise<void> }> {
    const store = await openPostgres({ url })
    const { epoch } = (await store.leaderAcquire({ holder: 'a', lease_ms: 600 }))!
    const other = new pg.Client({ connectionString: url })
    await other.connect()
    await other.query('BEGIN; LOCK TABLE ledger IN EXCLUSIVE MODE')
    const commit = store.engineCommit(makeCommit(epoch, 1, { ledger_insert: [makeLedgerEntry(1)] }))
    await expect
      .poll(async () => {
        await other.query('SELECT pg_stat_clear_snapshot()')
        return (await other.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'")).rowCount
      })
      .toBe(1)
    const release = async (): Promise<void> => {
      await other.query('COMMIT')
      await other.end()
    }
    return { store, epoch, commit, release }
  }

  test('does not delay the renewal of the leader, so nobody else leads meanwhile', async () => {
    const url = await freshPostgresUrl()
    const { store, epoch, commit, release } = await slowCommit(url)
    const rival = await openPostgres({ url })
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      const late = new Promise((resolve) => setTimeout(() => resolve('late'), 500))
      expect(await Promise.race([store.leaderRenew({ holder: 'a', epoch, lease_ms: 600 }), late])).toBe(true)
      expect(await rival.leaderAcquire({ holder: 'b', lease_ms: 600 })).toBeNull()
    }
    await release()
    expect(await commit).toEqual({ status: 'committed' })
    await Promise.all([store.close(), rival.close()])
  })

  test('is fenced if another controller has won before its end, and nothing of it stays', async () => {
    const url = await freshPostgresUrl()
    const { store, epoch, commit, release } = await slowCommit(url)
    const rival = await openPostgres({ url })
    let next: { epoch: number; commit_seq: number } | null = null
    await expect.poll(async () => (next = await rival.leaderAcquire({ holder: 'b', lease_ms: 60_000 })), { timeout: 3_000 }).not.toBeNull()
    expect(next).toEqual({ epoch: epoch + 1, commit_seq: 0 })
    // The next leader's first commit waits for the end of what the former one has begun.
    const first = rival.engineCommit(makeCommit(epoch + 1, 1, { ledger_insert: [makeLedgerEntry(1)] }))
    await release()
    expect(await commit).toEqual({ status: 'fenced' })
    expect(await first).toEqual({ status: 'committed' })
    expect((await rival.ledgerList({ limit: 5, offset: 0 })).total).toBe(1)
    await Promise.all([store.close(), rival.close()])
  })

  test('and is sent again while its first try goes on is made once', async () => {
    const url = await freshPostgresUrl()
    const { store, epoch, commit, release } = await slowCommit(url)
    // The same controller over another connection, as after a cut that the database has not noticed.
    const again = await openPostgres({ url })
    const second = again.engineCommit(makeCommit(epoch, 1, { ledger_insert: [makeLedgerEntry(1)] }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    await release()
    expect(await Promise.all([commit, second])).toEqual([{ status: 'committed' }, { status: 'committed' }])
    expect(await count(url)).toBe(1)
    await Promise.all([store.close(), again.close()])
  })
})

describe('two controllers', () => {
  test('that start at once on an empty database both find it migrated, once', async () => {
    const url = await freshPostgresUrl()
    const stores = await Promise.all([1, 2, 3].map(() => openPostgres({ url })))
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    expect((await client.query('SELECT number FROM schema_migrations ORDER BY number')).rows).toEqual(
      MIGRATIONS.postgres.map(({ number }) => ({ number })),
    )
    await client.end()
    await Promise.all(stores.map((store) => store.close()))
  })

  test('never both lead, and the one that lost its term is fenced', async () => {
    const url = await freshPostgresUrl()
    const [a, b] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
    const answers = await Promise.all([a.leaderAcquire({ holder: 'a', lease_ms: 300 }), b.leaderAcquire({ holder: 'b', lease_ms: 300 })])
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1)
    const [winner, loser, term] = answers[0] === null ? [b, a, answers[1]!] : [a, b, answers[0]]
    expect(await winner.engineCommit(makeCommit(term.epoch, 1))).toEqual({ status: 'committed' })
    let next: { epoch: number; commit_seq: number } | null = null
    await expect
      .poll(async () => (next = await loser.leaderAcquire({ holder: 'next', lease_ms: 60_000 })), { timeout: 5_000 })
      .not.toBeNull()
    expect(next).toEqual({ epoch: term.epoch + 1, commit_seq: 1 })
    expect(await winner.engineCommit(makeCommit(term.epoch, 2))).toEqual({ status: 'fenced' })
    expect(await loser.engineCommit(makeCommit(term.epoch + 1, 2))).toEqual({ status: 'committed' })
    await Promise.all([a.close(), b.close()])
  })

  test('hand over within 2.5 s when the leader is gone, long before its lease ends', async () => {
    const url = await freshPostgresUrl()
    const [a, b] = await Promise.all([openPostgres({ url }), openPostgres({ url })])
    const term = await a.leaderAcquire({ holder: 'a', lease_ms: 60_000 })
    expect(await b.leaderAcquire({ holder: 'b', lease_ms: 60_000 })).toBeNull()
    // No resignation: its connections end, as they do when a process is killed.
    await a.close()
    const start = performance.now()
    await expect
      .poll(() => b.leaderAcquire({ holder: 'b', lease_ms: 60_000 }), { timeout: 5_000 })
      .toMatchObject({ epoch: term!.epoch + 1 })
    expect(performance.now() - start).toBeLessThan(2_500)
    await b.close()
  })
})
