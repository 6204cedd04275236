/** Two engines without workers on one PostgreSQL, in one process. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import { openPostgres } from '#db/postgres/open.ts'
import { StoreUnavailable, type Store } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLiveEvents } from '#runtime/liveEvents.ts'
import { createLogger } from '#runtime/logger.ts'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile } from '#testkit/makeRecords.ts'
import { createEngineCommands } from '../engineCommands.ts'
import { createEngineQueries } from '../engineQueries.ts'
import { EngineService } from '../engineService.ts'
import { notLeader } from '../notLeader.ts'
import type { EngineCommands } from '../ports.ts'
import { DEFAULT_SETTINGS } from '../model.ts'
import { ClusterEngine } from './clusterEngine.ts'

interface Controller {
  holder: string
  store: Store
  service: EngineService
  cluster: ClusterEngine
  stop(): Promise<void>
}
const clock = systemClock
const logger = createLogger({ level: 'silent' })
const NO_WORKERS = {
  assign: () => undefined,
  kill: () => undefined,
  drain: () => undefined,
  disconnect: () => undefined,
  disconnectAll: () => undefined,
}

async function startController(
  url: string,
  holder: string,
  change: { store?: (store: Store) => Partial<Store>; commands?: (commands: EngineCommands) => EngineCommands; onOthers?: () => void } = {},
): Promise<Controller> {
  const opened = await openPostgres({ url })
  const store = { ...opened, ...change.store?.(opened) }
  const events = createLiveEvents({ clock })
  const reserved = new Set<string>()
  const cluster: ClusterEngine = new ClusterEngine({
    cluster: store.cluster,
    clock,
    logger,
    events,
    holder,
    newId: randomUUID,
    addresses: () => ({ api_address: `http://${holder}`, swarm_address: null }),
    service: () => service,
    commandsFor: (asked) => {
      const commands = createEngineCommands({ service, store, clock, reserved, ...(asked === undefined ? {} : { asked }) })
      return change.commands?.(commands) ?? commands
    },
    queries: () => createEngineQueries({ service }),
    onOthers: change.onOthers ?? (() => undefined),
  })
  const service: EngineService = new EngineService({
    store,
    clock,
    logger,
    holder,
    newToken: randomUUID,
    settings: DEFAULT_SETTINGS,
    workers: NO_WORKERS,
    publish: cluster.publish,
    onTerm: cluster.onTerm,
  })
  await cluster.start()
  await service.start()
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    await service.stop()
    await cluster.stop()
    await store.close()
  }
  return { holder, store, service, cluster, stop }
}

let url = ''
let a: Controller
let b: Controller
beforeEach(async () => {
  url = await freshPostgresUrl()
  a = await startController(url, 'a')
  b = await startController(url, 'b')
  const saved = await a.store.dagFileSave({
    record: makeDagFile('etl.py', { dag_ids: ['etl'] }),
    specs: [makeDagSpec('etl')],
    bundle: { hash: 'bundle', files: [{ path: 'etl.py', sha256: 'a'.repeat(64), size: 10 }] },
    paused_default: true,
    now: clock.now(),
  })
  await a.cluster.commands().dagsChanged({ changed: saved.changed, stale: [] })
})
afterEach(() => Promise.all([a.stop(), b.stop()]))

const trigger = (run_id: string | null, note = '') => ({ dag_id: 'etl', conf: {}, logical_date: null, run_id, note, actor: 'otto' })
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof VortexError ? error.code : error),
  )
const runs = async (): Promise<string[]> =>
  (await b.store.dagRunList({ dag_id: 'etl', limit: 100, offset: 0 })).data.map(({ run_id, triggered_by }) => `${run_id} ${triggered_by}`)

describe('a command at a standby whose leader', () => {
  test('cannot delete the row of a worker at first forgets it all the same, in the same term', async () => {
    let failures = 0
    await a.stop()
    await b.stop()
    a = await startController(url, 'a', {
      store: (store) => ({
        workerDelete: (p) => (failures++ === 0 ? Promise.reject(new StoreUnavailable('once')) : store.workerDelete(p)),
      }),
    })
    b = await startController(url, 'b')
    const term = a.service.engine
    await b.cluster.commands().workerForget({ worker_id: 'gone', actor: 'otto' })
    expect(failures).toBe(2)
    expect(a.service.engine).toBe(term)
    await b.cluster.commands().dagTrigger(trigger('after'))
    expect(a.service.engine).toBe(term)
  })

  test('reads its DAG again meanwhile is answered at once that nothing was changed', async () => {
    await a.stop()
    await b.stop()
    a = await startController(url, 'a', {
      commands: (commands) => ({ ...commands, runCancel: () => Promise.reject(notLeader('unchanged')) }),
    })
    b = await startController(url, 'b')
    const began = performance.now()
    expect(await codeOf(b.cluster.commands().runCancel({ dag_id: 'etl', run_id: 'x', actor: 'otto' }))).toBe('conflict')
    expect(performance.now() - began).toBeLessThan(3_000)
  })
})

describe('a command at a standby', () => {
  test('is carried out by the leader, for the user who gave it, and answered as there', async () => {
    expect([a.service.role, b.service.role]).toEqual(['leader', 'standby'])
    const run = await b.cluster.commands().dagTrigger(trigger('one'))
    expect(run).toEqual(await b.store.dagRunGet({ dag_id: 'etl', run_id: 'one' }))
    expect(run.triggered_by).toBe('otto')
    expect(await codeOf(b.cluster.commands().dagTrigger(trigger('one')))).toBe('conflict')
    expect(await codeOf(b.cluster.commands().dagDelete({ dag_id: 'nothing', actor: 'otto' }))).toBe('not_found')
    const cleared = b.cluster.commands().runClear({ dag_id: 'etl', run_id: 'one', options: { dry_run: true }, actor: 'otto' })
    expect((await cleared).dry_run).toBe(true)
    expect(await b.cluster.commands().dagSetPaused({ dag_id: 'etl', paused: false, actor: 'otto' })).toBeNull()
    expect((await b.store.dagGet({ dag_id: 'etl' }))?.is_paused).toBe(false)
  })

  test('given many times at once is carried out as often', async () => {
    await Promise.all(Array.from({ length: 100 }, () => b.cluster.commands().dagTrigger(trigger(null))))
    expect(new Set(await runs()).size).toBe(100)
  })

  test('waits for the next leader, who also carries out what the first one had taken and not done', async () => {
    await expect.poll(() => b.cluster.leader?.holder).toBe('a')
    const { epoch } = b.cluster.leader ?? { epoch: 0 }
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('INSERT INTO commands (id, asked_by, method, params, epoch) VALUES ($1, $2, $3, $4, $5)', [
      'taken',
      'b',
      'dagTrigger',
      JSON.stringify(trigger('taken')),
      epoch,
    ])
    await client.end()
    const asked = b.cluster.commands().dagTrigger(trigger('two'))
    await a.stop()
    expect((await asked).run_id).toBe('two')
    await expect.poll(async () => (await runs()).toSorted()).toEqual(['taken otto', 'two otto'])
    expect(b.service.role).toBe('leader')
    await expect.poll(() => b.cluster.leader).toMatchObject({ holder: 'b', api_address: 'http://b' })
    expect(b.cluster.leader?.epoch).toBeGreaterThan(epoch)
    expect(JSON.parse((await b.store.cluster?.commandAnswerOf({ id: 'taken' }))?.answer ?? '{}')).toMatchObject({ ok: { run_id: 'taken' } })
  })

  test('is taken back when nobody leads for too long, and is not carried out later', { timeout: 30_000 }, async () => {
    await b.service.stop()
    await a.service.stop()
    const began = clock.monotonic()
    expect(await codeOf(b.cluster.commands().dagTrigger(trigger('late')))).toBe('not_leader')
    expect(clock.monotonic() - began).toBeGreaterThan(5_000)
    expect(clock.monotonic() - began).toBeLessThan(9_000)
    expect(await b.store.cluster?.commandsClaim({ epoch: 1, limit: 10 })).toEqual([])
    expect(await runs()).toEqual([])
  })
})

test('that others have come or gone is told when it has happened, and not at each look', async () => {
  const told: number[] = []
  const c = await startController(url, 'c', { onOthers: () => told.push(0) })
  await a.stop()
  await expect.poll(() => b.service.role === 'leader' || c.service.role === 'leader', { timeout: 5_000 }).toBe(true)
  await b.stop()
  await expect.poll(() => c.service.role, { timeout: 5_000 }).toBe('leader')
  await new Promise((resolve) => setTimeout(resolve, 700))
  const before = told.length
  await new Promise((resolve) => setTimeout(resolve, 1_700))
  expect(told.length).toBe(before)
  await c.stop()
})

describe('a question at a standby', () => {
  test('is answered from the memory of the leader', async () => {
    await a.cluster.commands().dagTrigger(trigger('one'))
    const { queries } = b.cluster
    const ask = queries.call(b.cluster)
    expect(await ask.counts()).toEqual(await a.cluster.queries().counts())
    expect(await ask.workers()).toEqual([])
    expect(await ask.poolUsage()).toEqual(await a.cluster.queries().poolUsage())
    const task = { dag_id: 'etl', run_id: 'one', task_id: makeDagSpec('etl').tasks[0]?.task_id ?? '', map_index: -1 }
    expect(await ask.why(task)).toEqual(await a.cluster.queries().why(task))
    expect(await ask.why({ ...task, run_id: 'none' })).toBeNull()
  })

  test('says so when nobody leads', { timeout: 20_000 }, async () => {
    await b.service.stop()
    await a.service.stop()
    expect(await codeOf(b.cluster.queries().workers())).toBe('not_leader')
  })
})
