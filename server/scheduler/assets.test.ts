/** Assets in the engine: which events count for which DAG, when its run is created, and that a restart loses none. */
import { describe, expect, it } from 'vitest'
import type { AssetRef, AssetStep, DagSpec } from '#contract/dagSpec.ts'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const asset = (name: string): AssetRef => ({ type: 'asset', name, uri: `s3://${name}`, group: 'asset', extra: {} })
const alias = (name: string): AssetRef => ({ type: 'alias', name, uri: null, group: 'asset', extra: {} })
const on = (...refs: AssetRef[]): AssetStep[] => refs.map((ref) => ({ step: 'asset', asset: ref }))
const both: AssetStep[] = [...on(asset('a'), asset('b')), { step: 'all', of: 2 }]

const producer = (dag_id: string, ...outlets: AssetRef[]): DagSpec =>
  spec({ dag_id, tasks: [task({ task_id: 'make', kind: 'python', outlets })] })
const consumer = (asset_condition: AssetStep[], more: Partial<DagSpec> = {}): DagSpec =>
  spec({ dag_id: 'use', asset_condition, tasks: [task({ task_id: 't' })], ...more })

const runsOf = (h: EngineHarness) => [...h.db.runs.values()].filter(({ dag_id }) => dag_id === 'use')
const queued = (h: EngineHarness) => h.db.dags.get('use')?.queued_asset_events.map(({ name }) => name)

async function started(...specs: DagSpec[]): Promise<EngineHarness> {
  const h = new EngineHarness(specs)
  await h.start()
  return h
}

/** Runs a producer to its end. */
async function produce(
  h: EngineHarness,
  dag_id: string,
  more: Parameters<EngineHarness['end']>[2] = {},
  outcome: 'success' | 'failed' = 'success',
): Promise<void> {
  await h.trigger(dag_id)
  const [attempt] = h.takeAssigned()
  await h.end(attempt!, outcome, more)
}

describe('a DAG that is scheduled on assets', () => {
  it('runs once when all of them were updated, with the events that did it', async () => {
    const h = await started(producer('pa', asset('a')), producer('pb', asset('b')), consumer(both))
    await produce(h, 'pa')
    await produce(h, 'pa')
    expect(runsOf(h)).toEqual([])
    expect(queued(h)).toEqual(['a', 'a'])
    await produce(h, 'pb', { asset_events: [{ name: 'b', uri: 's3://b', group: 'asset', extra: { rows: 7 }, alias: null }] })
    const [run, ...others] = runsOf(h)
    expect(others).toEqual([])
    expect(run).toMatchObject({ run_type: 'asset_triggered', state: 'running', logical_date: null, data_interval_start: null })
    expect(run?.run_id).toMatch(/^asset_triggered__/)
    expect(run?.asset_events?.map(({ name, extra, source_dag_id }) => [name, extra, source_dag_id])).toEqual([
      ['a', {}, 'pa'],
      ['a', {}, 'pa'],
      ['b', { rows: 7 }, 'pb'],
    ])
    expect(queued(h)).toEqual([])
    expect(h.takeAssigned().map(({ run: assigned }) => assigned.asset_events?.length)).toEqual([3])
    expect(h.db.assetEvents).toHaveLength(3)
  })

  it('runs for any of them where the condition says so, and for what came through an alias', async () => {
    const h = await started(producer('pa', asset('a'), alias('any')), consumer([...on(alias('any'), asset('z')), { step: 'any', of: 2 }]))
    await produce(h, 'pa')
    expect(runsOf(h)).toEqual([])
    await produce(h, 'pa', { asset_events: [{ name: 'new', uri: 's3://new', group: 'asset', extra: {}, alias: 'any' }] })
    expect(runsOf(h).map(({ asset_events }) => asset_events?.map(({ uri, alias: by }) => [uri, by]))).toEqual([[['s3://new', 'any']]])
    // The outlet that the task said nothing of was updated all the same.
    expect(h.db.assetEvents.map(({ uri }) => uri)).toEqual(['s3://a', 's3://new', 's3://a'])
  })

  it('does not run for a failure or a skip, nor for what came while it was paused', async () => {
    const h = await started(producer('pa', asset('a')), consumer(on(asset('a'))))
    await produce(h, 'pa', {}, 'failed')
    await h.answer(h.commands.dagSetPaused({ dag_id: 'use', paused: true, actor: 'x' }))
    await produce(h, 'pa')
    await h.answer(h.commands.dagSetPaused({ dag_id: 'use', paused: false, actor: 'x' }))
    expect(runsOf(h)).toEqual([])
    await produce(h, 'pa')
    expect(runsOf(h)).toHaveLength(1)
  })

  it('has by the rules of 2.x a date, and the interval of the runs that the events came from', async () => {
    const h = await started(producer('pa', asset('a')), consumer(on(asset('a')), { dialect: '2' }))
    const at = Date.parse('2026-01-01T00:00:00Z')
    await h.trigger('pa', { logical_date: at })
    await h.end(h.takeAssigned()[0]!, 'success')
    const [run] = runsOf(h)
    expect(run?.run_id).toMatch(/^dataset_triggered__/)
    expect(run).toMatchObject({ data_interval_start: at, data_interval_end: at })
    expect(run?.logical_date).toBe(run?.run_after)
  })

  it('keeps what it waits with over a restart, and over a new version as far as that still waits for it', async () => {
    const h = await started(producer('pa', asset('a')), producer('pb', asset('b')), consumer(both))
    await produce(h, 'pa')
    const again = await h.restarted()
    await again.hello('w', [])
    await produce(again, 'pb')
    expect(runsOf(again)).toHaveLength(1)

    await produce(again, 'pa')
    await again.newVersion(consumer([...on(asset('b'), asset('c')), { step: 'all', of: 2 }]))
    expect(queued(again)).toEqual([])
    await produce(again, 'pa')
    expect(queued(again)).toEqual([])
    await produce(again, 'pb')
    // What is there suffices for a version that asks for less.
    await again.newVersion(consumer(on(asset('b'))))
    expect(runsOf(again)).toHaveLength(2)
  })

  it('waits with a bounded number of events, also where each is of an asset of its own, and forgets none that the condition needs', async () => {
    const h = await started(
      producer('pa', alias('files')),
      producer('pb', asset('b')),
      consumer([...on(asset('b'), alias('files'), asset('never')), { step: 'all', of: 3 }]),
    )
    await produce(h, 'pb')
    const file = (i: number) => ({ name: `file_${i}`, uri: `s3://file/${i}`, group: 'asset', extra: {}, alias: 'files' })
    for (let round = 0; round < 3; round += 1)
      await produce(h, 'pa', { asset_events: Array.from({ length: 500 }, (_, i) => file(500 * round + i)) })
    const names = queued(h) ?? []
    expect(names).toHaveLength(1_001)
    expect([names[0], names.at(-1)]).toEqual(['b', 'file_1499'])
    await produce(h, 'pa', { asset_events: Array.from({ length: 30 }, (_, i) => ({ ...file(i), extra: { text: 'x'.repeat(60_000) } })) })
    expect(queued(h)?.length).toBeLessThan(20)
    expect(queued(h)?.[0]).toBe('b')
  })

  it('runs for updates that a person recorded, and the ledger says who', async () => {
    const h = await started(producer('pa', asset('a')), consumer(both))
    await produce(h, 'pa')
    const event = await h.answer(h.commands.assetUpdate({ name: 'b', uri: 's3://b', group: 'asset', extra: { rows: 1 }, actor: 'ann' }))
    expect(event).toMatchObject({ uri: 's3://b', created_by: 'ann', source_dag_id: null })
    expect(runsOf(h).map(({ asset_events }) => asset_events?.map(({ name, created_by }) => [name, created_by]))).toEqual([
      [
        ['a', null],
        ['b', 'ann'],
      ],
    ])
    expect(h.db.ledger.filter(({ kind }) => kind === 'asset.updated').map(({ actor, message }) => [actor, message])).toEqual([
      ['ann', 's3://b'],
    ])
  })

  it('has in its row which assets it names, also where the row is of before there was that column', async () => {
    const h = new EngineHarness([producer('pa', asset('a'), alias('any')), consumer(both)])
    await h.start()
    expect(h.db.dags.get('pa')?.asset_uses.map(({ as, task_id, type, name }) => [as, task_id, type, name])).toEqual([
      ['outlet', 'make', 'asset', 'a'],
      ['outlet', 'make', 'alias', 'any'],
    ])
    expect(h.db.dags.get('use')).toMatchObject({ asset_schedule: 'a and b' })
    await h.newVersion(consumer(on(asset('c'))))
    expect(h.db.dags.get('use')).toMatchObject({ asset_schedule: 'c', asset_uses: [{ as: 'schedule', name: 'c' }] })
  })

  it('keeps a bounded number of events, of each asset at least the newest', async () => {
    const many = Array.from({ length: 1500 }, (_, i) => ({ name: 'a', uri: 's3://a', group: 'asset', extra: { i }, alias: null }))
    const h = await started(
      producer('pa', asset('a')),
      producer('pb', asset('b')),
      consumer([...on(asset('a'), asset('b'), asset('c')), { step: 'all', of: 3 }]),
    )
    await produce(h, 'pb')
    await produce(h, 'pa', { asset_events: many })
    const names = queued(h) ?? []
    expect(names.length).toBeLessThanOrEqual(1001)
    expect(names).toContain('b')
    expect(h.db.dags.get('use')?.queued_asset_events.at(-1)?.extra).toEqual({ i: 1499 })
  })
})
