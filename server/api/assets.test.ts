/** Assets over the API: what DAGs name, an update by hand, and what it does to a DAG that waits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AssetCondition, AssetDetail, AssetEvent } from '#contract/asset.ts'
import type { AssetRef, AssetStep } from '#contract/dagSpec.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'

const asset = (name: string): AssetRef => ({ type: 'asset', name, uri: `s3://lake/${name}`, group: 'lake', extra: {} })
const both: AssetStep[] = [
  { step: 'asset', asset: asset('orders') },
  { step: 'asset', asset: asset('rates') },
  { step: 'all', of: 2 },
]
const ORDERS = 's3://lake/orders'
let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
  const make = makeDagSpec('make')
  await api.saveDag({ ...make, tasks: make.tasks.map((task) => ({ ...task, outlets: [asset('orders')] })) })
  await api.saveDag({
    ...makeDagSpec('use'),
    is_paused_upon_creation: false,
    schedule: 'Asset',
    timetable: { type: 'null' },
    asset_condition: both,
  })
})
afterAll(() => api.close())

const get = async <T>(url: string): Promise<T> => (await api.call({ url, as: 'vera' })).json<T>()
const update = (body: object, as: 'vera' | 'otto' = 'otto') => api.call({ method: 'POST', url: '/api/assets/events', as, body })
const condition = () => get<AssetCondition>('/api/dags/use/asset-condition')
const arrived = async () => (await condition()).steps.map((step) => step.step === 'asset' && step.arrived_at !== null)

describe('assets', () => {
  test('are those that the newest versions name, with who makes and who awaits them', async () => {
    const list = await get<{ data: unknown[]; total: number }>('/api/assets?search=LAKE')
    expect(list).toMatchObject({
      total: 2,
      data: [
        { uri: ORDERS, name: 'orders', group: 'lake', consumers: 1, last_event: null },
        { uri: 's3://lake/rates', name: 'rates', producers: 0, consumers: 1 },
      ],
    })
    const one = await get<AssetDetail>(`/api/assets/detail?uri=${encodeURIComponent(ORDERS)}`)
    expect(one.producers[0]).toMatchObject({ dag_id: 'make', alias: null })
    expect(one.consumers).toEqual([
      {
        dag_id: 'use',
        dag_display_name: null,
        is_paused: false,
        alias: null,
        condition: 'orders and rates',
        queued_events: 0,
        queued_at: null,
      },
    ])
    expect(await condition()).toMatchObject({ condition: 'orders and rates', is_cut: false })
    const found = await get<{ assets: unknown }>('/api/search?q=orders')
    expect(found.assets).toEqual([{ uri: ORDERS, name: 'orders', group: 'lake' }])
  })

  test('are updated by hand: a DAG that waits hears of it and runs when all is there, and the run knows by what', async () => {
    const event = await update({ uri: ORDERS, extra: { rows: 3 } })
    expect(event.statusCode).toBe(200)
    expect(event.json()).toMatchObject({ name: 'orders', group: 'lake', extra: { rows: 3 }, created_by: 'otto', source_dag_id: null })
    expect(await arrived()).toEqual([true, false, false])
    expect(await get('/api/dags/use')).toMatchObject({ asset_schedule: { condition: 'orders and rates', arrived: 1, wanted: 2 } })
    const waiting = await get<AssetDetail>(`/api/assets/detail?uri=${encodeURIComponent(ORDERS)}`)
    expect(waiting.consumers[0]?.queued_events).toBe(1)

    expect((await update({ uri: 's3://lake/rates' })).statusCode).toBe(200)
    const runs = await get<{ data: { run_id: string; run_type: string }[] }>('/api/dags/use/runs')
    expect(runs.data.map(({ run_type }) => run_type)).toEqual(['asset_triggered'])
    const run_id = encodeURIComponent(runs.data[0]?.run_id ?? '')
    const events = await get<{ data: AssetEvent[]; total: number }>(`/api/dags/use/runs/${run_id}/asset-events?limit=1`)
    expect(events).toMatchObject({ total: 2, data: [{ name: 'rates', created_by: 'otto', source_run_state: null }] })
    expect(await arrived()).toEqual([false, false, false])
    const pages = await get<{ data: AssetEvent[]; next_cursor: string | null }>(`/api/assets/events?uri=${encodeURIComponent(ORDERS)}`)
    expect(pages).toMatchObject({ data: [{ extra: { rows: 3 } }], next_cursor: null })
  })

  test('refuse a Viewer, an unknown asset, and an extra that is no object or too large', async () => {
    expect((await update({ uri: ORDERS }, 'vera')).statusCode).toBe(403)
    const unknown = await update({ uri: 's3://lake/nothing' })
    expect([unknown.statusCode, unknown.json<{ code: string }>().code]).toEqual([404, 'not_found'])
    expect((await update({ uri: ORDERS, extra: [1] })).statusCode).toBe(400)
    const large = await update({ uri: ORDERS, extra: { text: 'x'.repeat(70_000) } })
    expect([large.statusCode, large.json<{ message: string }>().message]).toEqual([400, expect.stringContaining('at most 65536')])
    expect((await api.call({ url: '/api/assets/detail?uri=nowhere', as: 'vera' })).statusCode).toBe(404)
  })
})
