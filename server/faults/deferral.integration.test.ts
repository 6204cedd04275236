/** Deferred tasks and callbacks of DAGs, while controller and worker are killed: no wait is lost, no task begins anew, every callback is called. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { processesOf } from './harness/processTable.ts'
import { sized } from './harness/sizes.ts'

const COUNT = sized({ ci: 50, full: 1000 })
const LIMIT_MS = 60_000

let server: ControllerProcess
let flag = ''
beforeAll(async () => {
  // Two places for all of it: waiting takes none.
  server = await ControllerProcess.create({ capacity: 2 })
  flag = join(server.folder, 'flag')
  const text = readFileSync(join(import.meta.dirname, 'harness/waitingDag.py'), 'utf8')
    .replaceAll('@LEDGER@', server.ledger)
    .replaceAll('@FLAG@', flag)
    .replaceAll('@COUNT@', String(COUNT))
  writeFileSync(join(server.dagsFolder, 'waiting.py'), text)
  await server.start()
  await until('six DAGs are known', async () => (await server.call((client) => client.listDags({ query: { limit: 1 } }))).total === 6)
}, 120_000)
beforeEach(() => rmSync(flag, { force: true }))
afterAll(async () => await server[Symbol.asyncDispose]())

async function until(what: string, holds: () => boolean | Promise<boolean>, limit_ms = LIMIT_MS): Promise<void> {
  const deadline = performance.now() + limit_ms
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limit_ms} ms in vain until ${what}:\n${server.log.slice(-3000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Lines of the ledger about a run, without its id. */
function lines(run_id: string, word?: string): string[] {
  const text = existsSync(server.ledger) ? readFileSync(server.ledger, 'utf8') : ''
  const mine = text.split('\n').flatMap((line) => {
    const [first = '', run, ...rest] = line.split(' ')
    return run === run_id && (word === undefined || first === word) ? [[first, ...rest].join(' ')] : []
  })
  return mine
}

const statesOf = async (dag_id: string, run_id: string): Promise<string[]> => {
  const query = { params: { dag_id, run_id }, query: { limit: 10_000 } }
  return (await server.call((client) => client.listTaskInstances(query))).data.map(({ state }) => state)
}
const allAre = async (dag_id: string, run_id: string, state: string): Promise<boolean> => {
  const states = await statesOf(dag_id, run_id)
  return states.length > 0 && states.every((found) => found === state)
}
const runEnded = async (dag_id: string, run_id: string): Promise<string> => {
  let state = ''
  await until(`${dag_id} has ended`, async () => {
    state = (await server.call((client) => client.getRun({ params: { dag_id, run_id } }))).state
    return state === 'success' || state === 'failed'
  })
  return state
}

describe('fifty tasks wait', () => {
  test.each([
    ['for what comes', async (): Promise<void> => undefined],
    [
      'while the controller is killed',
      async (): Promise<void> => {
        await server.kill()
        await server.start()
      },
    ],
    [
      'while the worker is killed',
      async (): Promise<void> => {
        const worker = server.workerPid() ?? -1
        process.kill(worker, 'SIGKILL')
        await until('there is another one', () => (server.workerPid() ?? worker) !== worker)
      },
    ],
    [
      'while both are',
      async (): Promise<void> => {
        process.kill(server.workerPid() ?? -1, 'SIGKILL')
        await server.kill()
        await server.start()
      },
    ],
  ])('%s: they hold no place, go on in the method they named, and none begins anew', { timeout: 180_000 }, async (what, fault) => {
    const run_id = `many-${what.replaceAll(' ', '-')}`
    await server.trigger('many', run_id)
    await until('all are deferred', async () => await allAre('many', run_id, 'deferred'))
    await fault()
    await server.trigger('beside', run_id)
    expect(await runEnded('beside', run_id)).toBe('success')
    expect(await allAre('many', run_id, 'deferred')).toBe(true)
    writeFileSync(flag, 'x')
    const began = performance.now()
    expect(await runEnded('many', run_id)).toBe('success')
    process.stdout.write(`${what}: ${COUNT} went on within ${Math.round(performance.now() - began)} ms\n`)
    expect(lines(run_id, 'execute')).toHaveLength(COUNT)
    expect(lines(run_id, 'go_on')).toHaveLength(COUNT)
    expect(new Set(lines(run_id).map((line) => line.split(' ').at(-1)))).toEqual(new Set(['1']))
  })
})

test('a wait that times out fails the task inside, with its callback', { timeout: 60_000 }, async () => {
  await server.trigger('late', 'late')
  expect(await runEnded('late', 'late')).toBe('failed')
  expect(lines('late')).toEqual(['execute late 1', 'told late TaskDeferralTimeout'])
})

test(
  'a trigger that raises fails the try: its log has the traceback, the task is retried and told each time',
  { timeout: 60_000 },
  async () => {
    await server.trigger('raises', 'raises')
    expect(await runEnded('raises', 'raises')).toBe('failed')
    expect(lines('raises')).toEqual([
      'execute raises 1',
      'told raises TaskDeferralError',
      'execute raises 2',
      'told raises TaskDeferralError',
    ])
    const log = await server.client.getLog({ params: { dag_id: 'raises', run_id: 'raises', task_id: 'raises' }, query: { limit: 100_000 } })
    expect(log.text).toMatch(/^own trigger: raise\n/)
    expect(log.text).toContain('ValueError: no such bucket')
    expect(log.text).toContain('TaskDeferralError')
  },
)

test('a task that is cleared while it waits drops its trigger and begins anew', { timeout: 60_000 }, async () => {
  await server.trigger('many', 'cleared')
  await until('all are deferred', async () => await allAre('many', 'cleared', 'deferred'))
  await server.client.clearTaskInstance({
    params: { dag_id: 'many', run_id: 'cleared', task_id: 'w0' },
    body: {},
  })
  await until('it executes again', () => lines('cleared', 'execute').filter((line) => line.startsWith('execute w0 ')).length === 2)
  await until('all are deferred', async () => await allAre('many', 'cleared', 'deferred'))
  writeFileSync(flag, 'x')
  expect(await runEnded('many', 'cleared')).toBe('success')
  expect(lines('cleared', 'go_on')).toHaveLength(COUNT)
})

describe('callbacks of a DAG', () => {
  test('are called once the run has ended, with its last task', { timeout: 60_000 }, async () => {
    await server.trigger('good', 'good')
    await server.trigger('bad', 'bad')
    await until('both are called', () => lines('good', 'called').length === 1 && lines('bad', 'called').length === 1)
    expect(lines('good').at(-1)).toBe('called success last')
    expect(lines('bad').at(-1)).toBe('called failed fails')
    expect(lines('bad')[0]).toMatch(/^begins failed \w+/)
  })

  test.each([
    ['controller', 1],
    ['worker', 2],
  ] as const)('are called although the %s is killed meanwhile', { timeout: 120_000 }, async (victim, begins) => {
    const run_id = `good-${victim}`
    const body = { run_id, conf: { seconds: 2 } }
    await server.client.triggerDag({ params: { dag_id: 'good' }, body })
    await until('it has begun', () => lines(run_id, 'begins').length === 1)
    if (victim === 'controller') {
      await server.kill()
      await server.start()
    } else process.kill(server.workerPid() ?? -1, 'SIGKILL')
    await until('it is called', () => lines(run_id, 'called').length === 1)
    // Nobody calls it once more, as the run has noted.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(lines(run_id, 'begins')).toHaveLength(begins)
    expect(lines(run_id, 'called')).toHaveLength(1)
  })
})

test('nothing of all that outlives the server', { timeout: 60_000 }, async () => {
  await server.stop()
  await until('all processes are gone', () => processesOf(server.folder).length === 0, 15_000)
})
