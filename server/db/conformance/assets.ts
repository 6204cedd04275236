import { describe, expect, test } from 'vitest'
import type { AssetUse } from '#contract/asset.ts'
import { AT, makeAssetEvent, makeRun } from '#testkit/makeRecords.ts'
import type { Subject, SubjectOf } from './subject.ts'

const use = (as: AssetUse['as'], name: string, change: Partial<AssetUse> = {}): AssetUse => ({
  as,
  task_id: as === 'schedule' ? null : 'load',
  type: 'asset',
  name,
  uri: `s3://${name}`,
  group: 'lake',
  ...change,
})

/** A DAG that names these assets. */
async function dagWith(s: Subject, dag_id: string, asset_uses: AssetUse[], asset_schedule: string | null = null): Promise<number> {
  const version = await s.dag(dag_id)
  await s.commit({ dags_update: [{ dag_id, set: { asset_uses, asset_schedule } }] })
  return version
}

export function assetsConformance(subject: SubjectOf): void {
  describe('assetEventList', () => {
    test('events of assets are found by URI, by name and by alias, newest first', async () => {
      const s = subject()
      const [a, b, c] = [s.id(), s.id(), s.id()].map((id, i) =>
        makeAssetEvent(id, { name: `asset_${i % 2}`, uri: `s3://${i % 2}`, alias: i === 2 ? 'any' : null, extra: { i } }),
      )
      await s.commit({ asset_events_insert: [a, b, c].filter((row) => row !== undefined) })
      const all = { name: null, uri: null, alias: null, limit: 10 }
      expect(await s.store.assetEventList({ ...all, uri: 's3://0' })).toEqual([c, a])
      expect(await s.store.assetEventList({ ...all, name: 'asset_1' })).toEqual([b])
      expect(await s.store.assetEventList({ ...all, alias: 'any' })).toEqual([c])
      expect(await s.store.assetEventList({ ...all, uri: 's3://0', limit: 1 })).toEqual([c])
      expect(await s.store.assetEventList({ ...all, uri: 'nowhere' })).toEqual([])
    })
  })

  describe('assetList', () => {
    test('lists what DAGs name and what only events know, each with its newest event, by name', async () => {
      const s = subject()
      const named = (name: string) => `list_${name}`
      await dagWith(s, 'list_make', [use('outlet', named('b')), use('outlet', named('b'), { task_id: 'also' }), use('inlet', named('c'))])
      await dagWith(s, 'list_wait', [
        use('schedule', named('b')),
        // By name alone, and by URI alone: the same assets.
        use('schedule', named('c'), { uri: null, group: '' }),
        use('inlet', `s3://${named('b')}`, { uri: `s3://${named('b')}`, group: '' }),
        use('schedule', named('alias'), { type: 'alias', uri: null }),
      ])
      const event = (uri: string, name: string) => makeAssetEvent(s.id(), { uri, name, asset_group: 'lake' })
      const events = [event('s3://list_b', 'list_b'), event('s3://list_a', 'list_a'), event('s3://list_b', 'list_b')]
      await s.commit({ asset_events_insert: events })
      const list = await s.store.assetList({ limit: 10, offset: 0, search: 'LIST_' })
      expect(list.total).toBe(3)
      const newest = (i: number) => ({ ...events[i], source_run_state: null })
      expect(list.data).toEqual([
        { uri: 's3://list_a', name: 'list_a', asset_group: 'lake', producers: 0, consumers: 0, readers: 0, newest: newest(1) },
        { uri: 's3://list_b', name: 'list_b', asset_group: 'lake', producers: 2, consumers: 1, readers: 1, newest: newest(2) },
        { uri: 's3://list_c', name: 'list_c', asset_group: 'lake', producers: 0, consumers: 1, readers: 1, newest: null },
      ])
      const pages = [0, 1, 2].map((offset) => s.store.assetList({ limit: 1, offset, search: 'list_' }))
      expect((await Promise.all(pages)).map(({ data, total }) => [data[0]?.name, total])).toEqual([
        ['list_a', 3],
        ['list_b', 3],
        ['list_c', 3],
      ])
      expect((await s.store.assetList({ limit: 10, offset: 0, search: 'list_%' })).data).toEqual([])
    })

    test('a DAG that no file defines any more names nothing', async () => {
      const s = subject()
      await dagWith(s, 'list_stale', [use('outlet', 'gone_asset')])
      expect((await s.store.assetList({ limit: 10, offset: 0, search: 'gone_asset' })).total).toBe(1)
      await s.store.dagFileDelete({ file: 'list_stale.py', now: AT })
      expect(await s.store.assetList({ limit: 10, offset: 0, search: 'gone_asset' })).toEqual({ data: [], total: 0, next_cursor: null })
    })
  })

  describe('assetUsersGet', () => {
    test('names who updates an asset and who waits for it, by an alias too, with what waits there', async () => {
      const s = subject()
      const uri = 's3://users'
      await dagWith(s, 'users_make', [use('outlet', 'users'), use('outlet', 'users_any', { type: 'alias', uri: null, task_id: 'guess' })])
      await dagWith(s, 'users_other', [use('outlet', 'users_any', { type: 'alias', uri: null, task_id: 'else' })])
      await dagWith(s, 'users_alias', [use('schedule', 'users_any', { type: 'alias', uri: null })], 'users_any')
      await dagWith(s, 'users_wait', [use('schedule', 'users'), use('inlet', 'users')], 'users and rates')
      const source = { source_dag_id: 'users_make', source_task_id: 'guess' }
      const event = makeAssetEvent(s.id(), { name: 'users', uri, alias: 'users_any', at: AT + 5, extra: { text: 'a\0b' }, ...source })
      const other = makeAssetEvent(s.id(), { name: 'rates', uri: 's3://rates' })
      await s.commit({
        asset_events_insert: [event, other],
        dags_update: [{ dag_id: 'users_wait', set: { queued_asset_events: [{ ...event, at: AT }, other, event] } }],
      })
      const found = await s.store.assetUsersGet({ uri })
      expect(found).toMatchObject({ name: 'users', asset_group: 'lake', aliases: ['users_any'], is_cut: false, newest: { id: event.id } })
      const rows = found?.uses.map((row) => [row.dag_id, row.used_as, row.task_id, row.alias, row.queued, row.queued_at])
      expect(rows?.map((row) => row.join(' ')).sort()).toEqual(
        [
          ['users_alias', 'schedule', null, 'users_any', 0, null],
          ['users_make', 'outlet', 'guess', 'users_any', 0, null],
          ['users_make', 'outlet', 'load', null, 0, null],
          ['users_wait', 'inlet', 'load', null, 2, AT + 5],
          ['users_wait', 'schedule', null, null, 2, AT + 5],
        ]
          .map((row) => row.join(' '))
          .sort(),
      )
      expect(found?.uses[0]?.is_paused).toBe(true)
      expect(await s.store.assetUsersGet({ uri: 's3://unheard of' })).toBeNull()
    })
  })

  describe('assetEventPage', () => {
    test('pages the events of an asset, newest first, with the state of the run that each came from', async () => {
      const s = subject()
      const version = await s.dag('event_page')
      const run = makeRun(s.id(), 'event_page', version, { run_id: 'page_run', state: 'failed' })
      const source = { source_dag_id: 'event_page', source_run_id: 'page_run' }
      const events = [source, { source_run_id: 'deleted' }, { source_dag_id: null, source_run_id: null, created_by: 'ann' }].map((change) =>
        makeAssetEvent(s.id(), { uri: 's3://page', ...change }),
      )
      await s.commit({ dag_runs_insert: [run], asset_events_insert: [...events, makeAssetEvent(s.id(), { uri: 's3://page2' })] })
      const first = await s.store.assetEventPage({ uri: 's3://page', limit: 2 })
      expect(first.data).toEqual([
        { ...events[2], source_run_state: null },
        { ...events[1], source_run_state: null },
      ])
      const last = await s.store.assetEventPage({ uri: 's3://page', limit: 2, cursor: first.next_cursor ?? '' })
      expect(last).toEqual({ data: [{ ...events[0], source_run_state: 'failed' }], next_cursor: null })
    })
  })

  describe('dagRunStates', () => {
    test('tells the states of the runs there are', async () => {
      const s = subject()
      const version = await s.dag('run_states')
      await s.commit({ dag_runs_insert: [makeRun(s.id(), 'run_states', version, { run_id: 'there', state: 'failed' })] })
      const runs = ['there', 'deleted'].map((run_id) => ({ dag_id: 'run_states', run_id }))
      expect([...(await s.store.dagRunStates({ runs }))]).toEqual([['run_states\nthere', 'failed']])
      expect(await s.store.dagRunStates({ runs: [] })).toEqual(new Map())
    })
  })

  test('an event that exists is a conflict', async () => {
    const s = subject()
    const event = makeAssetEvent(s.id())
    await s.commit({ asset_events_insert: [event] })
    expect((await s.try({ asset_events_insert: [event] })).status).toBe('conflict')
  })
}
