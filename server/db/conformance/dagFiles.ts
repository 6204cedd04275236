import { describe, expect, test } from 'vitest'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { AT, makeDagFile } from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

export function dagFilesConformance(subject: SubjectOf): void {
  describe('dagFileSave', () => {
    versions(subject)
    ownership(subject)
  })

  describe('dagFileList', () => {
    test('returns what was stored of each parse', async () => {
      const s = subject()
      const record = makeDagFile('listed.py', {
        inputs: { files: ['a.txt'], variables: ['v'], environment: ['HOME'] },
        fork_hazard: 'a thread',
        dag_ids: ['x'],
        error: { kind: 'syntax', message: 'm', traceback: 't', line: 3 },
      })
      await s.store.dagFileSave({ record, specs: [], bundle: null, paused_default: true, now: AT })
      expect((await s.store.dagFileList()).find((row) => row.file === 'listed.py')).toEqual(record)
    })
  })

  describe('dagFileErrorList', () => {
    test('lists the files that failed, all or among some', async () => {
      const s = subject()
      const error = { kind: 'import', message: 'm', traceback: 't', line: null }
      for (const file of ['errors/a.py', 'errors/b.py'])
        await s.store.dagFileSave({ record: makeDagFile(file, { error }), specs: [], bundle: null, paused_default: true, now: AT })
      await s.store.dagFileSave({
        record: makeDagFile('errors/good.py'),
        specs: [],
        bundle: { hash: 'h', files: [] },
        paused_default: true,
        now: AT,
      })
      const all = await s.store.dagFileErrorList({ limit: 1000, offset: 0 })
      expect(all.data.map((row) => row.file)).toEqual(expect.arrayContaining(['errors/a.py', 'errors/b.py']))
      expect(all.total).toBe(all.data.length)
      const some = await s.store.dagFileErrorList({ limit: 10, offset: 0, files: ['errors/b.py', 'errors/good.py'] })
      expect(some).toMatchObject({ total: 1, data: [{ file: 'errors/b.py', error }] })
    })
  })

  describe('dagFilesByPath', () => {
    test('returns the files among these that were parsed', async () => {
      const s = subject()
      const record = makeDagFile('by_path/a.py', { dag_ids: ['by_path'] })
      await s.store.dagFileSave({ record, specs: [], bundle: { hash: 'by_path', files: [] }, paused_default: true, now: AT })
      expect(await s.store.dagFilesByPath({ files: ['by_path/a.py', 'by_path/never.py'] })).toEqual([record])
      expect(await s.store.dagFilesByPath({ files: [] })).toEqual([])
    })
  })

  describe('dagFileVersions', () => {
    test('tells the newest version of each DAG of a file and the text that it was read from', async () => {
      const s = subject()
      const save = (hash: string, ids: string[]) =>
        s.store.dagFileSave({
          record: makeDagFile('versions_of.py'),
          specs: ids.map((id) => makeDagSpec(id, { file: 'versions_of.py' })),
          bundle: { hash, files: [{ path: 'versions_of.py', sha256: `text of ${hash}`, size: 1 }] },
          paused_default: true,
          now: AT,
        })
      await save('versions_of_1', ['vo_a', 'vo_b', 'vo_gone'])
      await save('versions_of_2', ['vo_a', 'vo_b'])
      const all = await s.store.dagFileVersions({ file: 'versions_of.py', limit: 10 })
      expect(all).toEqual(['vo_a', 'vo_b'].map((dag_id) => ({ dag_id, version: 2, sha256: 'text of versions_of_2' })))
      expect(await s.store.dagFileVersions({ file: 'versions_of.py', limit: 1 })).toHaveLength(1)
      expect(await s.store.dagFileVersions({ file: 'no_such.py', limit: 1 })).toEqual([])
    })
  })

  describe('dagFileDelete', () => {
    test('makes its DAGs stale and forgets its error', async () => {
      const s = subject()
      await s.dag('file_deleted')
      expect(await s.store.dagFileDelete({ file: 'file_deleted.py', now: AT + 1 })).toEqual({ stale: ['file_deleted'] })
      expect(await s.store.dagGet({ dag_id: 'file_deleted' })).toMatchObject({ is_stale: true, updated_at: AT + 1 })
      expect((await s.store.dagFileList()).some((row) => row.file === 'file_deleted.py')).toBe(false)
      expect(await s.store.dagFileDelete({ file: 'file_deleted.py', now: AT + 2 })).toEqual({ stale: [] })
    })
  })

  describe('blobsPut', () => {
    test('stores bytes once, whatever they are', async () => {
      const { store } = subject()
      const content = Uint8Array.from({ length: 256 }, (_, i) => i)
      await store.blobsPut({
        blobs: [
          { sha256: 'blob-1', content },
          { sha256: 'blob-2', content: new Uint8Array(0) },
        ],
      })
      await store.blobsPut({ blobs: [{ sha256: 'blob-1', content }] })
      expect([...(await store.blobGet({ sha256: 'blob-1' }))!]).toEqual([...content])
      expect((await store.blobGet({ sha256: 'blob-2' }))?.length).toBe(0)
    })
  })

  describe('blobsHave', () => {
    test('names those that are stored', async () => {
      const { store } = subject()
      await store.blobsPut({ blobs: [{ sha256: 'have-1', content: Buffer.from('x') }] })
      expect(await store.blobsHave({ hashes: ['have-1', 'have-2', 'have-1'] })).toEqual(['have-1'])
      expect(await store.blobsHave({ hashes: [] })).toEqual([])
    })
  })

  describe('blobGet', () => {
    test('answers null for unknown contents', async () => {
      expect(await subject().store.blobGet({ sha256: 'no such blob' })).toBeNull()
    })
  })

  describe('bundleGet', () => {
    test('returns the files in their order, or null', async () => {
      const s = subject()
      await s.saveFile('bundled.py', [makeDagSpec('bundled')], { bundle: 'bundle-hash' })
      expect(await s.store.bundleGet({ hash: 'bundle-hash' })).toEqual({
        hash: 'bundle-hash',
        files: [{ path: 'bundled.py', sha256: 'a'.repeat(64), size: 10 }],
      })
      expect(await s.store.bundleGet({ hash: 'unknown' })).toBeNull()
    })
  })
}

function versions(subject: SubjectOf): void {
  test('of a new DAG makes version 1 and takes what lists show from the spec', async () => {
    const s = subject()
    const spec = makeDagSpec('new_dag', {
      tags: ['etl', 'Zürich'],
      catchup: true,
      is_paused_upon_creation: null,
      description: 'd',
      timezone: 'Europe/Zurich',
    })
    const saved = await s.saveFile('new_dag.py', [spec])
    expect(saved).toMatchObject({
      stale: [],
      duplicates: [],
      missing_blobs: expect.anything() as string[],
      changed: [{ is_new: true, version: { version: 1, spec, bundle_hash: 'bundle', file: 'new_dag.py' } }],
    })
    const dag = await s.store.dagGet({ dag_id: 'new_dag' })
    expect(dag).toEqual(saved.changed[0]?.dag)
    expect(dag).toMatchObject({
      tags: ['etl', 'Zürich'],
      catchup: true,
      is_paused: true,
      version: 1,
      task_count: 2,
      is_dynamic: false,
      created_at: AT,
      dag_version_id: saved.changed[0]?.version.id,
    })
  })

  test('of the same spec and bundle changes nothing, whatever the order of keys', async () => {
    const s = subject()
    const spec = makeDagSpec('same_dag')
    await s.saveFile('same_dag.py', [spec])
    const turned = Object.fromEntries(Object.entries(spec).reverse()) as typeof spec
    expect(await s.saveFile('same_dag.py', [turned], { now: AT + 5 })).toEqual({
      changed: [],
      stale: [],
      duplicates: [],
      missing_blobs: [],
    })
    expect((await s.store.dagGet({ dag_id: 'same_dag' }))?.updated_at).toBe(AT)
  })

  test('of a changed spec or bundle makes the next version and keeps what the scheduler keeps', async () => {
    const s = subject()
    await s.dag('next_version')
    await s.commit({ dags_update: [{ dag_id: 'next_version', set: { is_paused: false, next_run_after: AT, consecutive_failed_runs: 3 } }] })
    const second = await s.saveFile('next_version.py', [makeDagSpec('next_version', { tasks: [makeTaskSpec('only')], edges: [] })], {
      now: AT + 1,
    })
    expect(second.changed).toMatchObject([
      {
        is_new: false,
        version: { version: 2 },
        dag: { is_paused: false, next_run_after: AT, consecutive_failed_runs: 3, task_count: 1, updated_at: AT + 1, created_at: AT },
      },
    ])
    const third = await s.saveFile('next_version.py', [makeDagSpec('next_version', { tasks: [makeTaskSpec('only')], edges: [] })], {
      bundle: 'other',
      now: AT + 2,
    })
    expect(third.changed).toMatchObject([{ version: { version: 3, bundle_hash: 'other' } }])
    expect(await s.store.dagGet({ dag_id: 'next_version' })).toEqual(third.changed[0]?.dag)
  })

  test('of an unchanged file whose dates have moved on makes no version: the newest one takes them over', async () => {
    const s = subject()
    const on = (date: string, day: number) =>
      makeDagSpec('moving', {
        start_date: date,
        tasks: [makeTaskSpec('only', { start_date: date })],
        edges: [],
        timetable: {
          type: 'computed',
          summary: 'Workdays',
          computed_at: AT + day,
          runs: [[AT, AT + 1, AT + day]],
          history: [],
          is_complete: false,
          manual: { type: 'runs' },
        },
      })
    const [first, second] = [on('2026-11-22T00:00:00.000Z', 1), on('2026-11-23T00:00:00.000Z', 2)]
    const [made] = (await s.saveFile('moving.py', [first])).changed
    const [moved] = (await s.saveFile('moving.py', [second], { now: AT + 1 })).changed
    expect(moved).toMatchObject({ is_new: false, version: { id: made?.version.id, version: 1, hash: made?.version.hash, spec: second } })
    expect(await s.store.dagVersionByNumber({ dag_id: 'moving', version: 1 })).toEqual(moved?.version)
    expect((await s.saveFile('moving.py', [second], { now: AT + 2 })).changed).toEqual([])
    const edited = await s.saveFile('moving.py', [first], { bundle: 'edited', now: AT + 3 })
    expect(edited.changed).toMatchObject([{ version: { version: 2, spec: first } }])
  })

  test('with an error keeps the last good version', async () => {
    const s = subject()
    await s.dag('kept_version')
    const record = makeDagFile('kept_version.py', { error: { kind: 'syntax', message: 'bad', traceback: '', line: 1 } })
    expect(await s.store.dagFileSave({ record, specs: [], bundle: null, paused_default: true, now: AT + 1 })).toEqual({
      changed: [],
      stale: [],
      duplicates: [],
      missing_blobs: expect.anything() as string[],
    })
    expect(await s.store.dagGet({ dag_id: 'kept_version' })).toMatchObject({ is_stale: false, version: 1 })
  })
}

function ownership(subject: SubjectOf): void {
  test('makes a DAG stale that its file no longer defines, and a return makes it live again', async () => {
    const s = subject()
    const specs = [makeDagSpec('twin_a'), makeDagSpec('twin_b')]
    await s.saveFile('twins.py', specs)
    expect((await s.store.dagGet({ dag_id: 'twin_a' }))?.is_dynamic).toBe(true)
    expect((await s.saveFile('twins.py', [specs[0]!])).stale).toEqual(['twin_b'])
    expect((await s.store.dagGet({ dag_id: 'twin_a' }))?.is_dynamic).toBe(false)
    const back = await s.saveFile('twins.py', specs)
    expect(back.changed).toMatchObject([{ is_new: false, dag: { dag_id: 'twin_b', is_stale: false, version: 1 } }])
  })

  test('reports a DAG id that another file owns and does not store it', async () => {
    const s = subject()
    await s.dag('owned')
    const saved = await s.saveFile('thief.py', [makeDagSpec('owned', { description: 'stolen' }), makeDagSpec('not_owned')])
    expect(saved.duplicates).toEqual([{ dag_id: 'owned', owner_file: 'owned.py' }])
    expect(saved.changed.map((change) => change.dag.dag_id)).toEqual(['not_owned'])
    expect((await s.store.dagGet({ dag_id: 'owned' }))?.file).toBe('owned.py')
  })

  test('takes over a DAG whose file is gone: the file was renamed', async () => {
    const s = subject()
    await s.dag('renamed')
    await s.store.dagFileDelete({ file: 'renamed.py', now: AT })
    const saved = await s.saveFile('new_name.py', [makeDagSpec('renamed')])
    expect(saved).toMatchObject({ duplicates: [], changed: [{ is_new: false, dag: { file: 'new_name.py', is_stale: false } }] })
  })
}
