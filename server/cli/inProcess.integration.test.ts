/** `vortex dags test`, `vortex tasks test`, `vortex python` and `vortex run --debug`: what the command line adds to the Python side (python/tests/testing). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { testPython } from '../../scripts/python.ts'
import { freePort } from '../faults/harness/controllerProcess.ts'
import { startCli, type Outcome } from './testing/cliProcess.ts'

let home: string
let env: Record<string, string>
const vortex = (...args: string[]): Promise<Outcome> => startCli(args, { env }).done

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-in-process-'))
  env = { HOME: home, VORTEX_HOME: home, VORTEX_PYTHON: testPython(), VORTEX_API_KEY: 'not for tasks' }
  await writeFile(
    join(home, 'orders.py'),
    `from airflow.decorators import dag, task
import os, sys
@dag(schedule=None, params={"day": 1})
def orders():
    @task
    def extract(params=None):
        print("day", params["day"], os.environ.get("VORTEX_API_KEY"))
        return params["day"]
    @task.bash
    def load(day):
        return f"echo loaded {day}; exit {day}"
    load(extract())
made = orders()
if __name__ == "__main__":
    print("arguments", sys.argv[1:])
    print(made.test(run_conf={"day": 0}).state)
`,
  )
})
afterAll(() => rm(home, { recursive: true, force: true }))

describe('a DAG in one Python process', () => {
  test('shows what its tasks print, and its end; the key of the command line is not for them', async () => {
    const { code, stdout, stderr } = await vortex('dags', 'test', join(home, 'orders.py'), '2026-11-23', '--conf', '{"day": 0}')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('day 0 None\n')
    expect(stdout).toMatch(/loaded 0\n[^]*\[test] load: success\n[^]*The run manual__2026-11-23T00:00:00\+00:00 of orders succeeded\.\n$/)
  })

  test('exits 1 when a task fails, and says in JSON what all of them did', async () => {
    const { code, stdout } = await vortex('dags', 'test', 'orders', '--dags-folder', home, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      dag_id: 'orders',
      state: 'failed',
      tasks: { load: { state: 'failed' } },
      xcoms: { extract: { return_value: 1 } },
    })
  })

  test('one task alone; wrong questions are exit 2', async () => {
    expect(await vortex('tasks', 'test', join(home, 'orders.py'), 'extract')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nextract: success\n$/) as string,
    })
    expect(await vortex('dags', 'test', 'gone.py')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no file') as string,
    })
    expect(await vortex('dags', 'test', 'x', '--debug-address', '1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--debug TASK') as string,
    })
  })
})

test('vortex python runs files and modules, with all that stands behind as their arguments', async () => {
  const { code, stdout } = await vortex('python', join(home, 'orders.py'), '--json', '-x')
  expect({ code, end: stdout.trimEnd().split('\n').at(-1) }).toEqual({ code: 0, end: 'success' })
  expect(stdout).toContain("arguments ['--json', '-x']")
  expect(await vortex('python', '-m', 'json.tool', '--help')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('json.tool') as string,
  })
  expect(await vortex('python', '-c')).toMatchObject({ code: 1, stderr: expect.stringContaining('usage: python -m vortex FILE') as string })
})

test('vortex run --debug: the task waits in its own process until a debugger has attached', async () => {
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const run = startCli(['run', join(home, 'orders.py'), '--conf', '{"day": 0}', '--debug', 'extract', '--debug-address', address], { env })
  await run.seen(new RegExp(`extract waits for a debugger on ${address}`))
  try {
    const seen = await attach(port)
    expect(seen).toContain('"event": "initialized"')
    expect(await run.done).toMatchObject({ code: 0 })
  } finally {
    // One that still waits would wait for ever.
    run.child.kill()
  }
})

/** Speaks the Debug Adapter Protocol as far as a debugger does that only attaches; ends when the task has gone on. */
async function attach(port: number): Promise<string> {
  const socket = await vi.waitFor(
    () =>
      new Promise<ReturnType<typeof createConnection>>((resolve, reject) => {
        const tried = createConnection(port, '127.0.0.1', () => resolve(tried)).once('error', reject)
      }),
    { timeout: 60_000, interval: 100 },
  )
  let text = ''
  let seq = 0
  const send = (command: string, args: Record<string, unknown>): void => {
    const body = JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args })
    socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  const until = (part: string): Promise<void> => vi.waitFor(() => expect(text).toContain(part), { timeout: 60_000, interval: 20 })
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  send('initialize', { adapterID: 'test', pathFormat: 'path' })
  send('attach', { justMyCode: true })
  await until('"initialized"')
  send('configurationDone', {})
  await until('"terminated"')
  socket.destroy()
  return text
}
