/** `vortex airflow scan` as a process, over folders as they lie about. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ScanReport } from '#contract/airflowScan.ts'
import { testPython } from '../../scripts/python.ts'
import { startCli, type Outcome } from './testing/cliProcess.ts'

let folder: string

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'vortex-scan-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const scan = (...args: string[]): Promise<Outcome> =>
  startCli(['airflow', 'scan', ...args], { env: { VORTEX_PYTHON: testPython(), VORTEX_HOME: join(folder, 'home') } }).done

const ETL = `from airflow import DAG
from airflow.models import Variable
from airflow.providers.docker.operators.docker import DockerOperator
import no_such_package
with DAG("etl", schedule_interval="@daily"):
    DockerOperator(task_id="t", image=Variable.get("image"), docker_conn_id="registry", pool="heavy")
`

test('says what loads and what to do next, with file and line', async () => {
  put('dags/etl.py', ETL)
  const later = 'from airflow.models import Variable\ndef work(): return Variable.get("region")\n'
  put('dags/plain.py', `from airflow import DAG\n${later}DAG("plain", schedule=None)\n`)
  const { code, stdout, stderr } = await scan(join(folder, 'dags'))
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('2 DAG files, 2 DAGs')
  expect(stdout).toMatch(/ 1 {2}load as they are\n +1 {2}load once what they ask for is there/)
  expect(stdout).toContain('-m pip install no_such_package')
  expect(stdout).toContain(
    '2 Variables to set: vortex variables set image VALUE, then region; or all that Airflow has: airflow variables export',
  )
  expect(stdout).toContain('1 connection to add: vortex connections add registry')
  expect(stdout).toContain('1 pool to make: vortex pools set heavy SLOTS')
  expect(stdout).toContain('apache-airflow-providers-docker')
  expect(stdout).toContain('1 DAG with a schedule and without catchup=')
  expect(stdout).toMatch(/schedule_interval= .*\n +etl\.py:5/)
})

test('--json holds everything, and .airflowignore, hidden files and helpers are no DAG files', async () => {
  put('dags/etl.py', ETL)
  put('dags/helper.py', 'X = 1\n')
  put('dags/old/etl.py', ETL)
  put('dags/.airflowignore', 'old/\n')
  const { code, stdout } = await scan(join(folder, 'dags'), '--json')
  expect(code).toBe(0)
  const report = JSON.parse(stdout) as ScanReport
  expect(report.files).toEqual([
    {
      file: 'etl.py',
      dialect: '2',
      problem: null,
      dags: ['etl'],
      needs: [
        { kind: 'package', name: 'no_such_package' },
        { kind: 'variable', name: 'image' },
      ],
    },
  ])
  expect(report.variables).toEqual([{ name: 'image', when: 'load', count: 1, places: [{ file: 'etl.py', line: 6 }] }])
})

test('files that cannot be read are told with their line, and the exit code is 1', async () => {
  put('dags/good.py', 'from airflow import DAG\nDAG("good", schedule=None)\n')
  put('dags/broken.py', 'from airflow import DAG\nDAG(\n')
  put('dags/huge.py', `# airflow dag\n${'x = 1\n'.repeat(50 * 175_000)}`)
  put('dags/secret.py', 'from airflow import DAG\n')
  chmodSync(join(folder, 'dags/secret.py'), 0o000)
  symlinkSync(join(folder, 'dags'), join(folder, 'dags/loop'))
  symlinkSync(join(folder, 'nowhere.py'), join(folder, 'dags/dangling.py'))
  const { code, stdout, stderr } = await scan(join(folder, 'dags'))
  expect(code).toBe(1)
  // Nothing is secret to root, who runs the tests in containers.
  const isRoot = process.getuid?.() === 0
  expect(stdout).toContain(` ${isRoot ? 2 : 1}  load as they are`)
  expect(stderr.includes('secret.py cannot be read')).toBe(!isRoot)
  expect(stdout).toMatch(/broken\.py:2 {2}SyntaxError/)
  expect(stdout).toMatch(/huge\.py {2}The file has 52,500,014 bytes; a DAG file may have 16,777,216/)
  expect(stdout).not.toContain('loop/')
})

test('no folder, a file, and a folder without DAG files', async () => {
  put('empty/notes.txt', '')
  const missing = await scan(join(folder, 'none'))
  expect([missing.code, missing.stderr]).toEqual([2, `Error: There is no folder ${join(folder, 'none')}.\n`])
  const file = await scan(join(folder, 'empty/notes.txt'))
  expect([file.code, file.stderr]).toEqual([2, `Error: ${join(folder, 'empty/notes.txt')} is a file. Give the folder that it lies in.\n`])
  const empty = await scan(join(folder, 'empty'))
  expect(empty.code).toBe(1)
  expect(empty.stderr).toContain('has no DAG files')
})
