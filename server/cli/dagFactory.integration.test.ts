/** YAML and JSON DAG files with everything real: found, read, run to their end by engine, local worker and Python. */
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testPython } from '../../scripts/python.ts'

const ROOT = resolve(import.meta.dirname, '../..')

let home: string
let python: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-factory-test-'))
  python = testPython()
  await mkdir(join(home, 'tmp'))
  await mkdir(join(home, 'dags'))
  for (const name of ['shop_factory.yaml', 'shop_steps.py']) await cp(join(ROOT, 'dags', name), join(home, 'dags', name))
})
afterAll(() => rm(home, { recursive: true, force: true }))

function vortex(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, VORTEX_HOME: home, VORTEX_PYTHON: python, TMPDIR: join(home, 'tmp') }
  const child = spawn(process.execPath, [join(ROOT, 'bin/vortex.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: home })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })))
}

test('the example runs to its end: mapping over a result, groups, setup and teardown, functions of the DAG folder', async () => {
  const { code, stdout, stderr } = await vortex('run', 'dags/shop_factory.yaml', '--dag-id', 'shop_orders')
  expect({ code, stderr: stderr.replace(/^Still starting.*\n/, ''), end: stdout.trimEnd().split('\n').at(-1) }).toEqual({
    code: 0,
    stderr: '',
    end: expect.stringMatching(/^shop_orders manual__\S+ success {2}9\/9/) as string,
  })
  for (const task of ['workspace', 'shops', 'load[0]', 'load[2]', 'checks.orders', 'checks.refunds', 'publish', 'clean_up'])
    expect(stdout).toContain(` ${task} in `)
})

test('a DAG is found by its id in the DAG folder, among files of other kinds', async () => {
  await writeFile(join(home, 'dags', 'settings.yaml'), 'dags: [none]\nlimit: !Ref x\n')
  await writeFile(
    join(home, 'dags', 'small.json'),
    JSON.stringify({ dags: { small: { params: { n: 2 }, tasks: { a: { operator: 'bash', bash_command: 'exit {{ params.n - 2 }}' } } } } }),
  )
  const found = await vortex('run', 'small', '--dags-folder', 'dags', '--quiet')
  expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('small manual__') as string })
})

test('a file that does not load is told with all its problems', async () => {
  await writeFile(
    join(home, 'bad.yaml'),
    'dags:\n  bad:\n    tasks:\n      a: {operator: bsh}\n      b: {operator: empty, dependencies: c}\n',
  )
  const { code, stderr } = await vortex('run', 'bad.yaml')
  expect(code).toBe(1)
  expect(stderr).toContain('bad.yaml:4:21: `operator` must be')
  expect(stderr).toContain('bad.yaml:5:42: The upstream `c` does not exist in this DAG.')
  expect(stderr).toContain('Error: bad.yaml:4 fails to load: `operator` must be')
})

test('vortex dags schema prints what files are checked by, and vortex airflow scan reads them', async () => {
  const schema = await vortex('dags', 'schema')
  expect(JSON.parse(schema.stdout)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
  const scan = await vortex('airflow', 'scan', 'dags', '--json')
  const report = JSON.parse(scan.stdout) as { files: { file: string; dags: string[] }[] }
  expect(Object.fromEntries(report.files.map(({ file, dags }) => [file, dags]))).toEqual({
    'shop_factory.yaml': ['shop_orders', 'shop_report'],
    'small.json': ['small'],
  })
})
