/** What the command line asks, says before and after, and answers to commands of Airflow; on a real terminal where it asks. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { testPython } from '../../scripts/python.ts'
import { AIRFLOW_COMMANDS } from './airflowCommands.ts'
import { makeProgram } from './main.ts'
import { startCli } from './testing/cliProcess.ts'

const BIN = resolve(import.meta.dirname, '../../bin/vortex.js')
/** Runs a program on a terminal of its own, answers the first question, and prints what the terminal showed. */
const ON_A_TERMINAL = `
import os, pty, sys
answer, program = sys.argv[1], sys.argv[2:]
asked = b""
def read(fd):
    global asked
    data = os.read(fd, 4096)
    asked += data
    if b"[y/N]" in asked:
        asked = b""
        os.write(fd, answer.encode() + b"\\r")
    return data
# What stands on our own input is no answer.
sys.exit(os.waitstatus_to_exitcode(pty.spawn(program, read, lambda fd: b"")))
`

let api: TestApi
let home: string
let env: Record<string, string>
const vortex = (args: string[]) => startCli(args, { env }).done

function onTerminal(args: string[], answer: string): Promise<{ code: number | null; shown: string }> {
  const child = spawn(testPython(), ['-c', ON_A_TERMINAL, answer, process.execPath, BIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let shown = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  return new Promise((done) => child.on('close', (code) => done({ code, shown })))
}
const stateOf = async (run: string): Promise<string> =>
  (await api.call({ url: `/api/dags/etl/runs/${run}`, as: 'ada' })).json<{ state: string }>().state
async function failedRun(run_id: string): Promise<void> {
  await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'ada', body: { run_id } })
  await api.call({ method: 'POST', url: `/api/dags/etl/runs/${run_id}/tasks/extract/mark`, as: 'ada', body: { state: 'failed' } })
  await expect.poll(() => stateOf(run_id), { timeout: 20_000 }).toBe('failed')
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.ada }
  await api.saveDag(makeDagSpec('etl'))
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

describe('on a terminal', () => {
  test('a clear names what runs again and asks, of one task instance too', async () => {
    await failedRun('a')
    const no = await onTerminal(['tasks', 'clear', 'etl', 'a', 'extract'], 'n')
    expect(no.shown).toMatch(/To be run again: extract \(failed\)\.\s+Run 1 task instance of a again\? \[y\/N\]/)
    expect([no.code, no.shown.includes('Nothing was changed.'), await stateOf('a')]).toEqual([1, true, 'failed'])
    const yes = await onTerminal(['tasks', 'clear', 'etl', 'a', 'extract'], 'y')
    expect([yes.code, await stateOf('a')]).not.toContain('failed')
    await failedRun('b')
    const many = await onTerminal(['runs', 'clear', 'etl', 'b'], 'n')
    expect(many.shown).toMatch(/extract \(failed\).*Run \d+ task instances of b again\?/s)
  })

  test('a delete says what goes and what stays', async () => {
    await api.saveDag(makeDagSpec('gone'))
    await api.call({ method: 'POST', url: '/api/dags/gone/trigger', as: 'ada', body: {} })
    const { code, shown } = await onTerminal(['dags', 'delete', 'gone'], 'n')
    expect(shown).toMatch(/Delete gone, with its 1 run, their logs and XComs\? Its file .*gone.* stays\./)
    expect([code, (await vortex(['dags', 'show', 'gone'])).code]).toEqual([1, 0])
  })
})

describe('where nobody can be asked', () => {
  test('one named task instance is cleared, more and deletes need --yes, nothing waits', async () => {
    await failedRun('c')
    const one = await vortex(['tasks', 'clear', 'etl', 'c', 'extract'])
    expect([one.code, await stateOf('c')]).not.toContain('failed')
    await failedRun('d')
    const more = await vortex(['tasks', 'clear', 'etl', 'd', 'extract', '--downstream'])
    expect([more.code, more.stderr]).toEqual([2, expect.stringContaining('add --yes')])
    expect(await stateOf('d')).toBe('failed')
    expect((await vortex(['tasks', 'clear', 'etl', 'd', 'extract', '--downstream', '--yes'])).code).toBe(0)
    expect((await vortex(['dags', 'delete', 'etl'])).stderr).toContain('add --yes')
  })
})

describe('unpause', () => {
  test('names the runs that start', async () => {
    const { code, stdout, stderr } = await vortex(['dags', 'unpause', 'etl'])
    expect([code, stdout]).toEqual([0, 'DAG "etl" is active.\n'])
    expect(stderr).toMatch(/^1 run starts at once:\n {2}scheduled__\S+\n$/)
    const again = await vortex(['dags', 'unpause', 'etl'])
    expect(again.stderr).toBe('')
  })

  test('names them for programs', async () => {
    await api.saveDag(makeDagSpec('other'))
    const { stdout } = await vortex(['dags', 'unpause', 'other', '--json'])
    const [first] = JSON.parse(stdout) as { id: string; is_paused: boolean; starts: { run_id: string }[]; starts_count: number }[]
    expect(first).toMatchObject({ id: 'other', is_paused: false, starts_count: 1 })
    expect(first?.starts[0]?.run_id).toMatch(/^scheduled__/)
    const { data } = (await api.call({ url: '/api/dags/other/runs', as: 'ada' })).json<{ data: { run_id: string }[] }>()
    expect(data.map(({ run_id }) => run_id)).toContain(first?.starts[0]?.run_id)
  })
})

describe('words of Airflow', () => {
  test.each([
    [['dags', 'runs', 'etl'], 'vortex runs list DAG'],
    [['dags', 'list-runs', '-d', 'etl'], 'vortex runs list DAG'],
    [['--server', 'http://x', 'tasks', 'run', 'etl', 'extract'], 'vortex run FILE'],
    [['db', 'init'], 'None is needed'],
    [['scheduler'], 'vortex server'],
  ])('%j is answered with what does it here', async (args, answer) => {
    const { code, stderr } = await vortex(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(answer)])
  })

  test('none of them is a command here, and every command in an answer is', async () => {
    const known = new Set<string>()
    for (const name of (await makeProgram([])).commands.map((command) => command.name())) {
      known.add(name)
      const command = (await makeProgram([name])).commands.find((one) => one.name() === name)
      for (const sub of command?.commands ?? []) known.add(`${name} ${sub.name()}`)
    }
    expect(Object.keys(AIRFLOW_COMMANDS).filter((typed) => known.has(typed))).toEqual([])
    for (const answer of Object.values(AIRFLOW_COMMANDS))
      for (const [, words = ''] of answer.matchAll(/vortex ([a-z]+(?: [a-z-]+)?)/g))
        expect([known.has(words) || known.has(words.split(' ')[0] ?? ''), answer]).toEqual([true, answer])
  })
})

test('a misspelt command or option is answered with the one that was meant', async () => {
  expect((await vortex(['dags', 'triger', 'etl'])).stderr).toContain('(Did you mean trigger?)')
  expect((await vortex(['tasks', 'clear', 'etl', 'c', 'extract', '--yess'])).stderr).toContain('(Did you mean --yes?)')
})
