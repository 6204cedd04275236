/** `vortex run` with everything real: engine, local worker, Python. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testPython } from '../../scripts/python.ts'

const BIN = resolve(import.meta.dirname, '../../bin/vortex.js')

let home: string
let python: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-run-test-'))
  python = testPython()
})
afterAll(() => rm(home, { recursive: true, force: true }))

function vortexRun(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const temporary = join(home, 'tmp')
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, VORTEX_HOME: home, VORTEX_PYTHON: python, TMPDIR: temporary }
  const child = spawn(process.execPath, [BIN, 'run', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })))
}

async function dagFile(name: string, source: string): Promise<string> {
  const path = join(home, name)
  await writeFile(path, source)
  return path
}

const HEAD = 'from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n'

describe('vortex run', () => {
  beforeAll(async () => {
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(home, 'tmp'), { recursive: true })
  })

  test('runs a DAG to its end, exits 0, and leaves nothing behind', async () => {
    const path = await dagFile(
      'good.py',
      `${HEAD}with DAG("good", schedule=None):\n    BashOperator(task_id="a", bash_command="echo {{ dag_run.conf['day'] }}") >> BashOperator(task_id="b", bash_command="true")\n`,
    )
    const { code, stdout, stderr } = await vortexRun([path, '--conf', '{"day": 7}'])
    // On a busy machine it says that it is still starting.
    expect({ code, stderr: stderr.replace(/^Still starting.*\n/, '') }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/success +a\b.*\n[^]*success +b\b.*\ngood manual__\S+ success {2}2\/2/)
    expect((await readdir(join(home, 'tmp'))).filter((name) => name.startsWith('vortex-run-'))).toEqual([])
  })

  test('exits 1 when a task fails, and shows the end of its log', async () => {
    const path = await dagFile(
      'bad.py',
      `${HEAD}with DAG("bad", schedule=None):\n    BashOperator(task_id="a", bash_command="echo no such table: orders; exit 3")\n`,
    )
    const { code, stdout } = await vortexRun([path])
    expect(code).toBe(1)
    expect(stdout).toMatch(/bad manual__\S+ failed/)
    expect(stdout).toMatch(/a failed: .+/)
    expect(stdout).toContain('│ no such table: orders')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('The run failed: a: bash exited with code 3.')
  })

  test('a sensor that looked twice had one try; a task that failed once had two', async () => {
    const path = await dagFile(
      'tries.py',
      `${HEAD}from pathlib import Path
from airflow.sensors.python import PythonSensor
SEEN = Path("${home}")
def second(name):
    seen = (SEEN / name).exists()
    (SEEN / name).touch()
    return seen
with DAG("tries", schedule=None):
    PythonSensor(task_id="waits", python_callable=second, op_args=["waits"], mode="reschedule", poke_interval=0.1)
    BashOperator(task_id="fails", bash_command="[ -e ${home}/fails ] || ! touch ${home}/fails", retries=1, retry_delay=0.1)
`,
    )
    const { code, stdout } = await vortexRun([path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/up_for_reschedule +waits/) as string })
    expect(stdout).toMatch(/success +fails \(try 2\)/)
    expect(stdout).toMatch(/success +waits in/)
    expect(stdout).not.toMatch(/waits \(try/)
  })

  test('a file that does not load is told with its line', async () => {
    const path = await dagFile('syntax.py', 'from airflow import DAG\nwith DAG("x":\n    pass\n')
    const { code, stderr } = await vortexRun([path])
    expect(code).toBe(1)
    expect(stderr).toMatch(/File ".*syntax\.py", line 2\n[^]*\nError: syntax\.py:2 fails to load: SyntaxError: .+\n$/)
    expect(stderr).not.toContain('defines no DAG')
  })

  test('a task killed by a signal that wrote nothing says so, and --param reaches the task', async () => {
    const path = await dagFile(
      'killed.py',
      `${HEAD}with DAG("killed", schedule=None, params={"n": 9}):\n    BashOperator(task_id="a", bash_command="kill -{{ params.n }} $$")\n`,
    )
    const { code, stdout } = await vortexRun([path, '--param', 'n=11'])
    expect(code).toBe(1)
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^The run failed: a: .*(signal 11|SIGSEGV)/)
  })

  test('callbacks: a retry for each try but the last, whose failure calls on_failure_callback', async () => {
    const path = await dagFile(
      'callbacks.py',
      `from datetime import timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator

def note(kind):
    return lambda context: print(f"{kind} {context['ti'].task_id} try {context['ti'].try_number} of {context['ti'].max_tries} retries")

def fail():
    raise ValueError("no")

with DAG("callbacks", schedule=None, default_args={"on_failure_callback": note("failure"), "on_retry_callback": note("retry")}):
    PythonOperator(task_id="once", python_callable=fail)
    PythonOperator(task_id="twice", python_callable=fail, retries=1, retry_delay=timedelta(0))
`,
    )
    const { code, stdout } = await vortexRun([path])
    expect(code).toBe(1)
    expect(stdout).toContain('failure once try 1 of 0 retries')
    expect(stdout).toContain('failure twice try 2 of 1 retries')
    expect(stdout).not.toContain('retry once')
  })

  test('a file with several DAGs needs a choice', async () => {
    const path = await dagFile(
      'several.py',
      `${HEAD}for n in "ab":\n    with DAG(f"several_{n}", schedule=None) as dag:\n        BashOperator(task_id="t", bash_command="true")\n    globals()[n] = dag\n`,
    )
    const undecided = await vortexRun([path])
    expect(undecided.code).toBe(2)
    expect(undecided.stderr).toContain('several_a, several_b')
    expect((await vortexRun([path, '--dag-id', 'several_b', '--quiet'])).stdout).toMatch(/^several_b manual__\S+ success/)
  })
})
