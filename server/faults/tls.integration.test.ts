/** Server, worker and command line that speak TLS, and what each says when trust is missing. The certificate is for tests only. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitOf, freePort, pythonOfTests } from './harness/controllerProcess.ts'

const PROGRAM = resolve(import.meta.dirname, '../cli/main.ts')
const CERTIFICATE = resolve(import.meta.dirname, '../testkit/tls/cert.pem')
const KEY = resolve(import.meta.dirname, '../testkit/tls/key.pem')
const DAG = `from datetime import datetime
from vortex import DAG, BashOperator, PythonOperator

with DAG("tls", start_date=datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="a", bash_command="echo hello") >> PythonOperator(task_id="b", python_callable=lambda: 42)
`

const folder = mkdtempSync(join(tmpdir(), 'vortex-tls-'))
const token = join(folder, 'home/worker.token')
let api = ''
let swarm = 0
let server: Program

interface Program {
  child: ChildProcess
  output: () => string
}

function vortex(args: string[], p: { home?: string; env?: Record<string, string> } = {}): Program {
  const home = join(folder, p.home ?? 'home')
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, VORTEX_HOME: home, VORTEX_PYTHON: pythonOfTests(), ...p.env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: () => text }
}

function worker(p: { args?: string[]; scheme?: string; env?: Record<string, string> }): Program {
  const args = ['worker', '--controller', `${p.scheme ?? 'https'}://127.0.0.1:${swarm}`, '--capacity', '2', ...(p.args ?? [])]
  return vortex(args, { home: 'worker', env: p.env ?? {} })
}

async function said(program: Program, what: RegExp): Promise<void> {
  for (const limit = Date.now() + 20_000; !what.test(program.output()); await sleep(20)) {
    if (Date.now() > limit) throw new Error(`waited 20 s for ${String(what)} in:\n${program.output()}`)
  }
}

async function end(program: Program): Promise<number | null> {
  program.child.kill('SIGTERM')
  return await exitOf(program.child)
}

beforeAll(async () => {
  mkdirSync(join(folder, 'dags'))
  writeFileSync(join(folder, 'dags/tls.py'), DAG)
  const port = await freePort()
  swarm = await freePort()
  api = `https://127.0.0.1:${port}`
  server = vortex([
    ...['server', '--port', String(port), '--swarm-listen', `127.0.0.1:${swarm}`, '--worker-capacity', '0'],
    ...['--dags-folder', join(folder, 'dags'), '--paused-default', 'false', '--tls-cert', CERTIFICATE, '--tls-key', KEY],
  ])
  await said(server, /VORTEX runs at https:/)
}, 60_000)

afterAll(async () => {
  await end(server)
  rmSync(folder, { recursive: true, force: true })
})

test('a run from the command line on a worker, everything over TLS', { timeout: 60_000 }, async () => {
  const trusted = worker({ args: ['--token-file', token, '--ca-file', CERTIFICATE] })
  await said(trusted, /connected to the controller/)
  const run = vortex(['--server', api, 'dags', 'trigger', 'tls', '--follow'], { env: { NODE_EXTRA_CA_CERTS: CERTIFICATE } })
  expect(await exitOf(run.child), run.output()).toBe(0)
  expect(run.output()).toMatch(/2 success/)
  expect(await end(trusted)).toBe(0)
  expect(trusted.output()).not.toMatch(/Warning/)
})

test('a certificate that is not trusted: worker and command line name the option that mends it', { timeout: 60_000 }, async () => {
  const stranger = worker({ args: ['--token-file', token] })
  await said(stranger, /certificate.*--ca-file/)
  await end(stranger)
  const list = vortex(['--server', api, 'dags', 'list'])
  expect(await exitOf(list.child)).not.toBe(0)
  expect(list.output()).toMatch(/certificate.*NODE_EXTRA_CA_CERTS/s)
})

test('a worker that speaks without TLS is told apart from a controller that is not there', { timeout: 60_000 }, async () => {
  const plain = worker({ scheme: 'http', args: ['--token-file', token] })
  await said(plain, /TLS/)
  await end(plain)
})

test('a wrong token ends the worker and says where the right one is', { timeout: 60_000 }, async () => {
  const wrong = worker({ args: ['--ca-file', CERTIFICATE], env: { VORTEX_WORKER_TOKEN: 'wrong' } })
  expect(await exitOf(wrong.child)).not.toBe(0)
  expect(wrong.output()).toMatch(/worker\.token/)
})
