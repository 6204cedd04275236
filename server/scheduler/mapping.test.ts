/** Mapped tasks in the engine: when they get their instances, how many, and what becomes of them after a clear or a restart. */
import { describe, expect, it } from 'vitest'
import { MAP_LENGTH_MAX, type DagSpec, type MapLengthStep, type TaskSpec } from '#contract/dagSpec.ts'
import type { AssignedAttempt } from './ports.ts'
import { EngineHarness, type Outcome } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const actor = 'x'
const xcom = (task_id: string): MapLengthStep => ({ step: 'xcom', task_id })
const literal = (length: number): MapLengthStep => ({ step: 'literal', length })

function dagOf(tasks: (Partial<TaskSpec> & { task_id: string })[], edges: [string, string][], more: Partial<DagSpec> = {}): DagSpec {
  return spec({
    dag_id: 'd',
    tasks: tasks.map((one) => task({ kind: 'python', ...one })),
    edges: edges.map(([from, to]): [string, string, null] => [from, to, null]),
    ...more,
  })
}

async function triggered(dag: DagSpec): Promise<{ h: EngineHarness; run: string }> {
  const h = new EngineHarness([dag])
  await h.start()
  return { h, run: await h.trigger('d') }
}

/** `task_id[map_index]` -> state, of what is not removed unless asked for. */
function states(h: EngineHarness, p: { removed?: boolean } = {}): Record<string, string> {
  const rows = [...h.db.instances.values()].filter(({ state }) => p.removed === true || state !== 'removed')
  const name = (row: { task_id: string; map_index: number }) => (row.map_index < 0 ? row.task_id : `${row.task_id}[${row.map_index}]`)
  return Object.fromEntries(rows.map((row) => [name(row), row.state]).sort())
}

const nameOf = ({ task_instance: { task_id, map_index } }: AssignedAttempt) => (map_index < 0 ? task_id : `${task_id}[${map_index}]`)
const pushed = (map_length: number) => ({ xcoms: [{ key: 'return_value', value_json: '[]', map_length }] })

/** Ends all that is assigned; `length` is what `source` pushes. */
async function endRound(h: EngineHarness, p: { length?: number; outcomeOf?: (name: string) => Outcome } = {}): Promise<string[]> {
  const round = h.takeAssigned()
  for (const attempt of round) {
    const isSource = attempt.task_instance.task_id === 'source' && p.length !== undefined
    await h.end(attempt, p.outcomeOf?.(nameOf(attempt)) ?? 'success', isSource ? pushed(p.length ?? 0) : {})
  }
  return round.map(nameOf).sort()
}

/** kill -9 and a new controller, to which the worker comes back with what it holds. */
async function restarted(h: EngineHarness): Promise<EngineHarness> {
  const held = h.takeAssigned()
  const again = await h.restarted()
  await again.hello(
    'w',
    held.map(({ ref }) => ref),
  )
  again.assigned.push(...held)
  return again
}

const simple = dagOf(
  [{ task_id: 'source' }, { task_id: 'each', map_length: [xcom('source')] }, { task_id: 'after' }],
  [
    ['source', 'each'],
    ['each', 'after'],
  ],
)

describe('a task that is mapped over what another returned', () => {
  it('gets one instance for each item, and what is below sees them all', async () => {
    const { h, run } = await triggered(simple)
    expect(states(h)).toEqual({ source: 'queued', each: 'none', after: 'none' })
    await endRound(h, { length: 3 })
    expect(await endRound(h)).toEqual(['each[0]', 'each[1]', 'each[2]'])
    expect(await endRound(h)).toEqual(['after'])
    expect(h.runState(run)).toBe('success')
    expect([...h.db.runs.values()][0]?.task_counts).toEqual({ success: 5 })
  })

  it('is skipped where there is nothing to map over, and so is what is below', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: 0 })
    expect(states(h)).toEqual({ source: 'success', each: 'skipped', after: 'skipped' })
    expect(h.runState(run)).toBe('success')
  })

  it('is upstream_failed where the other one left no value', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h)
    expect(states(h)).toEqual({ source: 'success', each: 'upstream_failed', after: 'upstream_failed' })
    expect([...h.db.instances.values()].find((row) => row.task_id === 'each')?.state_reason).toContain('source')
    expect(h.runState(run)).toBe('failed')
  })

  it('has one failed instance, and what is below follows its trigger rule', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: 3 })
    await endRound(h, { outcomeOf: (name) => (name === 'each[1]' ? 'failed_final' : 'success') })
    expect(states(h)).toMatchObject({ 'each[0]': 'success', 'each[1]': 'failed', 'each[2]': 'success', after: 'upstream_failed' })
    expect(h.runState(run)).toBe('failed')
  })

  it('refuses more items than there may be', async () => {
    const tasks = [
      { task_id: 'source' },
      { task_id: 'each', map_length: [xcom('source'), literal(2), { step: 'product' as const, of: 2 }] },
    ]
    const { h } = await triggered(dagOf(tasks, [['source', 'each']]))
    await endRound(h, { length: MAP_LENGTH_MAX })
    expect(states(h)).toEqual({ source: 'success', each: 'failed' })
  })

  it('goes on with its instances after the controller was killed', async () => {
    const { h } = await triggered(simple)
    await endRound(h, { length: 2 })
    const again = await restarted(h)
    await again.endAll()
    expect(states(again)).toEqual({ source: 'success', 'each[0]': 'success', 'each[1]': 'success', after: 'success' })
  })

  it('knows the length after a restart between the end of the source and its own start', async () => {
    const slow = dagOf(
      [{ task_id: 'source' }, { task_id: 'gate' }, { task_id: 'each', map_length: [xcom('source')] }],
      [
        ['source', 'each'],
        ['gate', 'each'],
      ],
    )
    const { h } = await triggered(slow)
    const source = h.assigned.find((attempt) => nameOf(attempt) === 'source')
    await h.end(source!, 'success', pushed(2))
    h.assigned.splice(h.assigned.indexOf(source!), 1)
    const again = await restarted(h)
    await again.endAll()
    expect(states(again)).toEqual({ source: 'success', gate: 'success', 'each[0]': 'success', 'each[1]': 'success' })
  })
})

describe('after a clear', () => {
  const clear = (h: EngineHarness, run_id: string, options: object) =>
    h.answer(h.commands.runClear({ dag_id: 'd', run_id, options, actor }))

  it.each([
    { from: 2, to: 4 },
    { from: 4, to: 2 },
    { from: 2, to: 2 },
  ])('of its source it follows the new length: $from, then $to', async ({ from, to }) => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: from })
    await h.endAll()
    expect(h.runState(run)).toBe('success')
    await clear(h, run, { task_ids: ['source'], include_downstream: true })
    await endRound(h, { length: to })
    expect(await endRound(h)).toEqual(Array.from({ length: to }, (_, i) => `each[${i}]`))
    expect(await endRound(h)).toEqual(['after'])
    expect(h.runState(run)).toBe('success')
    const removed = Object.values(states(h, { removed: true })).filter((state) => state === 'removed').length
    expect(removed).toBe(Math.max(0, from - to))
  })

  it('of one index only that instance runs again, and what is below if that is asked for', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: 3 })
    await endRound(h)
    await endRound(h)
    await clear(h, run, { task_ids: ['each'], map_index: 1 })
    expect(await endRound(h)).toEqual(['each[1]'])
    expect(h.runState(run)).toBe('success')
    await clear(h, run, { task_ids: ['each'], map_index: 2, include_downstream: true })
    expect(states(h)).toMatchObject({ 'each[0]': 'success', 'each[1]': 'success', 'each[2]': 'queued', after: 'none' })
    await expect(clear(h, run, { task_ids: [], map_index: 0 })).rejects.toThrow('exactly one id')
  })

  it('removed instances come back when the length grows again', async () => {
    const { h, run } = await triggered(simple)
    for (const length of [3, 1, 3]) {
      await endRound(h, { length })
      await h.endAll()
      expect(Object.keys(states(h)).filter((name) => name.startsWith('each'))).toHaveLength(length)
      expect(h.runState(run)).toBe('success')
      await clear(h, run, { task_ids: ['source'], include_downstream: true })
    }
  })

  it('of one instance alone only that one runs again', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: 3 })
    await endRound(h, { outcomeOf: (name) => (name === 'each[1]' ? 'failed_final' : 'success') })
    await clear(h, run, { only_failed: true })
    expect(await endRound(h)).toEqual(['each[1]'])
    expect(await endRound(h)).toEqual(['after'])
  })

  it('of its source, which fails now, the old length does not count', async () => {
    const { h, run } = await triggered(simple)
    await endRound(h, { length: 2 })
    await h.endAll()
    await clear(h, run, { task_ids: ['source'], include_downstream: true })
    await endRound(h, { outcomeOf: () => 'failed_final' })
    expect(states(h)).toEqual({ source: 'failed', 'each[0]': 'upstream_failed', 'each[1]': 'upstream_failed', after: 'upstream_failed' })
  })
})

it('over literals it has its instances from the beginning', async () => {
  const { h } = await triggered(dagOf([{ task_id: 'each', map_length: [literal(2), literal(2), { step: 'product', of: 2 }] }], []))
  expect(states(h)).toEqual({ 'each[0]': 'queued', 'each[1]': 'queued', 'each[2]': 'queued', 'each[3]': 'queued' })
})

it('over the instances of a mapped task it has one for each that returned something', async () => {
  const tasks = [
    { task_id: 'first', map_length: [literal(3)] },
    { task_id: 'each', map_length: [xcom('first')] },
  ]
  const { h, run } = await triggered(dagOf(tasks, [['first', 'each']]))
  for (const attempt of h.takeAssigned()) await h.end(attempt, 'success', attempt.task_instance.map_index === 1 ? {} : pushed(1))
  expect(await endRound(h)).toEqual(['each[0]', 'each[1]'])
  expect(h.runState(run)).toBe('success')
})

it('a new version in which it is no longer mapped leaves one instance; mapped again, it has them back', async () => {
  const { h, run } = await triggered(simple)
  await endRound(h, { length: 3 })
  await h.endAll()
  const plain = dagOf(
    [{ task_id: 'source' }, { task_id: 'each' }, { task_id: 'after' }],
    [
      ['source', 'each'],
      ['each', 'after'],
    ],
  )
  const clear = () => h.answer(h.commands.runClear({ dag_id: 'd', run_id: run, options: { version: 'newest' }, actor }))
  await h.newVersion(plain)
  await clear()
  await h.endAll()
  expect(states(h)).toEqual({ source: 'success', each: 'success', after: 'success' })
  await h.newVersion(simple)
  await clear()
  await endRound(h, { length: 2 })
  await h.endAll()
  expect(states(h)).toEqual({ source: 'success', 'each[0]': 'success', 'each[1]': 'success', after: 'success' })
  expect(h.runState(run)).toBe('success')
})

describe('a mapped group', () => {
  const group = { group_id: 'g', label: 'g', parent_id: null, tooltip: '', ui_color: '', map_length: [xcom('source')] }
  const dag = dagOf(
    [{ task_id: 'source' }, { task_id: 'one', group_id: 'g' }, { task_id: 'two', group_id: 'g' }, { task_id: 'after' }],
    [
      ['source', 'one'],
      ['one', 'two'],
      ['two', 'after'],
    ],
    { task_groups: [group] },
  )

  it('goes on by index: one does not wait for the others', async () => {
    const { h, run } = await triggered(dag)
    await endRound(h, { length: 2 })
    expect(states(h)).toMatchObject({ 'one[0]': 'queued', 'one[1]': 'queued', 'two[0]': 'none', 'two[1]': 'none', after: 'none' })
    const [first, second] = h.takeAssigned()
    await h.end(first!, 'success')
    expect(states(h)).toMatchObject({ 'one[0]': 'success', 'two[0]': 'queued', 'two[1]': 'none' })
    await h.end(second!, 'failed_final')
    expect(states(h)).toMatchObject({ 'two[0]': 'queued', 'two[1]': 'upstream_failed', after: 'upstream_failed' })
    await h.endAll()
    expect(states(h)).toMatchObject({ 'two[0]': 'success' })
    expect(h.runState(run)).toBe('failed')
  })

  it.each([
    { length: 0, state: 'skipped' },
    { length: undefined, state: 'upstream_failed' },
  ])('has no instances for a length of $length: its tasks are $state', async ({ length, state }) => {
    const { h } = await triggered(dag)
    await endRound(h, length === undefined ? {} : { length })
    expect(states(h)).toEqual({ source: 'success', one: state, two: state, after: state })
  })

  it('keeps to its indexes after a restart, and after a clear with another length', async () => {
    const { h, run } = await triggered(dag)
    await endRound(h, { length: 2 })
    const again = await restarted(h)
    await again.endAll()
    expect(again.runState(run)).toBe('success')
    await again.answer(again.commands.runClear({ dag_id: 'd', run_id: run, options: {}, actor }))
    await endRound(again, { length: 3 })
    await again.endAll()
    expect(Object.keys(states(again))).toHaveLength(8)
    expect(again.runState(run)).toBe('success')
  })

  it('a branch within it decides for its own index', async () => {
    const branching = dagOf(
      [
        { task_id: 'source' },
        { task_id: 'branch', group_id: 'g' },
        { task_id: 'left', group_id: 'g' },
        { task_id: 'right', group_id: 'g' },
      ],
      [
        ['source', 'branch'],
        ['branch', 'left'],
        ['branch', 'right'],
      ],
      { task_groups: [group] },
    )
    const { h } = await triggered(branching)
    await endRound(h, { length: 2 })
    for (const attempt of h.takeAssigned())
      await h.end(attempt, 'success', { skip_task_ids: [attempt.task_instance.map_index === 0 ? 'left' : 'right'] })
    expect(states(h)).toMatchObject({ 'left[0]': 'skipped', 'right[0]': 'queued', 'left[1]': 'queued', 'right[1]': 'skipped' })
  })
})

it('a mapped branch or short circuit skips nothing that is not mapped', async () => {
  const dag = dagOf(
    [{ task_id: 'branch', map_length: [literal(2)] }, { task_id: 'after' }, { task_id: 'each', map_length: [literal(2)] }],
    [
      ['branch', 'after'],
      ['branch', 'each'],
    ],
  )
  const { h } = await triggered(dag)
  for (const attempt of h.takeAssigned())
    await h.end(attempt, 'success', { skip_task_ids: attempt.task_instance.map_index === 0 ? ['after', 'each'] : [] })
  expect(states(h)).toMatchObject({ after: 'queued', 'each[0]': 'skipped', 'each[1]': 'queued' })
})

it('is skipped with what it is mapped over, whatever its trigger rule', async () => {
  const dag = dagOf(
    [{ task_id: 'source' }, { task_id: 'each', trigger_rule: 'all_done', map_length: [xcom('source')] }],
    [['source', 'each']],
  )
  const { h, run } = await triggered(dag)
  await endRound(h, { outcomeOf: () => 'skipped' })
  expect(states(h)).toEqual({ source: 'skipped', each: 'skipped' })
  expect(h.runState(run)).toBe('success')
})

it('depends_on_past looks at all instances of the run before', async () => {
  const dag = dagOf([{ task_id: 'each', map_length: [literal(2)], depends_on_past: true }], [])
  const h = new EngineHarness([dag])
  await h.start()
  await h.trigger('d', { run_id: 'a', logical_date: Date.UTC(2026, 0, 1) })
  await endRound(h, { outcomeOf: (name) => (name === 'each[1]' ? 'failed_final' : 'success') })
  await h.trigger('d', { run_id: 'b', logical_date: Date.UTC(2026, 0, 2) })
  await h.pass(1000)
  expect(h.takeAssigned()).toEqual([])
})

it('the end of an instance is no look at all instances of the run after it', async () => {
  const length = 60
  const dag = dagOf([{ task_id: 'each', map_length: [literal(length)], depends_on_past: true }], [], { max_active_tasks: length })
  const h = new EngineHarness([dag], { parallelism: 200 })
  await h.start(200)
  await h.trigger('d')
  const next = await h.trigger('d')
  const { past } = [...h.service.engine!.runs.values()].find(({ record }) => record.run_id === next)!
  const stateOf = past!.stateOf.bind(past)
  let looks = 0
  past!.stateOf = (task_id) => {
    looks++
    return stateOf(task_id)
  }
  const first = h.takeAssigned()
  expect(first).toHaveLength(length)
  for (const attempt of first) await h.end(attempt, 'success')
  // One with each end, and one for each instance that may begin now.
  expect(looks).toBeLessThanOrEqual(2 * length)
  expect(h.takeAssigned()).toHaveLength(length)
})
