import { describe, expect, test } from 'vitest'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import {
  AT,
  makeAssetEvent,
  makeAttempt,
  makeBackfill,
  makeDagFile,
  makeLedgerEntry,
  makeRun,
  makeTaskInstance,
  makeXCom,
} from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

const DAY = 86_400_000

export function retentionConformance(subject: SubjectOf): void {
  describe('dagRunsEnded', () => {
    test('lists finished runs by their end, page by page, with what comes after them', async () => {
      const s = subject()
      const version = await s.dag('ended')
      const old = AT - 1000 * DAY
      const runs = (['success', 'failed', 'success', 'running', 'failed'] as const).map((state, day) =>
        makeRun(s.id(), 'ended', version, {
          state,
          run_type: day === 1 ? 'manual' : 'scheduled',
          logical_date: old + day * DAY,
          end_time: state === 'running' ? null : old + (10 - day) * DAY,
          task_counts: { success: 2, failed: day },
        }),
      )
      const undated = makeRun(s.id(), 'ended', version, { state: 'success', end_time: old + 6 * DAY })
      const young = makeRun(s.id(), 'ended', version, { state: 'success', end_time: old + 11 * DAY })
      await s.commit({ dag_runs_insert: [...runs, undated, young] })
      const before = old + 11 * DAY
      const first = await s.store.dagRunsEnded({ before, after: null, limit: 3 })
      expect(first.map(({ id }) => id)).toEqual([runs[4]!.id, undated.id, runs[2]!.id])
      const rest = await s.store.dagRunsEnded({ before, after: first[2]!, limit: 3 })
      expect(rest.map(({ id }) => id)).toEqual([runs[1]!.id, runs[0]!.id])
      const facts = [...first, ...rest].map((run) => [run.task_instances, run.next_run_date, run.next_success_date])
      expect(facts).toEqual([
        [6, null, null],
        [0, null, null],
        [4, old + 3 * DAY, null],
        // A manual run is followed by any, another one by none that is manual; only a success asks for the next one.
        [3, old + 2 * DAY, null],
        [2, old + 2 * DAY, old + 2 * DAY],
      ])
      expect(rest[0]).toMatchObject({
        dag_id: 'ended',
        run_type: 'manual',
        state: 'failed',
        logical_date: old + DAY,
        end_time: old + 9 * DAY,
      })
      expect([...first, ...rest].every(({ newer_id }) => newer_id !== null)).toBe(true)
      await s.commit({ dag_runs_delete: [young.id] })
      const newest = (await s.store.dagRunsEnded({ before, after: null, limit: 9 })).find(({ id }) => id === undated.id)
      expect(newest?.newer_id).toBeNull()
    })
  })

  describe('ledgerPrune', () => {
    test('removes old entries of no run, one DAG at a time, and keeps the counts', async () => {
      const s = subject()
      const { run } = await s.run('prune_a', 0)
      const old = AT - 2000 * DAY
      const entry = (dag_id: string | null, at: number, dag_run_id: number | null = null) =>
        makeLedgerEntry(s.id(), { dag_id, at, dag_run_id })
      await s.commit({
        ledger_insert: [
          entry('prune_a', old),
          entry('prune_b', old + 1),
          entry('prune_a', old + 2),
          entry(null, old + 3),
          entry('prune_a', old, run.id),
          entry('prune_a', old + DAY),
          entry('prune_b', AT),
        ],
      })
      const totals = async () =>
        Promise.all(['prune_a', 'prune_b'].map(async (dag_id) => (await s.store.ledgerList({ dag_id, limit: 1, offset: 0 })).total))
      expect(await totals()).toEqual([4, 2])
      const removed: number[] = []
      do removed.push(await s.store.ledgerPrune({ before: old + DAY, limit: 1 }))
      while (removed.at(-1) !== 0)
      expect(removed).toEqual([1, 1, 1, 1, 0])
      expect(await totals()).toEqual([2, 1])
      const left = await s.store.ledgerList({ dag_id: 'prune_a', limit: 9, offset: 0 })
      expect(left.data.map(({ at, dag_run_id }) => [at, dag_run_id]).sort()).toEqual(
        [
          [old + DAY, null],
          [old, run.id],
        ].sort(),
      )
    })
    test('never removes the newest entry, whose id must not be given again', async () => {
      const s = subject()
      await s.commit({ ledger_insert: [makeLedgerEntry(s.id(), { at: AT - 3000 * DAY })] })
      expect(await s.store.ledgerPrune({ before: AT - 2999 * DAY, limit: 100 })).toBe(0)
    })
  })

  describe('assetEventPrune', () => {
    test('removes old events, but the newest of each asset and those that a DAG has not run for yet', async () => {
      const s = subject()
      await s.dag('asset_prune')
      const old = AT - 4000 * DAY
      const event = (uri: string, at: number) => makeAssetEvent(s.id(), { uri: `prune://${uri}`, at, extra: { text: 'a\0b' } })
      const [a1, b1, a2, a3, a4, b2] = [...'abaaab'].map((uri, day) => event(uri, old + day * DAY))
      await s.commit({
        asset_events_insert: [a1, b1, a2, a3, a4, b2].map((row) => row!),
        dags_update: [{ dag_id: 'asset_prune', set: { queued_asset_events: [a2!] } }],
      })
      const left = async (uri: string) => (await s.store.assetEventPage({ uri: `prune://${uri}`, limit: 9 })).data.map(({ id }) => id)
      // Two at a time: a window that removes nothing is no end.
      const removed: number[] = []
      for (let after: number | null = a1!.id - 1; after !== null;) {
        const done = await s.store.assetEventPrune({ before: old + 4 * DAY, after, limit: 2 })
        removed.push(done.removed)
        after = done.next
      }
      expect(removed).toEqual([2, 1, 0])
      expect([await left('a'), await left('b')]).toEqual([[a4!.id, a2!.id], [b2!.id]])
      // What a run took is no more in the way; the newest stays, however old it is.
      await s.commit({ dags_update: [{ dag_id: 'asset_prune', set: { queued_asset_events: [] } }] })
      await s.store.assetEventPrune({ before: old + 9 * DAY, after: a1!.id - 1, limit: 9 })
      expect([await left('a'), await left('b')]).toEqual([[a4!.id], [b2!.id]])
    })
  })

  describe('backfillPrune', () => {
    test('removes what ended before with its intervals, and no open or newest one', async () => {
      const s = subject()
      await s.dag('backfill_prune')
      const old = AT - 1000 * DAY
      const [over, paused, newest] = [
        makeBackfill(s.id(), 'backfill_prune', { state: 'success', end_time: old }),
        makeBackfill(s.id(), 'backfill_prune', { state: 'paused', end_time: null }),
        makeBackfill(s.id(), 'backfill_prune', { state: 'failed', end_time: old }),
      ]
      const interval = { ordinal: 0, logical_date: old, data_interval_start: old, data_interval_end: old, run_id: 'x', dag_run_id: null }
      const intervals = [{ ...interval, backfill_id: over.id, action: 'create' as const }]
      await s.commit({
        backfills_insert: [over, paused, newest].map((backfill) => ({ backfill, intervals: backfill === over ? intervals : [] })),
      })
      const before = old + DAY
      expect([await s.store.backfillPrune({ before }), await s.store.backfillPrune({ before })]).toEqual([1, 0])
      const left = await s.store.backfillList({ dag_id: 'backfill_prune', limit: 9, offset: 0 })
      expect(left.data.map(({ id }) => id)).toEqual([newest.id, paused.id])
    })
  })

  describe('dagVersionsUnused', () => {
    test('lists versions without a run that were replaced before', async () => {
      const s = subject()
      const old = AT - 1000 * DAY
      const version = async (day: number) =>
        (await s.saveFile('unused.py', [makeDagSpec('unused', { description: `v${day}` })], { now: old + day * DAY })).changed[0]!.version
          .id
      const ids = [await version(0), await version(1), await version(2), await version(3)]
      await s.commit({ dag_runs_insert: [makeRun(s.id(), 'unused', ids[1]!)] })
      const unused = async (day: number) => {
        const found = await s.store.dagVersionsUnused({ before: old + day * DAY, limit: 1000 })
        return found.filter((id) => ids.includes(id))
      }
      expect(await unused(1)).toEqual([])
      expect(await unused(2)).toEqual([ids[0]])
      expect(await unused(9)).toEqual([ids[0], ids[2]])
      expect(await s.store.dagVersionsUnused({ before: old + 9 * DAY, limit: 1 })).toHaveLength(1)
    })
  })

  describe('dagVersionsDelete', () => {
    test('leaves what is in use by now', async () => {
      const s = subject()
      const version = async (description: string) =>
        (await s.saveFile('delete_versions.py', [makeDagSpec('delete_versions', { description })])).changed[0]!.version.id
      const ids = [await version('1'), await version('2'), await version('3')]
      await s.commit({ dag_runs_insert: [makeRun(s.id(), 'delete_versions', ids[1]!)] })
      expect(await s.store.dagVersionsDelete({ ids })).toBe(1)
      const left = await s.store.dagVersionList({ dag_id: 'delete_versions', limit: 9, offset: 0 })
      expect(left.data.map(({ id }) => id).sort()).toEqual([ids[1], ids[2]].sort())
      expect(await s.store.dagVersionsDelete({ ids: [] })).toBe(0)
    })
  })

  describe('filesUnused', () => {
    test('lists bundles without a version and contents without a bundle; filesDelete leaves what is in use by now', async () => {
      const s = subject()
      const sha = (text: string): string => text.padEnd(64, '0')
      const put = (names: string[]) => s.store.blobsPut({ blobs: names.map((name) => ({ sha256: sha(name), content: Buffer.from(name) })) })
      const save = (bundle: string, files: string[], specs = [makeDagSpec('files_dag', { description: bundle })]) =>
        s.store.dagFileSave({
          record: makeDagFile('files_dag.py'),
          specs,
          bundle: { hash: bundle, files: files.map((name) => ({ path: name, sha256: sha(name), size: 1 })) },
          paused_default: true,
          now: AT,
        })
      await put(['used', 'shared', 'alone', 'orphan', 'taken'])
      await save('files_used', ['used', 'shared'])
      await save('files_left', ['alone', 'shared'], [])
      await save('files_taken', ['alone'], [])
      const mine = (hashes: string[]) => hashes.filter((hash) => /^(files_|used|shared|alone|orphan|taken)/.test(hash)).sort()
      const found = await s.store.filesUnused({ limit: 10_000 })
      expect(mine(found.bundles)).toEqual(['files_left', 'files_taken'])
      expect(mine(found.blobs)).toEqual([sha('orphan'), sha('taken')])
      // Stored between the look and the removal.
      expect((await save('files_taken', ['alone'])).missing_blobs).toEqual([])
      await save('files_newest', ['taken'])
      await s.store.filesDelete({ ...found, bundles: mine(found.bundles), blobs: mine(found.blobs) })
      expect(await s.store.bundleGet({ hash: 'files_left' })).toBeNull()
      expect(await s.store.bundleGet({ hash: 'files_taken' })).not.toBeNull()
      expect(await s.store.blobsHave({ hashes: ['used', 'shared', 'alone', 'orphan', 'taken'].map(sha) })).not.toContain(sha('orphan'))
      expect((await s.store.blobsHave({ hashes: ['used', 'shared', 'alone', 'taken'].map(sha) })).length).toBe(4)
      // Who stores a version that uses what is gone is told so.
      expect((await save('files_again', ['orphan', 'used'])).missing_blobs).toEqual([sha('orphan')])
    })
  })

  describe('filesDelete', () => {
    test('takes nothing when nothing is named', async () => {
      expect(await subject().store.filesDelete({ bundles: [], blobs: [], newest_version: 0 })).toBe(0)
    })
  })

  describe('storageSize', () => {
    test('grows with what is stored', async () => {
      const s = subject()
      const before = await s.store.storageSize()
      const { run, tasks } = await s.run('storage_size', 1)
      const value = JSON.stringify('x'.repeat(2_000_000))
      await s.commit({
        attempts_insert: [makeAttempt(tasks[0]!.id, 1)],
        xcoms_put: [makeXCom(run.id, 'a', { value, size: value.length })],
        task_instances_insert: [makeTaskInstance(s.id(), run.id)],
      })
      // More than a write-ahead log has room for that earlier commits have made.
      for (let i = 0; i < 20; i++) await s.commit({ xcoms_put: [makeXCom(run.id, `key_${i}`, { value, size: value.length })] })
      const random = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 2_654_435_761) >>> 13)
      await s.store.logAppend({ task_instance_id: tasks[0]!.id, attempt: 1, offset: 0, bytes: random })
      const after = await s.store.storageSize()
      expect(after.log_bytes - before.log_bytes).toBeGreaterThan(500_000)
      expect(after.database_bytes).toBeGreaterThan(before.database_bytes)
    })
  })
}
