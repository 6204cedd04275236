/** What imports ask the server for, on a real folder, a real SQLite store and real parse hosts. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { openSqlite } from '../db/sqlite/open.ts'
import { DagFilesService } from './dagFilesService.ts'

const FILE = `from airflow import DAG
from airflow.hooks.base import BaseHook
found = BaseHook.get_connection("db")
assert found.password == "pw"
dag = DAG('a', description=found.host, schedule=None)
`

let folder: TemporaryFolder
let store: Store
let service: DagFilesService

beforeEach(async () => {
  folder = await temporaryFolder()
  const dags_folder = join(folder.path, 'dags')
  await mkdir(dags_folder)
  await writeFile(join(dags_folder, 'a.py'), FILE)
  store = await openSqlite({ folder: join(folder.path, 'data'), synchronous: 'NORMAL' })
  service = makeService(dags_folder)
  await service.start()
})
afterEach(async () => {
  await service.stop()
  await store.close()
  await folder[Symbol.asyncDispose]()
})

function makeService(dags_folder: string): DagFilesService {
  return new DagFilesService({
    store,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    publish: () => undefined,
    engine: { dagsChanged: async () => undefined },
    connection: async (conn_id) => {
      const record = await store.connectionGet({ conn_id })
      return record === null ? null : { conn_type: record.conn_type, host: record.host, password: 'pw' }
    },
    dags_folder,
    data_folder: join(folder.path, 'data'),
    python: process.env['VORTEX_TEST_PYTHON'] ?? 'python3',
    package_folder: fileURLToPath(new URL('../../python', import.meta.url)),
    paused_default: true,
    compat: 'auto',
    environment: { PATH: process.env['PATH'] },
  })
}
async function put(host: string): Promise<void> {
  const plain = { conn_type: 'http', description: '', port: null, schema: null, login: null, sealed: null }
  await store.connectionPut({ conn_id: 'db', host, ...plain, created_at: 1, updated_at: 1 })
}
const description = async () => (await store.dagGet({ dag_id: 'a' }))?.description

test('a connection reaches the import that asks for it; a change of it parses the file again, one of another does not', async () => {
  const [failed] = await store.dagFileList()
  expect(failed?.error?.message).toContain("The conn_id `db` isn't defined")
  expect(failed?.inputs.connections).toEqual(['db'])
  await put('first')
  service.connectionChanged('db')
  await service.settled()
  expect(await description()).toBe('first')
  const before = service.status().parsed
  service.connectionChanged('nobody_asks')
  await service.settled()
  expect(service.status().parsed).toBe(before)
})

test('a connection that changed while nobody looked is noticed at the next start', async () => {
  await put('first')
  service.connectionChanged('db')
  await service.settled()
  await service.stop()
  await put('second')
  service = makeService(join(folder.path, 'dags'))
  await service.start()
  expect(await description()).toBe('second')
  await service.stop()
  service = makeService(join(folder.path, 'dags'))
  await service.start()
  expect(service.status().parsed, 'nothing has changed').toBe(0)
})
