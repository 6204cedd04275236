import { describe, expect, test } from 'vitest'
import { makeAssetEvent } from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

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

  test('an event that exists is a conflict', async () => {
    const s = subject()
    const event = makeAssetEvent(s.id())
    await s.commit({ asset_events_insert: [event] })
    expect((await s.try({ asset_events_insert: [event] })).status).toBe('conflict')
  })
}
