/** The interpreter for DAG files, with real virtual environments. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { preparePython, type PythonOptions } from './pythonEnvironment.ts'

let folder: TemporaryFolder
let lines: string[] = []
beforeEach(async () => {
  folder = await temporaryFolder()
  lines = []
})
afterEach(() => folder[Symbol.asyncDispose]())

/** Only what leads to a Python; the index is given by each test. */
function prepare(change: Partial<PythonOptions> & { index?: Record<string, string> } = {}) {
  const { index = { PIP_NO_INDEX: '1' }, ...options } = change
  const environment: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: folder.path, ...index }
  return preparePython({
    python: null,
    dataFolder: join(folder.path, 'data'),
    environment,
    clock: systemClock,
    report: (line) => lines.push(line),
    ...options,
  })
}

test('where no package index can be reached the system’s Python goes on, and says what it lacks', async () => {
  const found = await prepare()
  expect(found.kind).toBe('system')
  expect(found.notice).toMatch(/^DAG files run on the system's Python 3\.\d+\.\d+ \(.+\), because pip could not install jinja2/)
  expect(found.notice).toContain('The next start tries again.')
  expect(lines[0]).toContain('Making a Python environment in')
  // Nothing half-made stays behind.
  await expect(rm(join(folder.path, 'data', 'python'), { recursive: true })).rejects.toThrow('ENOENT')
})

test('an environment is made once from an index, and made again when it is damaged', async () => {
  const wheels = join(folder.path, 'wheels')
  await mkdir(wheels)
  // A package index on disk: empty packages under the four names, so that no network is needed.
  for (const [name, version, module] of [
    ['jinja2', '3.1.0', 'jinja2'],
    ['pendulum', '3.0.0', 'pendulum'],
    ['python-dateutil', '2.9.0', 'dateutil'],
    ['pyyaml', '6.0.3', 'yaml'],
  ] as const)
    await makeWheel(wheels, { name, version, module })
  const index = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels }
  const made = await prepare({ index })
  expect(made).toMatchObject({ kind: 'managed', notice: null, executable: join(folder.path, 'data', 'python', 'bin', 'python') })
  expect(lines.at(-1)).toMatch(/^Python 3\.\d+\.\d+ is ready$/)
  lines = []
  expect((await prepare({ index })).kind).toBe('managed')
  expect(lines).toEqual([])
  await rm(join(folder.path, 'data', 'python', 'bin', 'python'))
  expect((await prepare({ index })).kind).toBe('managed')
  expect(lines.length).toBeGreaterThan(0)
})

test('the configured Python is taken as it is, with a notice of what it lacks', async () => {
  const system = await prepare()
  const found = await prepare({ python: system.executable })
  expect(found).toMatchObject({ executable: system.executable, kind: 'configured' })
})

test('a configured Python that does not start, and no Python at all, say how to mend it', async () => {
  await expect(prepare({ python: '/no/python' })).rejects.toThrow('VORTEX_PYTHON is /no/python, which is no Python interpreter that starts')
  const environment = { PATH: folder.path }
  await expect(prepare({ environment })).rejects.toThrow('apt install python3 python3-venv')
})

/** A wheel is a zip; Python writes it. */
async function makeWheel(wheels: string, p: { name: string; version: string; module: string }): Promise<void> {
  const script = join(wheels, 'make.py')
  await writeFile(
    script,
    `import sys, zipfile
folder, name, version, module = sys.argv[1:]
flat = name.replace('-', '_')
info = f'{flat}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{flat}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{module}/__init__.py', '')
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', f'{module}/__init__.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n')
`,
  )
  const { execFile } = await import('node:child_process')
  await new Promise<void>((resolve, reject) =>
    execFile('python3', [script, wheels, p.name, p.version, p.module], (error) => (error ? reject(error) : resolve())),
  )
}
