/** YAML and JSON DAG files in a real folder: which count, what a change of one does to the others, and what unsaved text answers. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DagFileSaved, Store } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { openSqlite } from '../db/sqlite/open.ts'
import { DagFilesService } from './dagFilesService.ts'

const PYTHON = process.env['VORTEX_TEST_PYTHON'] ?? 'python3'
const PACKAGE = fileURLToPath(new URL('../../python', import.meta.url))
const yaml = (dag_id: string, command = 'echo 1') =>
  `dags:\n  ${dag_id}:\n    tasks:\n      a: { operator: bash, bash_command: ${command} }\n`

let folder: TemporaryFolder
let store: Store
let service: DagFilesService
const told: string[] = []

const write = (file: string, text: string) => writeFile(join(folder.path, 'dags', file), text)
const versionOf = async (dag_id: string) => (await store.dagGet({ dag_id }))?.version

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'dags'))
  store = await openSqlite({ folder: join(folder.path, 'data'), synchronous: 'NORMAL' })
  told.length = 0
  service = new DagFilesService({
    store,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    connection: async () => null,
    dags_folder: join(folder.path, 'dags'),
    data_folder: join(folder.path, 'data'),
    python: PYTHON,
    package_folder: PACKAGE,
    paused_default: true,
    compat: 'auto',
    environment: { PATH: process.env['PATH'] },
    publish: () => undefined,
    engine: {
      dagsChanged: async (p: { changed: DagFileSaved['changed']; stale: string[] }) => {
        told.push(...p.changed.map(({ dag, version }) => `${dag.dag_id} v${version.version}`), ...p.stale.map((dag_id) => `${dag_id} gone`))
      },
    },
  })
})
afterEach(async () => {
  await service.stop()
  await store.close()
  await folder[Symbol.asyncDispose]()
})

test('files that say so define DAGs; a change of one is a version of its own DAGs alone', async () => {
  await write('one.yaml', yaml('one'))
  await write('two.yml', yaml('two'))
  await write('three.json', JSON.stringify({ id: 'three', tasks: [{ task_id: 'a', operator: 'empty' }] }))
  await write('four.py', "from airflow import DAG\ndag = DAG('four', schedule=None)\n")
  await write('settings.yaml', 'tables: !Ref x\n---\nmore: 1\n')
  await service.start()
  expect((await store.dagFileList()).map(({ file, error }) => [file, error?.message]).sort()).toEqual([
    ['four.py', undefined],
    ['one.yaml', undefined],
    ['three.json', undefined],
    ['two.yml', undefined],
  ])
  await write('one.yaml', yaml('one', 'echo changed'))
  await expect.poll(() => versionOf('one'), { timeout: 30_000 }).toBe(2)
  // A data file beside them belongs to all: only now the others have a second version, too.
  await write('settings.yaml', 'tables: 5\n')
  for (const dag_id of ['two', 'three', 'four']) await expect.poll(() => versionOf(dag_id), { timeout: 30_000 }).toBe(2)
  await expect.poll(() => versionOf('one'), { timeout: 30_000 }).toBe(3)
})

test('a file that says nothing of DAGs any more defines none; one that is broken keeps its last good version', async () => {
  await write('one.yaml', yaml('one'))
  await write('two.yaml', yaml('two'))
  await service.start()
  await write('one.yaml', yaml('one').replace('bash,', 'bsh,'))
  await expect
    .poll(async () => (await store.dagFileList()).find(({ file }) => file === 'one.yaml')?.error, { timeout: 30_000 })
    .toMatchObject({ kind: 'invalid', line: 4, message: expect.stringContaining('Did you mean `bash`?') as string })
  expect(await store.dagGet({ dag_id: 'one' })).toMatchObject({ version: 1, is_stale: false })
  await write('two.yaml', 'tables: [a]\n')
  await expect.poll(() => told, { timeout: 30_000 }).toContain('two gone')
})

test('unsaved text has every problem with its column', async () => {
  await service.start()
  const text = yaml('one').replace('bash,', 'bsh,') + '    catchup: on\n'
  const result = await service.parseText({ file: 'new.yaml', text, signal: new AbortController().signal })
  expect(result.error).toMatchObject({
    line: 4,
    column: 22,
    problems: [
      { line: 4, column: 22 },
      { line: 5, column: 14 },
    ],
  })
})
