/** What an operator mends by night, by the real command line against the real API and engine on SQLite (without workers). */
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'
import { startCli } from './testing/cliProcess.ts'

let api: TestApi
let home: string
let env: Record<string, string>

const vortex = (args: string[], options: { env?: Record<string, string> } = {}) => startCli(args, { env: { ...env, ...options.env } }).done
const versionOf = async (run: string) =>
  (await api.call({ url: `/api/dags/etl/runs/${run}`, as: 'ada' })).json<{ version: number; state: string }>()

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.ada }
  await api.call({ method: 'PATCH', url: '/api/dags/etl/unpause', as: 'ada' })
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

describe('clearing after the file was mended', () => {
  beforeAll(async () => {
    for (const run_id of ['a', 'b', 'c']) {
      await api.call({ method: 'POST', url: '/api/dags/etl/trigger', as: 'ada', body: { run_id } })
      await api.call({ method: 'POST', url: `/api/dags/etl/runs/${run_id}/mark`, as: 'ada', body: { state: 'failed' } })
    }
    await api.saveDag(makeDagSpec('etl', { doc_md: 'mended' }))
  })

  test('says that the run stays on its own version, and how to have the newest', async () => {
    const { code, stderr } = await vortex(['runs', 'clear', 'etl', 'a', '--yes'])
    expect(code).toBe(0)
    expect(stderr).toContain('They run version 1 of the DAG, that of their run; the newest is 2: add --newest-version')
    expect((await versionOf('a')).version).toBe(1)
    expect((await vortex(['runs', 'clear', 'etl', 'b'])).stderr).toContain('version 1 (the newest is 2)')
    expect((await vortex(['tasks', 'clear', 'etl', 'b', 'extract', '--dry-run'])).stderr).toContain('the newest is 2')
  })

  test.each([
    ['b', ['runs', 'clear', 'etl', 'b', '--yes', '--newest-version']],
    ['c', ['tasks', 'clear', 'etl', 'c', 'extract', '--newest-version']],
  ])('--newest-version takes the newest and says nothing (%s)', async (run, args) => {
    const { code, stderr } = await vortex(args)
    expect(code).toBe(0)
    expect(stderr).not.toContain('newest')
    expect((await versionOf(run)).version).toBe(2)
  })
})

describe('backfills', () => {
  const range = ['--from', '2026-01-01', '--to', '2026-01-09', '--max-active-runs', '1']
  test('are listed, paused, resumed and cancelled; a second one is told how', async () => {
    expect((await vortex(['backfills', 'cancel', 'etl'])).stderr).toContain('vortex backfills list etl')
    expect((await vortex(['dags', 'backfill', 'etl', ...range])).code).toBe(0)
    const second = await vortex(['dags', 'backfill', 'etl', '--from', '2026-02-01', '--to', '2026-02-02'])
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('vortex backfills cancel etl')])
    expect((await vortex(['backfills', 'list', 'etl'])).stdout).toMatch(/ID +STATE[^]*1 +running +2026-01-01 .* 0\/9 +ada/)
    expect((await vortex(['backfills', 'pause', 'etl'])).stdout).toContain('Backfill 1 of etl is paused; 0 of its 9 runs')
    expect((await vortex(['backfills', 'resume', 'etl', '1'])).stdout).toContain('is running')
    expect((await vortex(['backfills', 'cancel', 'etl'])).stdout).toContain('is cancelled')
    expect((await vortex(['backfills', 'list', 'etl', '--json'])).stdout).toContain('"state":"cancelled"')
    expect((await vortex(['backfills', 'cancel', 'etl', 'x'])).code).toBe(2)
  })

  test('of a DAG without a schedule say so, without JSON', async () => {
    await api.saveDag(makeDagSpec('big', { schedule: null, timetable: { type: 'null' } }))
    const { code, stderr } = await vortex(['dags', 'backfill', 'big', ...range])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Error: DAG "big" has no schedule.*\n$/)])
  })
})

describe('words', () => {
  test('an error of a request names the option, and prints no JSON', async () => {
    const bad = await vortex(['dags', 'trigger', 'etl', '--run-id', 'a b'])
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/^Error: --run-id has a character that is not allowed.*\n$/)])
    await vortex(['dags', 'trigger', 'etl', '--run-id', 'k1'])
    expect((await vortex(['dags', 'trigger', 'etl', '--run-id', 'k1'])).stderr).toMatch(/^Error: .*"k1".*\n$/)
    expect((await vortex(['dags', 'show', 'a b'])).stderr).toMatch(/^Error: dag_id has a character/)
  })

  test('of several DAGs to pause, one that does not exist keeps nothing from the others', async () => {
    const { code, stdout, stderr } = await vortex(['dags', 'pause', 'nosuch', 'etl'])
    expect({ code, stdout: stdout.includes('etl'), stderr: stderr.includes('nosuch') }).toEqual({ code: 1, stdout: true, stderr: true })
    await vortex(['dags', 'unpause', 'etl'])
  })

  test('a port of another protocol is not taken for a server that is down', async () => {
    const { code, stderr } = await startCli(['dags', 'list', '--server', 'http://127.0.0.1:22'], { env }).done
    expect([code, stderr]).toEqual([3, expect.stringContaining('port 22 belongs to another protocol')])
  })
})

describe('doctor', () => {
  test('judges each thing and exits 1 only for failures', async () => {
    const good = await vortex(['doctor', '--json'])
    const verdicts = JSON.parse(good.stdout) as { check: string; status: string }[]
    const checks = [
      'node',
      'python',
      'packages',
      'data folder',
      'dag folder',
      'certificate',
      'secrets',
      'disk',
      'storage',
      'server',
      'workers',
      'database',
      'clock',
    ]
    expect(verdicts.map(({ check }) => check)).toEqual(checks)
    expect(verdicts.find(({ check }) => check === 'storage')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^database \d+\.\d MiB, logs .*; finished runs are kept for ever$/) as string,
    })
    expect(verdicts.find(({ check }) => check === 'server')).toMatchObject({ status: 'ok' })
    const bad = await vortex(['doctor'], {
      env: { VORTEX_PYTHON: '/nowhere/python', VORTEX_DATABASE_URL: 'postgres://u:secret@127.0.0.1:9/db', VORTEX_RETENTION_DAYS: 'x' },
    })
    expect(bad.code).toBe(1)
    expect(bad.stdout).toMatch(/fail +python +VORTEX_PYTHON is \/nowhere\/python/)
    expect(bad.stdout).toMatch(/fail +database +PostgreSQL at 127\.0\.0\.1:9\/db does not answer/)
    expect(bad.stdout).toMatch(/fail +storage +VORTEX_RETENTION_DAYS is x/)
    expect(bad.stdout).toMatch(/warn +secrets +VORTEX_DATABASE_URL \(its password\) .*same user/)
    expect(bad.stdout).not.toContain(':secret')
    const apart = await vortex(['doctor'], { env: { VORTEX_KEK: 'k', VORTEX_WORKER_TOKEN: 't', VORTEX_WORKER_CAPACITY: '0' } })
    expect(apart.stdout).toMatch(/ok +secrets +no tasks run beside the server/)
    const beside = await vortex(['doctor'], { env: { VORTEX_KEK: 'k', VORTEX_WORKER_TOKEN: 't' } })
    expect(beside.stdout).toMatch(/warn +secrets +VORTEX_KEK and VORTEX_WORKER_TOKEN .*\n.*--worker-capacity 0/)
  })

  test('looks at the DAG folder, the certificate and the workers', async () => {
    const doctor = async (more: Record<string, string>) => (await vortex(['doctor'], { env: more })).stdout
    const bad = await doctor({ VORTEX_DAGS_FOLDER: import.meta.filename, VORTEX_TLS_CERT: '/nope/c', VORTEX_TLS_KEY: '/nope/k' })
    expect(bad).toMatch(/fail +dag folder +.* is a file/)
    expect(bad).toMatch(/fail +certificate +.*\/nope\/c/)
    expect(bad).toMatch(/fail +workers +0 active, 0 draining, 0 offline: no task starts/)
    expect(await doctor({ VORTEX_DAGS_FOLDER: '/nope/dags', VORTEX_TLS_CERT: '/nope/c' })).toMatch(
      /warn +dag folder +.*\/nope\/dags does not exist[^]*fail +certificate +.*belong together/,
    )
    expect(await doctor({ VORTEX_DAGS_FOLDER: home, VORTEX_SERVER_URL: 'http://127.0.0.1:3009' })).toMatch(
      /ok +dag folder[^]*ok +certificate +none[^]*ok +workers +not looked at/,
    )
  })
})
