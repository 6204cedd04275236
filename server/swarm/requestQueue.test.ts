import { beforeEach, expect, test } from 'vitest'
import { StoreUnavailable } from '#db/store.ts'
import { createFakeClock, type FakeClock } from '#testkit/fakeClock.ts'
import { makeRun } from '#testkit/makeRecords.ts'
import { createLogger } from '#runtime/logger.ts'
import type { Response } from './gen/vortex/swarm/v1/swarm.ts'
import { HeldAttempts } from './heldAttempts.ts'
import { ANSWER_BYTES_MAX } from './limits.ts'
import { RequestQueue } from './requestQueue.ts'
import type { RequestServices } from './requests.ts'

const ref = { task_instance_id: 1, attempt: 1, lease_token: 't' }
let clock: FakeClock
let answers: Response[]
let held: HeldAttempts
let queue: RequestQueue
/** What the store does with a Variable that is asked for or set. */
let variable: () => Promise<{ value: string } | null>
let changed: string[]

beforeEach(() => {
  clock = createFakeClock()
  answers = []
  changed = []
  held = new HeldAttempts({ taskInstanceById: () => Promise.resolve(null) })
  held.add(ref, {
    canReport: true,
    canAsk: true,
    canLog: true,
    context: { run: makeRun(1, 'dag', 1), task_instance: { task_id: 't', map_index: -1 } },
  })
  const store = { variableGet: () => variable(), variablePut: () => Promise.resolve() } as unknown as RequestServices['store']
  const services = { store, now: () => 0, onVariableChanged: (key: string) => changed.push(key) } as unknown as RequestServices
  queue = new RequestQueue({
    clock,
    services,
    held,
    logger: createLogger({ level: 'silent' }),
    isBusy: () => false,
    respond: (answer) => answers.push(answer),
  })
})

const get = { id: 3, ref, method: 'variable.get', params_json: '{"key":"v"}' }

test('a question is kept while the database is away, and answered once when it is back', async () => {
  let asked = 0
  variable = () => {
    asked += 1
    return asked < 4 ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve({ value: '1' })
  }
  queue.add(get)
  for (let second = 0; second < 3; second += 1) {
    await expect.poll(() => asked).toBe(second + 1)
    expect(answers).toEqual([])
    clock.advance(1_000)
  }
  await expect.poll(() => answers.map(({ result_json }) => result_json)).toEqual(['{"value":"1","is_sensitive":false}'])
})

test('of a session that has ended nothing is asked any more', async () => {
  let asked = 0
  variable = () => {
    asked += 1
    return Promise.reject(new StoreUnavailable('away'))
  }
  queue.add(get)
  await expect.poll(() => asked).toBe(1)
  clock.advance(1)
  queue.close()
  clock.advance(60_000)
  expect(asked).toBe(1)
})

test('an attempt that is being ended may read, and changes nothing any more', async () => {
  variable = () => Promise.resolve(null)
  held.killed(ref)
  queue.add({ ...get, method: 'variable.set', params_json: '{"key":"v","value":"2"}' })
  queue.add({ ...get, id: 4 })
  await expect
    .poll(() => answers.map(({ id, error_code }) => [id, error_code]).sort())
    .toEqual([
      [3, 'forbidden'],
      [4, ''],
    ])
  expect(changed).toEqual([])
})

test('an answer that no frame holds is told to be too large', async () => {
  variable = () => Promise.resolve({ value: '"'.repeat(ANSWER_BYTES_MAX / 2) })
  queue.add(get)
  await expect.poll(() => answers.map(({ error_code }) => error_code)).toEqual(['too_large'])
})
