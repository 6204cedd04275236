import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { makeCommit } from '#testkit/makeRecords.ts'
import { startTcpProxy } from '#testkit/tcpProxy.ts'
import type { Cluster } from '../cluster.ts'
import type { Store } from '../store.ts'
import { openPostgres } from './open.ts'

let url = ''
let a: Store
let b: Store
beforeAll(async () => {
  url = await freshPostgresUrl()
  a = await openPostgres({ url })
  b = await openPostgres({ url })
})
afterAll(() => Promise.all([a.close(), b.close()]))

function clusterOf(store: Store): Cluster {
  if (store.cluster === null) throw new Error('no cluster')
  return store.cluster
}
const command = (id: string) => ({ id, asked_by: 'b', method: 'dagTrigger', params: '{"dag_id":"etl"}' })

describe('bus', () => {
  test('carries messages of any length in order, equal ones too, and emoji whole', async () => {
    const got: string[] = []
    const bus = clusterOf(b).bus
    bus.listen({ topic: 'events' }, (message) => got.push(message))
    const connected = new Promise<void>((resolve) => bus.onConnected(resolve))
    bus.start()
    await connected
    const sender = clusterOf(a).bus
    const ready = new Promise<void>((resolve) => sender.onConnected(resolve))
    sender.start()
    await ready
    const long = `${'a'.repeat(2_599)}😀${'é+='.repeat(20_000)}`
    await sender.send({ to: { topic: 'events' }, messages: ['same', 'same', '', long] })
    await sender.send({ to: { holder: 'nobody' }, messages: ['not for b'] })
    await sender.send({ to: { topic: 'events' }, messages: ['last'] })
    await expect.poll(() => got.length).toBe(5)
    expect(got).toEqual(['same', 'same', '', long, 'last'])
  })

  test('finds out that its connection was cut, and says so when it has another one', async () => {
    const at = new URL(url)
    await using proxy = await startTcpProxy({ host: at.hostname, port: Number(at.port) })
    at.port = String(proxy.port)
    const store = await openPostgres({ url: at.href })
    const { bus } = clusterOf(store)
    let connections = 0
    const got: string[] = []
    bus.listen({ holder: 'c' }, (message) => got.push(message))
    bus.onConnected(() => connections++)
    bus.start()
    await expect.poll(() => connections).toBe(1)
    await proxy.cutOn('SELECT 1', 'before')
    await expect.poll(() => connections, { timeout: 8000 }).toBe(2)
    await clusterOf(a).bus.send({ to: { holder: 'c' }, messages: ['hello again'] })
    await expect.poll(() => got).toEqual(['hello again'])
    await store.close()
  })
})

describe('beat', () => {
  test('tells who else lives, and who leads with its epoch and addresses', async () => {
    const one = { holder: 'one', api_address: 'http://one:3000', swarm_address: null }
    const two = { holder: 'two', api_address: null, swarm_address: 'http://two:50051' }
    expect(await clusterOf(a).beat(one)).toEqual({ leader: null, others: [] })
    const term = await b.leaderAcquire({ holder: 'two', lease_ms: 60_000 })
    const { leader, others } = await clusterOf(b).beat(two)
    expect(leader).toEqual({ ...two, epoch: term?.epoch })
    expect(others.filter(({ holder }) => holder !== 'two')).toEqual([one])
    expect((await clusterOf(a).beat(one)).leader).toEqual({ ...two, epoch: term?.epoch })
    await clusterOf(a).gone({ holder: 'one' })
    await b.leaderResign({ holder: 'two', epoch: term?.epoch ?? 0 })
    expect(await clusterOf(b).beat(two)).toEqual({ leader: null, others: [] })
  })
})

describe('a command', () => {
  test('is put once, claimed once, and answered by the commit that carries it out', async () => {
    const { epoch, commit_seq } = (await a.leaderAcquire({ holder: 'x', lease_ms: 60_000 }))!
    await clusterOf(b).commandPut(command('1'))
    await clusterOf(b).commandPut(command('1'))
    expect(await clusterOf(a).commandsClaim({ epoch, limit: 10 })).toEqual([command('1')])
    expect(await clusterOf(a).commandsClaim({ epoch, limit: 10 })).toEqual([])
    expect(await clusterOf(b).commandWithdraw({ id: '1' })).toBe(false)
    expect(await clusterOf(b).commandAnswerOf({ id: '1' })).toBeNull()
    const commit = makeCommit(epoch, commit_seq + 1, { commands_answer: [{ id: '1', answer: '{"ok":true}', dag_id: null }] })
    expect(await a.engineCommit(commit)).toEqual({ status: 'committed' })
    expect(await clusterOf(b).commandAnswerOf({ id: '1' })).toEqual({ answer: '{"ok":true}' })
    // An INSERT that was sent before a cut and arrives when all is over changes nothing, and the answer can be read again.
    await clusterOf(b).commandPut(command('1'))
    expect(await clusterOf(a).commandsClaim({ epoch, limit: 10 })).toEqual([])
    expect(await clusterOf(b).commandAnswerOf({ id: '1' })).toEqual({ answer: '{"ok":true}' })
    await a.leaderResign({ holder: 'x', epoch })
  })

  test('of a leader that was replaced is carried out by its successor, and never by itself', async () => {
    const first = (await a.leaderAcquire({ holder: 'x', lease_ms: 60_000 }))!
    await clusterOf(b).commandPut(command('2'))
    expect(await clusterOf(a).commandsClaim({ epoch: first.epoch, limit: 10 })).toHaveLength(1)
    await a.leaderResign({ holder: 'x', epoch: first.epoch })
    const second = (await b.leaderAcquire({ holder: 'y', lease_ms: 60_000 }))!
    const late = makeCommit(first.epoch, first.commit_seq + 1, { commands_answer: [{ id: '2', answer: 'late', dag_id: null }] })
    expect(await a.engineCommit(late)).toEqual({ status: 'fenced' })
    expect(await clusterOf(a).commandsClaim({ epoch: first.epoch, limit: 10 })).toEqual([])
    expect(await clusterOf(b).commandsClaim({ epoch: second.epoch, limit: 10 })).toEqual([command('2')])
    expect(await clusterOf(a).commandAnswer({ id: '2', epoch: first.epoch, answer: 'late' })).toBe(false)
    expect(await clusterOf(b).commandAnswer({ id: '2', epoch: second.epoch, answer: 'now' })).toBe(true)
    expect(await clusterOf(b).commandAnswerOf({ id: '2' })).toEqual({ answer: 'now' })
    await b.leaderResign({ holder: 'y', epoch: second.epoch })
  })

  test('can be taken back while nobody, or only a replaced leader, has it', async () => {
    const first = (await a.leaderAcquire({ holder: 'x', lease_ms: 60_000 }))!
    await clusterOf(b).commandPut(command('3'))
    expect(await clusterOf(b).commandWithdraw({ id: '3' })).toBe(true)
    await clusterOf(b).commandPut(command('3'))
    expect(await clusterOf(b).commandAnswerOf({ id: '3' })).toBeNull()
    expect(await clusterOf(a).commandsClaim({ epoch: first.epoch, limit: 10 })).toEqual([])
    await clusterOf(b).commandPut(command('4'))
    expect(await clusterOf(a).commandsClaim({ epoch: first.epoch, limit: 10 })).toHaveLength(1)
    expect(await clusterOf(b).commandWithdraw({ id: '4' })).toBe(false)
    const second = (await a.leaderAcquire({ holder: 'x', lease_ms: 60_000 }))!
    expect(await clusterOf(b).commandWithdraw({ id: '4' })).toBe(true)
    expect(await clusterOf(a).commandsClaim({ epoch: second.epoch, limit: 10 })).toEqual([])
  })
})
