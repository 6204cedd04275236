/** Sensors, runs that tasks start and ask about, and mail about failures: Python tasks against a real server and its worker. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'

const DAGS = 6
const LIMIT_MS = 60_000
const PASSWORD = 'hunter22'

let server: ControllerProcess
let postOffice: Server
const mails: string[] = []

beforeAll(async () => {
  postOffice = await listenForMail()
  server = await ControllerProcess.create({
    env: {
      AIRFLOW__SMTP__SMTP_HOST: '127.0.0.1',
      AIRFLOW__SMTP__SMTP_PORT: String((postOffice.address() as AddressInfo).port),
      AIRFLOW__SMTP__SMTP_STARTTLS: 'False',
      AIRFLOW_CONN_WAREHOUSE: `postgres://u:${PASSWORD}@db/x`,
    },
  })
  const text = readFileSync(join(import.meta.dirname, 'harness', 'otherDags.py'), 'utf8')
  writeFileSync(join(server.dagsFolder, 'otherDags.py'), text.replaceAll('@FOLDER@', server.folder))
  await server.start()
  await until('all DAGs are known', async () => (await server.call((client) => client.listDags({ query: { limit: 1 } }))).total === DAGS)
}, 120_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  postOffice.close()
})

/** A mail server that takes everything. */
async function listenForMail(): Promise<Server> {
  const made = createServer((socket) => {
    let text = ''
    let isData = false
    socket.write('220 ready\r\n')
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (isData) {
        if (!text.endsWith('\r\n.\r\n')) return
        mails.push(text)
        isData = false
        socket.write('250 taken\r\n')
      } else {
        isData = text.toUpperCase().startsWith('DATA')
        if (isData) socket.write('354 go on\r\n')
        else if (text.toUpperCase().startsWith('QUIT')) socket.end('221 bye\r\n')
        else socket.write('250 fine\r\n')
      }
      text = ''
    })
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return made
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${LIMIT_MS} ms in vain until ${what}:\n${server.log.slice(-3000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** How each task of a run ended, by its id; of a mapped one the states of all instances. */
async function run(dag_id: string, run_id: string): Promise<Record<string, string>> {
  await server.call((client) => client.triggerDag({ params: { dag_id }, body: { run_id } }))
  await until(`${dag_id} has ended`, async () => {
    const { state } = await server.call((client) => client.getRun({ params: { dag_id, run_id } }))
    return state === 'success' || state === 'failed'
  })
  const { data } = await server.call((client) => client.listTaskInstances({ params: { dag_id, run_id }, query: { limit: 1000 } }))
  const found: Record<string, string> = {}
  for (const { task_id, state } of data) found[task_id] = found[task_id] === undefined ? state : `${found[task_id]} ${state}`
  return found
}

test('sensors wait without a slot, count their time from the first poke, and give up for good', { timeout: 120_000 }, async () => {
  expect(await run('sensors', 's1')).toEqual({
    reschedule: 'success',
    late: 'failed',
    late_soft: 'skipped',
    wait: 'success',
    file: 'success',
    no_file: 'skipped',
    bash: 'success',
    latest: 'success',
    after_latest: 'success',
  })
  const pokes = readFileSync(join(server.folder, 's1.pokes'), 'utf8').trim().split('\n')
  expect(pokes).toHaveLength(3)
  // One try, whose first poke is what the others count from.
  expect(pokes[0]).toBe('1 None')
  expect(pokes[1]).toMatch(/^1 20/)
  expect(pokes[2]).toBe(pokes[1])
})

test('a task starts runs of other DAGs, waits for them, and starts them again', { timeout: 120_000 }, async () => {
  expect(await run('triggers', 't1')).toEqual({
    first: 'success',
    again: 'success',
    exists: 'failed',
    skips: 'skipped',
    failed: 'failed',
    failed_deferred: 'failed',
    nobody: 'failed',
    many: Array.from({ length: 12 }, () => 'success').join(' '),
    counts: 'success',
  })
  const of = { dag_id: 'child', run_id: 'of_t1' }
  const child = await server.call((client) => client.getRun({ params: of }))
  expect(child.triggered_by).toBe('task:triggers/t1/first')
  const { data } = await server.call((client) => client.listTaskInstances({ params: of, query: { limit: 10 } }))
  expect(data.find(({ task_id }) => task_id === 'work')).toMatchObject({ state: 'success', try_number: 2 })
  const counted = { dag_id: 'triggers', run_id: 't1', task_id: 'counts', key: 'return_value' }
  const { value } = await server.call((client) => client.getXcom({ params: counted, query: {} }))
  expect(value).toEqual([12, 12, ['end', 'work']])
})

test('a task waits for the run of another DAG that has its date', { timeout: 120_000 }, async () => {
  expect(await run('waits', 'w1')).toEqual({
    dated: 'success',
    run: 'success',
    task: 'success',
    deferred: 'success',
    other_date: 'failed',
    no_task: 'failed',
  })
})

test('failures are mailed without the secrets that a log would not hold either', { timeout: 120_000 }, async () => {
  expect(await run('alerts', 'a1')).toEqual({ leak: 'failed', plain: 'failed', fine: 'success' })
  expect(mails).toHaveLength(2)
  const bodies = mails.map((mail) => `${mail}\n${Buffer.from(mail.split('base64')[1]?.split('--=')[0] ?? '', 'base64').toString()}`)
  const leaked = bodies.find((body) => body.includes('alerts.leak')) ?? ''
  expect(leaked).toContain('To: operator@example.com')
  expect(leaked).toContain('ValueError: could not reach postgres://u:***@db/x')
  expect(bodies.join('')).not.toContain(PASSWORD)
  expect(bodies.find((body) => body.includes('alerts.plain'))).toContain('non-zero exit code 3')
})
