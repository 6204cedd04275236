import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FILE_BYTES_MAX } from '#contract/dagFileNames.ts'
import type { ParseResult } from '#contract/dagSpec.ts'
import { FolderFiles } from '#dagfiles/editing/folderFiles.ts'
import { systemClock } from '#runtime/clock.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { makeDagFile } from '#testkit/makeRecords.ts'

let api: TestApi
let root: string
const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const told: string[] = []
/** What the parse of unsaved text answers next. */
let parse: ((p: { text: string; signal: AbortSignal }) => Promise<ParseResult>) | null = null

beforeAll(async () => {
  api = await startTestApi({
    change: ({ dagFiles }) => ({
      dagFiles: {
        ...dagFiles,
        fileChanged: (file) => void told.push(file),
        parseText: (p) => (parse === null ? Promise.reject(new Error('not asked for')) : parse(p)),
      },
    }),
  })
  root = api.services.dagFiles.files.root
})
afterAll(() => api.close())

const save = (body: object, as: 'ada' | 'otto' | 'vera' | undefined = 'ada') =>
  api.call({ method: 'PUT', url: '/api/dag-files/content', as, body })
const content = (path: string, as: 'ada' | 'otto' | 'vera' = 'otto') =>
  api.call({ url: `/api/dag-files/content?path=${encodeURIComponent(path)}`, as })

describe('files of the DAG folder', () => {
  it('are created, read, listed, saved, moved and deleted, each noted in the ledger', async () => {
    const created = await save({ path: 'team/new.py', text: 'from airflow import DAG\n', expected_hash: null })
    expect(created.json()).toEqual({ path: 'team/new.py', sha256: sha('from airflow import DAG\n'), size: 24, change: 'created' })
    expect((await content('team/new.py')).json()).toMatchObject({
      text: 'from airflow import DAG\n',
      is_dag_file: true,
      reading: 'waiting',
      read_only: null,
      dags: [],
    })
    const list = (await api.call({ url: '/api/dag-files?search=NEW', as: 'otto' })).json() as { total: number; data: object[] }
    expect(list).toMatchObject({ total: 1, data: [{ path: 'team/new.py', size: 24, is_dag_file: true, sha256: created.json().sha256 }] })
    const saved = await save({ path: 'team/new.py', text: 'x = 1\r\n', expected_hash: created.json().sha256 })
    expect(saved.json()).toMatchObject({ change: 'saved' })
    expect(await readFile(join(root, 'team/new.py'), 'utf8')).toBe('x = 1\r\n')
    expect((await save({ path: 'team/new.py', text: 'x = 1\r\n', expected_hash: saved.json().sha256 })).json()).toMatchObject({
      change: 'unchanged',
    })
    const moved = await api.call({
      method: 'POST',
      url: '/api/dag-files/move',
      as: 'ada',
      body: { path: 'team/new.py', to: 'other/name.py', expected_hash: saved.json().sha256 },
    })
    expect(moved.statusCode).toBe(200)
    expect((await content('team/new.py')).statusCode).toBe(404)
    const gone = await api.call({
      method: 'DELETE',
      url: `/api/dag-files/content?path=other/name.py&expected_hash=${saved.json().sha256}`,
      as: 'ada',
    })
    expect(gone.json()).toEqual({ message: 'other/name.py was deleted.' })
    expect(await readdir(join(root, 'other'))).toEqual([])
    expect(told).toEqual(['team/new.py', 'team/new.py', 'team/new.py', 'other/name.py', 'other/name.py'])
    const ledger = (await api.store.ledgerList({ limit: 10, offset: 0 })).data.filter(({ kind }) => kind.startsWith('dag_file.'))
    expect(ledger.map(({ kind, actor }) => `${kind} ${actor}`)).toEqual([
      'dag_file.deleted ada',
      'dag_file.moved ada',
      'dag_file.saved ada',
      'dag_file.created ada',
    ])
  })

  it('are not written over a text that the writer has not seen', async () => {
    await writeFile(join(root, 'shared.py'), 'first\n')
    await writeFile(join(root, 'shared.py'), 'second\n')
    const late = await save({ path: 'shared.py', text: 'mine\n', expected_hash: sha('first\n') })
    expect(late.statusCode).toBe(409)
    expect(late.json()).toMatchObject({ code: 'conflict', details: { sha256: sha('second\n'), text: 'second\n' } })
    expect((await save({ path: 'shared.py', text: 'mine\n', expected_hash: null })).statusCode).toBe(409)
    const missing = await save({ path: 'was_here.py', text: 'mine\n', expected_hash: sha('x') })
    expect(missing.json()).toMatchObject({ code: 'conflict', details: { sha256: null, text: null } })
    expect(await readFile(join(root, 'shared.py'), 'utf8')).toBe('second\n')
    // Two at once: one of them has not seen what the other wrote.
    const both = await Promise.all(['a\n', 'b\n'].map((text) => save({ path: 'shared.py', text, expected_hash: sha('second\n') })))
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    const move = { path: 'shared.py', to: 'team/taken.py', expected_hash: sha(await readFile(join(root, 'shared.py'), 'utf8')) }
    await mkdir(join(root, 'team'), { recursive: true })
    await writeFile(join(root, 'team/taken.py'), 'taken\n')
    expect((await api.call({ method: 'POST', url: '/api/dag-files/move', as: 'ada', body: move })).statusCode).toBe(409)
    expect(await readFile(join(root, 'team/taken.py'), 'utf8')).toBe('taken\n')
  })

  it('keep their mode, and leave nothing beside them', async () => {
    await writeFile(join(root, 'mode.sh'), 'echo\n')
    await chmod(join(root, 'mode.sh'), 0o751)
    await save({ path: 'mode.sh', text: 'echo 2\n', expected_hash: sha('echo\n') })
    expect(((await stat(join(root, 'mode.sh'))).mode & 0o777).toString(8)).toBe('751')
    expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it.each([
    '../outside.py',
    'a/../../outside.py',
    '/etc/cron.py',
    'a//b.py',
    './a.py',
    'a\\b.py',
    'c:x.py',
    '.hidden.py',
    'a/.git/config.txt',
    'venv/lib.py',
    'tool.exe',
    'noname',
    'bad\u0000.py',
    'trailing. /x.py',
    'a.py/',
  ])('cannot be at %j', async (path) => {
    for (const answer of [await save({ path, text: 'x', expected_hash: null }), await content(path)]) expect(answer.statusCode).toBe(400)
    const move = { path: 'shared.py', to: path, expected_hash: sha('x') }
    expect((await api.call({ method: 'POST', url: '/api/dag-files/move', as: 'ada', body: move })).statusCode).not.toBe(200)
  })

  it('are not reached through links that lead out of the folder', async () => {
    const outside = join(root, '../outside')
    await mkdir(outside, { recursive: true })
    await writeFile(join(outside, 'secret.txt'), 'secret')
    await symlink(outside, join(root, 'linked'))
    await symlink(join(outside, 'secret.txt'), join(root, 'secret.txt'))
    await symlink(join(outside, 'not_there.txt'), join(root, 'dangling.txt'))
    for (const path of ['linked/secret.txt', 'secret.txt', 'linked/new.txt', 'dangling.txt']) {
      const read = await content(path)
      expect([403, 404]).toContain(read.statusCode)
      expect(read.body).not.toContain('"secret"')
      expect((await save({ path, text: 'x', expected_hash: path === 'dangling.txt' ? null : sha('secret') })).statusCode).toBe(403)
    }
    expect((await readdir(outside)).sort()).toEqual(['secret.txt'])
    // A link within the folder is a file like any other: what it leads to is written.
    await symlink(join(root, 'mode.sh'), join(root, 'within.sh'))
    expect((await save({ path: 'within.sh', text: 'echo 3\n', expected_hash: sha('echo 2\n') })).statusCode).toBe(200)
    expect(await readFile(join(root, 'mode.sh'), 'utf8')).toBe('echo 3\n')
  })

  it('have limits', async () => {
    expect((await save({ path: 'large.py', text: 'x'.repeat(FILE_BYTES_MAX + 1), expected_hash: null })).statusCode).toBe(400)
    // Fewer characters than the limit, but more bytes.
    const wide = await save({ path: 'large.py', text: '€'.repeat(FILE_BYTES_MAX / 2), expected_hash: null })
    expect(wide.statusCode).toBe(413)
    await writeFile(join(root, 'large.txt'), 'x'.repeat(FILE_BYTES_MAX + 1))
    expect((await content('large.txt')).statusCode).toBe(413)
    await writeFile(join(root, 'latin.py'), Buffer.from([0x78, 0xe9]))
    expect((await content('latin.py')).json().message).toContain('no UTF-8 text')
  })

  it('may be read by an Operator, those with DAGs by a Viewer too, and changed by an Admin alone', async () => {
    expect((await content('shared.py', 'otto')).statusCode).toBe(200)
    expect((await content('shared.py', 'vera')).json()).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('shared.py defines none') as string,
    })
    await writeFile(join(root, 'with_dag.py'), 'dag')
    await api.services.store.dagFileSave({
      record: makeDagFile('with_dag.py', { dag_ids: ['seen'] }),
      specs: [makeDagSpec('seen', { file: 'with_dag.py' })],
      bundle: null,
      paused_default: true,
      now: Date.now(),
    })
    expect((await content('with_dag.py', 'vera')).statusCode).toBe(200)
    const listed = async (as: 'otto' | 'vera') =>
      (await api.call({ url: '/api/dag-files?search=.py', as })).json<{ data: { path: string }[] }>().data.map(({ path }) => path)
    expect(await listed('vera')).toEqual(['with_dag.py'])
    expect(await listed('otto')).toEqual(expect.arrayContaining(['shared.py', 'with_dag.py']))
    const change = { path: 'role.py', text: 'x', expected_hash: null }
    for (const as of ['vera', 'otto'] as const) {
      expect((await save(change, as)).statusCode).toBe(403)
      const preview = { path: 'role.py', text: 'x', editor: 'e' }
      expect((await api.call({ method: 'POST', url: '/api/dag-files/preview', as, body: preview })).statusCode).toBe(403)
      const move = { path: 'shared.py', to: 'b.py', expected_hash: sha('x') }
      expect((await api.call({ method: 'POST', url: '/api/dag-files/move', as, body: move })).statusCode).toBe(403)
      const url = `/api/dag-files/content?path=shared.py&expected_hash=${sha('x')}`
      expect((await api.call({ method: 'DELETE', url, as })).statusCode).toBe(403)
    }
    expect((await api.call({ url: '/api/dag-files' })).statusCode).toBe(401)
  })

  it('are not changed where the operator says so, and the answer tells why', async () => {
    const files = new FolderFiles({ root, clock: systemClock, read_only: true, syntax: undefined })
    await expect(files.write({ path: 'ro.py', text: 'x', expected_hash: null })).rejects.toMatchObject({
      code: 'invalid_state',
      message: expect.stringContaining('VORTEX_DAGS_READ_ONLY') as string,
    })
    expect(await files.readOnlyReason('shared.py')).toContain('VORTEX_DAGS_READ_ONLY')
    expect((await files.read('shared.py')).size).toBeGreaterThan(0)
  })
})

describe('a preview', () => {
  const answer = (dags: ParseResult['dags'], error: ParseResult['error'] = null): ParseResult => ({
    file: 'etl.py',
    dags,
    error,
    bundle_files: [],
    inputs: { files: [], variables: [], connections: [], environment: [] },
    duration_ms: 1,
    fork_hazard: null,
  })
  const preview = (body: object) => api.call({ method: 'POST', url: '/api/dag-files/preview', as: 'ada', body })

  it('compares with the newest version, and names another file that has the DAG', async () => {
    const before = makeDagSpec('compared', {
      file: 'compared.py',
      tasks: [makeTaskSpec('a'), makeTaskSpec('b')],
      edges: [['a', 'b', null]],
    })
    await api.saveDag(before)
    parse = () =>
      Promise.resolve(answer([{ ...before, file: 'other.py', tasks: [makeTaskSpec('a'), makeTaskSpec('c')], edges: [['a', 'c', null]] }]))
    const found = (await preview({ path: 'other.py', text: '', editor: 'e' })).json()
    expect(found.dags[0]).toMatchObject({
      version: 1,
      other_file: 'compared.py',
      edges: [
        ['a', 'c', null, 'added'],
        ['a', 'b', null, 'removed'],
      ],
    })
    expect(found.dags[0].tasks.map((task: { id: string; change: string }) => `${task.id} ${task.change}`)).toEqual([
      'a same',
      'c added',
      'b removed',
    ])
  })

  it('says which runs start at once if a changed schedule is saved, and nothing where it is kept', async () => {
    const daily = (cron: string) => ({ type: 'cron_data_interval' as const, cron, timezone: 'UTC' })
    const DAY = 86_400_000
    const start = Math.floor(Date.now() / DAY) * DAY - 10 * DAY
    const before = makeDagSpec('timed', {
      file: 'timed.py',
      timetable: daily('0 0 * * *'),
      schedule: '@daily',
      catchup: false,
      max_active_runs: 3,
      start_date: new Date(start).toISOString(),
    })
    await api.saveDag(before)
    const saved = async (change: Partial<typeof before>) => {
      parse = () => Promise.resolve(answer([{ ...before, ...change }]))
      return (await preview({ path: 'timed.py', text: '', editor: 'e' })).json().dags[0].saved_schedule
    }
    expect(await saved({ tags: ['new'] })).toBeNull()
    const all = await saved({ catchup: true })
    // Ten whole days have passed since its start, and three runs fit at a time.
    expect(all).toMatchObject({ is_paused: true, starts_count: 3 })
    expect([7, 8], 'the tests may run over midnight').toContain(all.waiting_count)
    expect(Date.parse(all.starts[0].logical_date)).toBe(start)
    const none = await saved({ timetable: { type: 'null' }, schedule: null })
    expect(none).toMatchObject({ starts_count: 0, waiting_count: 0, next: null })
    expect(await saved({ timetable: daily('not a cron') })).toBeNull()
  })

  it('ends the older one of the same editor, and not that of another', async () => {
    const started: string[] = []
    parse = ({ text, signal }) => {
      started.push(text)
      if (text === 'last') return Promise.resolve(answer([]))
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(answer([]))))
    }
    const [first, other] = [
      preview({ path: 'a.py', text: 'first', editor: 'one' }),
      preview({ path: 'a.py', text: 'other', editor: 'two' }),
    ]
    await expect.poll(() => started.length).toBe(2)
    expect((await preview({ path: 'a.py', text: 'last', editor: 'one' })).statusCode).toBe(200)
    expect((await first).json().code).toBe('conflict')
    expect((await preview({ path: 'a.py', text: 'last', editor: 'two' })).statusCode).toBe(200)
    expect((await other).statusCode).toBe(409)
  })

  it('tells line and column, all problems where there are several, and refuses what can define no DAG', async () => {
    const error = { kind: 'syntax', message: 'SyntaxError', traceback: '', line: 2, column: 5 }
    parse = () => Promise.resolve(answer([], error))
    expect((await preview({ path: 'a.py', text: '', editor: 'e' })).json()).toMatchObject({ dags: [], error: { line: 2, column: 5 } })
    const problems = [
      { line: 2, column: 5, message: 'one' },
      { line: 3, column: 1, message: 'two' },
    ]
    parse = () => Promise.resolve(answer([], { ...error, problems }))
    expect((await preview({ path: 'a.yaml', text: '', editor: 'e' })).json()).toMatchObject({ error: { column: 5, problems } })
    expect((await preview({ path: 'a.sql', text: '', editor: 'e' })).statusCode).toBe(400)
  })

  it('serves the schema of YAML and JSON DAG files', async () => {
    const schema = (await api.call({ url: '/api/dag-files/schema', as: 'vera' })).json()
    expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', $defs: { task: {}, 'operator.bash': {} } })
  })
})
