/** The shipped plugins work from their bundle, where no package lies beside them. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildPlugins } from '../scripts/build.ts'
import { temporaryFolder } from '../server/testkit/databases.ts'

/** Each loads what it loads late: a process for SQLite, the client of S3 with the environment's credentials, the driver of PostgreSQL. */
const PROGRAM = `
const load = async (name) => (await import('./' + name + '.mjs')).plugin.operators
const connections = { lite: { conn_type: 'sqlite', extra: {} }, aws: { conn_type: 'aws', extra: { endpoint_url: 'http://127.0.0.1:1' } } }
connections.pg = { conn_type: 'postgres', host: '127.0.0.1', port: 1, extra: {} }
const signal = new AbortController().signal
const context = { signal, log: { info() {} }, connection: async (conn_id) => ({ conn_id, ...connections[conn_id] }) }
const said = async (work) => work.catch((error) => error.message)
const [{ SqlOperator }, { S3ListOperator }] = [await load('sql'), await load('s3')]
const sql = { sql: 'SELECT 1', autocommit: false, fetch: 'all', rows: 'lists', return_last: true, max_rows: 9, max_bytes: 99 }
const list = { aws_conn_id: 'aws', bucket: 'lake', prefix: '', delimiter: '', max_keys: 9 }
console.log(JSON.stringify([
  await SqlOperator.execute({ ...sql, conn_id: 'lite' }, context),
  await said(SqlOperator.execute({ ...sql, conn_id: 'pg' }, context)),
  await said(S3ListOperator.execute(list, context)),
]))
`

test('the bundle of the plugins works by itself', async () => {
  await using folder = await temporaryFolder()
  await buildPlugins(folder.path)
  writeFileSync(join(folder.path, 'program.mjs'), PROGRAM)
  const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
  const { stdout, stderr } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder.path, env, encoding: 'utf8' })
  expect({ stderr, said: JSON.parse(stdout || 'null') as unknown }).toEqual({
    stderr: '',
    said: [
      [[1]],
      'Connection pg (PostgreSQL at 127.0.0.1:1) cannot be reached: nothing listens there (ECONNREFUSED). Check its host and port.',
      'Connection aws (http://127.0.0.1:1) cannot be reached: nothing listens there (ECONNREFUSED). List of s3://lake/.',
    ],
  })
})
