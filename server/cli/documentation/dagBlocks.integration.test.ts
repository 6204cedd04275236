/**
 * The DAGs of the documents run. Blocks of Python, YAML and JSON are put into one DAG folder under their names; a real server reads them,
 * and its worker runs every DAG once, for one date, to the end that the document says. A block without a name is a DAG file by itself.
 *
 * `<!-- not run: reason -->` before a block: with a name it only loads, without one it only is Python or JSON.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOOK, startSlackServer, TOKEN, type SlackServer } from '../../../plugins/testing/slackServer.ts'
import { ControllerProcess, freePort, pythonOfTests } from '../../faults/harness/controllerProcess.ts'
import { blocksOf, documents, type Block } from '../testing/documentation.ts'

const LIMIT_MS = 100_000
const LOGICAL_DATE = '2026-01-01T00:00:00Z'
const DATA_LANGUAGES = ['yaml', 'json']
/** What dag-factory.md shows as an error; python/tests/factory/test_guide.py compares what is told. */
const BAD = 'bad'

const all = documents().flatMap(blocksOf)
const files = all.flatMap((block): { path: string; block: Block; text: string }[] => {
  const { language, name, text } = block
  const path = pathOf(block)
  if (path === null) return []
  const isFragment = name === 'dag'
  return [{ path, block, text: isFragment ? `dags:\n  ${path.replace('.yaml', '')}:\n${text.replace(/^(?=.)/gm, '    ')}` : text }].filter(
    () => language !== 'json' || name !== '',
  )
})

/** Where a block lies in the DAG folder; null = it is no file of it. */
function pathOf({ file, line, language, name, notRun }: Block): string | null {
  if (name === BAD || (name === '' && notRun !== null)) return null
  if (language === 'python' || DATA_LANGUAGES.includes(language)) {
    const unnamed = `${file.replace(/\W/g, '_')}_${line}.${language === 'python' ? 'py' : language}`
    return name === '' || name === 'dag' ? unnamed : name
  }
  // Other files that blocks name: SQL, shell scripts, Markdown.
  return /^[\w/-]+\.\w+$/.test(name) ? name : null
}

const definesDags = ({ path, text }: { path: string; text: string }): boolean =>
  path.endsWith('.py') ? /\bDAG\(|^@dag|^@asset/m.test(text) : /\.(yaml|yml|json)$/.test(path) && /^\s*"?(tasks|dags)"?:/m.test(text)

/** `line`: of the file that was made of the block. */
const placeOf = (path: string, line: number | null = 1): string => {
  const found = files.find((file) => file.path === path)
  if (found === undefined) return path
  const added = found.block.name === 'dag' ? 2 : 0
  return `${found.block.file}:${found.block.line + Math.max(0, (line ?? 1) - 1 - added)} (${path})`
}

let server: ControllerProcess
let web: Server
let mail: ChildProcess
let slack: SlackServer
let store: ChildProcess

beforeAll(async () => {
  const [httpPort, smtpPort, s3Port] = [await freePort(), await freePort(), await freePort()]
  web = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('[{"id": 1, "amount": 120}]'))
  await new Promise<void>((done) => web.listen(httpPort, '127.0.0.1', done))
  mail = spawn(pythonOfTests(), ['-m', 'aiosmtpd', '-n', '-c', 'aiosmtpd.handlers.Sink', '-l', `127.0.0.1:${smtpPort}`], {
    stdio: 'ignore',
  })
  store = spawn(pythonOfTests(), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(s3Port)], { stdio: 'ignore' })
  slack = await startSlackServer()
  const env: Record<string, string> = {}
  server = await ControllerProcess.create({ env, capacity: 8, args: ['--paused-default', 'true'] })
  const shop = join(server.folder, 'shop.db')
  Object.assign(env, {
    AIRFLOW_CONN_SHOP: `sqlite:///${shop}`,
    AIRFLOW_CONN_SHOP_API: `http://127.0.0.1:${httpPort}`,
    AIRFLOW_CONN_AWS_DEFAULT: JSON.stringify({
      conn_type: 'aws',
      login: 'key',
      password: 'opensesame',
      extra: { endpoint_url: `http://127.0.0.1:${s3Port}`, region_name: 'us-east-1' },
    }),
    AIRFLOW_CONN_SLACK_API_DEFAULT: JSON.stringify({ conn_type: 'slack', password: TOKEN, extra: { base_url: `${slack.url}/api` } }),
    AIRFLOW_CONN_SLACK_DEFAULT: JSON.stringify({ conn_type: 'slackwebhook', host: `${slack.url}/services`, password: HOOK }),
    AIRFLOW__SMTP__SMTP_HOST: '127.0.0.1',
    AIRFLOW__SMTP__SMTP_PORT: String(smtpPort),
    AIRFLOW__SMTP__SMTP_STARTTLS: 'False',
  })
  const database = new DatabaseSync(shop)
  database.exec(
    "CREATE TABLE orders (id INTEGER, amount INTEGER, day TEXT); INSERT INTO orders VALUES (1, 120, '2026-01-01'), (2, 80, '2025-12-25')",
  )
  database.close()
  for (const { path, text } of files) {
    const target = join(server.dagsFolder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  await Promise.all([server.start(), waitForPort(smtpPort), fillStore(s3Port)])
}, LIMIT_MS)
afterAll(async () => {
  mail?.kill()
  store?.kill()
  web?.close()
  await slack?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** A bucket with an object, by S3's own protocol. */
async function fillStore(port: number): Promise<void> {
  await waitForPort(port)
  for (const [path, body] of [
    ['shop', ''],
    ['shop/orders.csv', '1;120\n'],
  ] as const)
    expect((await fetch(`http://127.0.0.1:${port}/${path}`, { method: 'PUT', body })).status).toBe(200)
}

async function waitForPort(port: number): Promise<void> {
  const answers = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(socket.destroy() !== null))
      socket.once('error', () => done(false))
    })
  while (!(await answers())) await sleep(50)
}

test('names of blocks are unique, and blocks that are not run are valid all the same', () => {
  const paths = files.map(({ path }) => path)
  expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([])
  expect(files.length).toBeGreaterThan(60)
  const bare = files.filter((file) => file.path.endsWith('.py') && file.block.name === '' && !definesDags(file))
  expect(
    bare.map(({ path }) => placeOf(path)),
    'blocks that are neither DAG files nor named nor marked as not run',
  ).toEqual([])
  const loose = all.filter(({ language, name }) => ['python', 'json'].includes(language) && name === '')
  const code = loose.map(({ file, line, language, text }) => [`${file}:${line}`, language, text])
  const checked = spawnSync(pythonOfTests(), ['-c', CHECK], { input: JSON.stringify(code), encoding: 'utf8' })
  expect(checked.stdout + checked.stderr).toBe('')
})

const CHECK = `
import ast, json, sys
for place, language, text in json.load(sys.stdin):
    try:
        json.loads(text) if language == "json" else ast.parse(text)
    except (SyntaxError, ValueError) as error:
        print(f"{place}: {error}")
`

test(
  'every block loads, and every DAG ends as its document says',
  async () => {
    const dags = await loaded()
    await setUp()
    const ran = dags.filter(({ file }) => files.find(({ path }) => path === file)?.block.notRun === null)
    for (const { id: dag_id } of ran)
      await server.call((client) => client.triggerDag({ params: { dag_id }, body: { run_id: 'doc', logical_date: LOGICAL_DATE } }))
    const open = await server.settle(LIMIT_MS)
    const problems = await Promise.all(ran.map(async ({ id, file }) => await problemOf(id, file)))
    expect({ problems: problems.filter((problem) => problem !== null), open }).toEqual({ problems: [], open: [] })
    expect(ran.length).toBeGreaterThan(60)
  },
  2 * LIMIT_MS,
)

/** The DAGs of all blocks, once each file that must define some has. */
async function loaded(): Promise<{ id: string; file: string }[]> {
  const expected = files.filter(definesDags).map(({ path }) => path)
  for (const deadline = performance.now() + LIMIT_MS; ; await sleep(100)) {
    const { data: errors } = await server.call((client) => client.listImportErrors({ query: { limit: 100 } }))
    expect(errors.map(({ file, message, line }) => `${placeOf(file, line)}: ${message}`)).toEqual([])
    const { data } = await server.call((client) => client.listDags({ query: { limit: 500 } }))
    const missing = expected.filter((path) => !data.some(({ file }) => file === path))
    if (missing.length === 0) return data
    if (performance.now() > deadline) throw new Error(`No DAG came of ${missing.map((path) => placeOf(path)).join(', ')}`)
  }
}

/** Variables, secrets and pools that examples ask for. */
async function setUp(): Promise<void> {
  await server.call((client) => client.setVariable({ params: { key: 'region' }, body: { value: 'eu' } }))
  await server.call((client) => client.setSecret({ body: { key: 'warehouse.password', value: 'opensesame' } }))
  await server.call((client) => client.createPool({ body: { name: 'warehouse', slots: 2 } }))
}

async function problemOf(dag_id: string, file: string): Promise<string | null> {
  const params = { dag_id, run_id: 'doc' }
  const { state } = await server.call((client) => client.getRun({ params }))
  const wanted = files.find(({ path }) => path === file)?.block.ends ?? 'success'
  if (state === wanted) return null
  const { data: tasks } = await server.call((client) => client.listTaskInstances({ params, query: { limit: 500 } }))
  const states = tasks.map((task) => `${task.task_id}${task.map_index < 0 ? '' : `[${task.map_index}]`} ${task.state}`).join(', ')
  const failed = tasks.find((task) => task.state === 'failed')
  const log =
    failed === undefined
      ? ''
      : await server.call(async (client) => {
          const { task_id, map_index } = failed
          return JSON.stringify(await client.getLog({ params: { ...params, task_id }, query: { map_index } })).slice(-1_500)
        })
  return `${placeOf(file)}: ${dag_id} is ${state}, not ${wanted}: ${states} ${log}`
}
