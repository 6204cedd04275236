/** Starts of the server that must be refused at once: with the setting's name and a remedy, before anything was made. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testPython } from '../../scripts/python.ts'
import { startCli, type Outcome } from './testing/cliProcess.ts'

/** Node's own start on a busy machine included. */
const REFUSED_MS = 10_000

let folder: string
let home: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vortex-start-'))
  home = join(folder, 'home')
  await writeFile(join(folder, 'file'), 'no PEM')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function start(args: string[]): Promise<Outcome> {
  const { child, done } = startCli(['server', '--port', '0', ...args], { env: { HOME: folder, VORTEX_HOME: home } })
  const limit = setTimeout(() => child.kill('SIGKILL'), REFUSED_MS)
  const outcome = await done
  clearTimeout(limit)
  return outcome
}

const CONFIGURATIONS: [what: string, args: () => string[], words: RegExp][] = [
  ['workers of a network without TLS', () => ['--swarm-listen', '0.0.0.0:0'], /Error: .*VORTEX_TLS_CERT.*--swarm-plaintext/],
  [
    'a certificate that is not there',
    () => ['--tls-cert', '/nope/c', '--tls-key', '/nope/k'],
    /Error: .*\/nope\/c of --tls-cert.*no such file/,
  ],
  [
    'a certificate that is none',
    () => ['--tls-cert', join(folder, 'file'), '--tls-key', join(folder, 'file')],
    /Error: .*--tls-cert.*--tls-key/,
  ],
  ['no Python', () => ['--python', '/nope/python'], /Error: .*--python \(or VORTEX_PYTHON\).*\/nope\/python/],
  ['a Python that is none', () => ['--python', '/bin/false'], /Error: .*--python \(or VORTEX_PYTHON\).*\/bin\/false/],
  ['a DAG folder that is a file', () => ['--dags-folder', join(folder, 'file')], /Error: .*is a file.*--dags-folder/],
]

test.each(CONFIGURATIONS)('%s', async (_, args, words) => {
  const { code, stderr, stdout } = await start(args())
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) as string })
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stdout).toBe('')
  expect(existsSync(home)).toBe(false)
})

test.each([
  ['a folder that can hold none', '/proc/x', /there can be no folder|no permission/],
  ['a file', '/etc/passwd', /it is a file/],
  ['a folder in a file', '/etc/passwd/x', /it is a file/],
])('a data folder that is %s', async (_, data, words) => {
  const { code, stderr } = await start(['--data-folder', data])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) as string })
  expect(stderr).toContain('--data-folder (or VORTEX_HOME)')
})

test.each([
  ['a database that does not answer', ['--database-url', 'postgres://127.0.0.1:1/x'], /Error: .*127\.0\.0\.1:1.*--database-url/, 3],
  ['a database host that does not exist', ['--database-url', 'postgres://nohost.invalid/x'], /Error: .*nohost\.invalid.*--database-url/, 3],
  ['an address of another machine', ['--host', '203.0.113.7'], /Error: .*203\.0\.113\.7.*--host/, 1],
  [
    'a port for workers that cannot be opened',
    ['--swarm-listen', '203.0.113.7:1', '--swarm-plaintext', 'true'],
    /Error: .*--swarm-listen/,
    1,
  ],
])('%s', async (_, args, words, exit) => {
  const { code, stderr } = await start(args)
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(words) as string })
  expect(stderr).not.toContain('    at ')
})

test('a DAG folder that is missing is a warning: it may still come', async () => {
  const server = startCli(['server', '--port', '0', '--dags-folder', '/nope/dags', '--worker-capacity', '0'], {
    // Else it would make an environment, and end only when that is made.
    env: { HOME: folder, VORTEX_HOME: home, VORTEX_PYTHON: testPython() },
  })
  await server.seen(/VORTEX runs at/)
  server.child.kill('SIGINT')
  const { code, stderr } = await server.done
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Warning: .*\/nope\/dags does not exist.*--dags-folder/)])
})

test('a start says when its DAG files are read, and how many of them fail', async () => {
  const dags = join(folder, 'dags')
  await mkdir(dags)
  await writeFile(join(dags, 'good.py'), 'from vortex import DAG\ndag = DAG("good", schedule=None)\n')
  await writeFile(join(dags, 'broken.py'), 'from vortex import DAG\nDAG("broken"\n')
  const server = startCli(['server', '--port', '0', '--dags-folder', dags, '--worker-capacity', '0'], {
    env: { HOME: folder, VORTEX_HOME: join(folder, 'fresh'), VORTEX_PYTHON: testPython() },
  })
  await server.seen(/1 DAG of \S+dags; 1 file fails to load; see: vortex dags errors\n/)
  server.child.kill('SIGINT')
  expect((await server.done).code).toBe(0)
})
