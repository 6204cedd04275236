/**
 * The product as its users run it: the bundled server as a process of its own with its local worker, a fresh data folder, default
 * settings unless a row says otherwise, spoken to over HTTP.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { DagRun } from '../../server/contract/dagRun.ts'
import type { TaskInstance } from '../../server/contract/taskInstance.ts'
import { testPython } from '../../scripts/python.ts'
import { buildServer } from '../../scripts/build.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START_MS = 60_000
/** A run that takes longer has gone wrong; the longest row is 20 s on a quiet machine. */
const RUN_MS = 300_000

export interface Server {
  pid: number
  /** From spawn to the line that says where it listens. */
  ready_ms: number
  home: string
  url: string
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Starts a run; answers when the call was sent (both clocks) and its run. */
  trigger(dag_id: string): Promise<{ run: DagRun; sent_at: number; sent_monotonic: number }>
  /** Waits for the end of a run that must succeed. */
  ended(run: DagRun, every_ms?: number, patience_ms?: number): Promise<DagRun>
  taskInstances(run: DagRun): Promise<TaskInstance[]>
  /** Waits until so many DAGs are known. */
  dagsKnown(count: number): Promise<void>
  /** Waits until this DAG can be triggered. */
  dagKnown(dag_id: string): Promise<void>
  /** Lines of its log as objects. */
  log(): Record<string, unknown>[]
  /** Bytes of an answer as a browser gets it: as they are, and packed as its proxy or this server would. */
  bytes(path: string): Promise<{ plain: number; sent: number; ms: number }>
  /** As a machine that loses power: nothing is told to anybody. Its worker lives on. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** A bench that is interrupted takes its servers with it; they end their workers. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGINT')
})
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.once(signal, () => process.exit(128 + number))

export async function startServer(p: { home: string; dags: string; env?: Record<string, string> }): Promise<Server> {
  await buildServer()
  const began = performance.now()
  const child = spawn(
    process.execPath,
    [join(ROOT, 'dist/server/vortex.mjs'), 'server', '--json', '--port', '0', '--dags-folder', p.dags],
    {
      cwd: ROOT,
      env: { ...process.env, VORTEX_HOME: p.home, VORTEX_PYTHON: testPython(), ...p.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add(child)
  child.once('exit', () => running.delete(child))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const url = await readUrl(child, () => stderr)
  const ready_ms = performance.now() - began
  const key = readFileSync(join(p.home, 'cli.key'), 'utf8').trim()
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await send({ url, key, agent, method, path, body })) as T
  const listed = async (isThere: () => Promise<boolean>, otherwise: string): Promise<void> => {
    for (const deadline = Date.now() + RUN_MS; Date.now() < deadline; await sleep(20)) if (await isThere()) return
    throw new Error(`${otherwise}; ${stderr.slice(-2000)}`)
  }
  const server: Server = {
    pid: child.pid ?? 0,
    ready_ms,
    home: p.home,
    url,
    call,
    trigger: async (dag_id) => {
      const sent_at = Date.now()
      const sent_monotonic = Number(process.hrtime.bigint()) / 1e6
      const run = await call<DagRun>('POST', `/api/dags/${dag_id}/trigger`, {})
      return { run, sent_at, sent_monotonic }
    },
    ended: async (run, every_ms = 50, patience_ms = RUN_MS) => {
      for (const deadline = Date.now() + patience_ms; Date.now() < deadline; await sleep(every_ms)) {
        const now = await call<DagRun>('GET', `/api/dags/${run.dag_id}/runs/${run.run_id}`)
        if (now.state === 'success') return now
        if (now.state === 'failed')
          throw new Error(`Run ${run.run_id} of ${run.dag_id} failed: ${now.state_reason}; ${stderr.slice(-2000)}`)
      }
      throw new Error(`Run ${run.run_id} of ${run.dag_id} did not end within ${patience_ms / 1000} s; ${stderr.slice(-2000)}`)
    },
    taskInstances: async (run) =>
      (await call<{ data: TaskInstance[] }>('GET', `/api/dags/${run.dag_id}/runs/${run.run_id}/tasks?limit=10000`)).data,
    dagsKnown: (count) =>
      listed(async () => (await call<{ total: number }>('GET', '/api/dags?limit=1')).total >= count, `Fewer than ${count} DAGs appeared`),
    dagKnown: (dag_id) =>
      listed(
        async () => (await call<{ data: { id: string }[] }>('GET', '/api/dags?limit=100')).data.some(({ id }) => id === dag_id),
        `The DAG ${dag_id} did not appear`,
      ),
    log: () =>
      stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    bytes: async (path) => {
      const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'gzip' }
      const began = performance.now()
      const answer = await new Promise<IncomingMessage>((resolve, reject) =>
        request(new URL(path, url), { headers, agent }, resolve).once('error', reject).end(),
      )
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(part as Buffer)
      const sent = Buffer.concat(parts)
      const plain = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
      if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${plain.toString().slice(0, 500)}`)
      return { plain: plain.length, sent: sent.length, ms: performance.now() - began }
    },
    kill: async () => {
      agent.destroy()
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    stop: async () => {
      agent.destroy()
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
  return server
}

/** A server on a fresh data folder for the time of `use`. */
export async function withServer<T>(
  p: { folder: string; dags: string; env?: Record<string, string> },
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await startServer({ home: join(p.folder, 'home'), dags: p.dags, ...(p.env === undefined ? {} : { env: p.env }) })
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

function readUrl(child: ChildProcess, stderr: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The server did not start within ${START_MS / 1000} s: ${stderr()}`)), START_MS)
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /"url":\s*"([^"]+)"/.exec(text)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`The server ended with code ${code}: ${stderr()}`))
    })
  })
}

function send(p: { url: string; key: string; agent: Agent; method: string; path: string; body: unknown }): Promise<unknown> {
  const body = p.body === undefined ? undefined : JSON.stringify(p.body)
  const headers = {
    authorization: `Bearer ${p.key}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  }
  return new Promise((resolve, reject) => {
    const call = request(p.url + p.path, { method: p.method, agent: p.agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text))
        else reject(new Error(`${p.method} ${p.path}: ${response.statusCode} ${text}`))
      })
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}
