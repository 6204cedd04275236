/** The real command line in a process of its own, against the real API and engine on SQLite (without workers). */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADDRESS_FILE } from '#contract/supervision.ts'
import { makeDagSpec, makeTaskSpec } from '#testkit/makeDagSpec.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { startCli, type CliOptions } from './testing/cliProcess.ts'

/** The machine may be busy with other suites; nothing here is a measurement. */
const PATIENT = { timeout: 30_000 }

let api: TestApi
let url: string
let home: string

/** Starts the command line as Ada, on the test's server. */
function start(args: string[], options: CliOptions = {}) {
  const env = { HOME: home, VORTEX_HOME: home, VORTEX_SERVER_URL: url, VORTEX_API_KEY: api.keys.ada, ...options.env }
  return startCli(args, { ...options, env })
}
const vortex = (args: string[], options: CliOptions = {}) => start(args, options).done

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vortex-cli-'))
  api = await startTestApi({ options: { allowed_hosts: ['127.0.0.1'] } })
  await api.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`
  const empty = { kind: 'empty' as const, bash: null, operator: 'EmptyOperator' }
  await api.saveDag(
    makeDagSpec('empty', {
      schedule: null,
      timetable: { type: 'null' },
      tasks: [makeTaskSpec('a', empty), makeTaskSpec('b', empty)],
      edges: [['a', 'b', null]],
    }),
  )
  await api.call({ method: 'PATCH', url: '/api/dags/empty/unpause', as: 'ada' })
})
afterAll(async () => {
  await api.close()
  await rm(home, { recursive: true, force: true })
})

describe('lists and details', () => {
  test('dags list prints an aligned table, and JSON with --json wherever it stands', async () => {
    const table = await vortex(['dags', 'list'])
    expect(table.code).toBe(0)
    const lines = table.stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^DAG +SCHEDULE +STATUS/)
    expect(lines.find((line) => line.startsWith('etl'))).toMatch(/^etl +@daily +paused/)
    const json = await vortex(['dags', 'list', '--json'])
    expect((JSON.parse(json.stdout) as { id: string }[]).map((dag) => dag.id)).toEqual(['empty', 'etl'])
    expect((await vortex(['--json', 'dags', 'list'])).stdout).toBe(json.stdout)
  })

  test('dags show tells tasks and what they wait for', async () => {
    const { code, stdout } = await vortex(['dags', 'show', 'etl'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Schedule +@daily \(UTC\)/)
    expect(stdout).toMatch(/load +BashOperator +0 +all_success +default_pool +extract/)
  })

  test('dags next-runs prints what the scheduler will do', async () => {
    const { code, stdout } = await vortex(['dags', 'next-runs', 'etl', '-n', '3'])
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(stdout).toMatch(/\d{4}-\d\d-\d\d 00:00:00Z/)
  })
})

describe('triggering and following', () => {
  test('trigger prints the run id; the same id again is a conflict', async () => {
    const first = await vortex(['dags', 'trigger', 'empty', '--run-id', 'once', '--conf', '{"day": 1}'])
    expect(first).toMatchObject({ code: 0, stdout: 'once\n' })
    const second = await vortex(['dags', 'trigger', 'empty', '--run-id', 'once'])
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('once')
  })

  test('--param gives single values; one that does not fit is named with a hint', async () => {
    await api.saveDag(
      makeDagSpec('typed', {
        params: {
          n: { value: 1, has_default: true, description: 'how many', schema: { type: 'integer' } },
          code: { value: '', has_default: true, description: null, schema: { type: ['null', 'string'] } },
        },
      }),
    )
    const good = await vortex(['dags', 'trigger', 'typed', '--conf', '{"n": 1, "x": 1}', '--param', 'n=3', '--param', 'code=007', '--json'])
    expect((JSON.parse(good.stdout) as { conf: object }).conf).toEqual({ n: 3, code: '007', x: 1 })
    const bad = await vortex(['dags', 'trigger', 'typed', '--param', 'n=three'])
    expect(bad).toMatchObject({ code: 2, stdout: '' })
    expect(bad.stderr).toMatch(/\/conf\/n must be integer.*vortex dags show/)
    expect((await vortex(['dags', 'trigger', 'typed', '--param', 'n'])).stderr).toContain('--param day=2026-11-23')
    expect((await vortex(['dags', 'show', 'typed'])).stdout).toMatch(/n +integer +1 +how many\ncode +null or string +""/)
  })

  test('a DAG whose file fails to load is triggered with its last good version and a warning', async () => {
    const spec = makeDagSpec('broken', { file: 'broken.py' })
    await api.saveDag(spec)
    await api.store.dagFileSave({
      record: {
        ...(await api.store.dagFileList()).find(({ file }) => file === 'broken.py')!,
        error: { kind: 'syntax', message: "SyntaxError: expected ':'", traceback: 'Traceback of it', line: 3 },
      },
      specs: [],
      bundle: null,
      paused_default: true,
      now: Date.now(),
    })
    const words = "broken.py:3 fails to load: SyntaxError: expected ':'."
    const triggered = await vortex(['dags', 'trigger', 'broken'])
    expect([triggered.code, triggered.stderr]).toEqual([0, expect.stringContaining(`${words} The run uses version 1, the last good one.`)])
    const shown = await vortex(['dags', 'show', 'broken'])
    expect(shown.stderr).toContain(words)
    expect(shown.stderr).toContain('Traceback of it')
    const listed = await vortex(['dags', 'list'])
    expect(listed.stdout).toMatch(/broken .*paused, import error/)
    expect(listed.stderr).toContain(words)
  })

  test('--wait ends with the run, 0 if it succeeded', async () => {
    const { code, stdout } = await vortex(['dags', 'trigger', 'empty', '--wait'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^empty manual__\S+ success {2}2\/2/)
  })

  test('--follow tells each change, and exits 1 if the run failed', async () => {
    await api.call({ method: 'PATCH', url: '/api/dags/etl/unpause', as: 'ada' })
    const followed = start(['dags', 'trigger', 'etl', '--run-id', 'doomed', '--follow'])
    const run = '/api/dags/etl/runs/doomed'
    await expect.poll(async () => (await api.call({ url: run, as: 'ada' })).statusCode, PATIENT).toBe(200)
    const task = (await api.call({ url: `${run}/tasks/extract`, as: 'ada' })).json<{ id: number }>()
    await api.store.logAppend({
      task_instance_id: task.id,
      attempt: 1,
      offset: 0,
      bytes: Buffer.from('reading\nno such table: \u001b[2Jorders\n'),
      times: [
        { offset: 0, at: Date.UTC(2026, 10, 23, 9, 8, 7, 6) },
        { offset: 8, at: Date.UTC(2026, 10, 23, 9, 8, 8) },
      ],
    })
    await api.call({ method: 'POST', url: `${run}/tasks/extract/mark`, as: 'ada', body: { state: 'failed' } })
    await followed.seen(/failed +extract/)
    const { code, stdout } = await followed.done
    expect(code).toBe(1)
    expect(stdout).toMatch(/upstream_failed +load/)
    expect(stdout).toMatch(/etl doomed failed {2}2\/2/)
    expect(stdout).toContain('extract failed')
  })

  test('tasks logs prints the log, its end, or a document', async () => {
    expect((await vortex(['tasks', 'logs', 'etl', 'doomed', 'extract', '--attempt', '1'])).stdout).toContain('reading\nno such table')
    expect((await vortex(['tasks', 'logs', 'etl', 'latest', 'extract', '--attempt', '1', '--tail', '1'])).stdout).toMatch(/^no such table/)
    const json = await vortex(['tasks', 'logs', 'etl', 'doomed', 'extract', '--attempt', '1', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      attempt: 1,
      size: 34,
      times: [
        [0, Date.UTC(2026, 10, 23, 9, 8, 7, 6)],
        [1, expect.any(Number)],
      ],
    })
    const stamped = await vortex(['tasks', 'logs', 'etl', 'doomed', 'extract', '--attempt', '1', '--timestamps'])
    expect(stamped.stdout).toMatch(/^2026-11-23T09:08:07.006Z reading\n2026-11-23T09:08:08.000Z no such table/)
  })

  test('with --json each change is a line and the last document is the run', async () => {
    const { code, stdout } = await vortex(['runs', 'follow', 'etl', 'doomed', '--json'])
    expect(code).toBe(1)
    const lines = stdout.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      run_id: 'doomed',
      state: 'failed',
      task_instances: [
        { task_id: 'extract', state: 'failed' },
        { task_id: 'load', state: 'upstream_failed' },
      ],
    })
    expect(lines.slice(0, -1).map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['failed', 'upstream_failed'])
  })

  test('a run that waits is followed until a person ends it, and Ctrl-C leaves it running', async () => {
    const followed = start(['dags', 'trigger', 'etl', '--run-id', 'waiting', '--follow'])
    await expect
      .poll(async () => (await api.call({ url: '/api/dags/etl/runs/waiting', as: 'ada' })).json<{ state?: string }>().state, PATIENT)
      .toBe('running')
    const attached = vortex(['runs', 'follow', 'etl', 'waiting'])
    followed.child.kill('SIGINT')
    const stopped = await followed.done
    expect([1, 130, null]).toContain(stopped.code)
    expect((await api.call({ url: '/api/dags/etl/runs/waiting', as: 'ada' })).json<{ state: string }>().state).toBe('running')
    expect((await vortex(['runs', 'cancel', 'etl', 'waiting'])).code).toBe(0)
    expect((await attached).code).toBe(1)
  })
})

describe('runs and tasks', () => {
  test('runs list and show name states and durations', async () => {
    const list = await vortex(['runs', 'list', 'etl'])
    expect(list.stdout).toMatch(/etl +doomed +failed +manual/)
    const show = await vortex(['runs', 'show', 'etl', 'doomed'])
    expect(show.stdout).toMatch(/extract +failed/)
    expect((await vortex(['runs', 'show', 'empty'])).stdout).toMatch(/Run +manual__/)
  })

  test('tasks why gives reasons with their codes', async () => {
    const { code, stdout } = await vortex(['tasks', 'why', 'etl', 'doomed', 'load'])
    expect(code).toBe(0)
    expect(stdout).toBe('load is upstream_failed.\n  - Upstream extract is failed; the trigger rule is all_success. (upstream_state)\n')
  })

  test('clear lists what a dry run would clear, and asks before clearing many', async () => {
    const dry = await vortex(['runs', 'clear', 'etl', 'doomed', '--dry-run'])
    expect(dry.stdout).toMatch(/doomed +extract +failed/)
    const asked = await vortex(['runs', 'clear', 'etl', 'doomed'])
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('add --yes')
    expect((await vortex(['runs', 'clear', 'etl', 'doomed', '--yes'])).code).toBe(0)
    expect((await api.call({ url: '/api/dags/etl/runs/doomed', as: 'ada' })).json<{ state: string }>().state).not.toBe('failed')
  })

  test('a backfill dry run lists its runs and starts none', async () => {
    const { code, stdout, stderr } = await vortex(['dags', 'backfill', 'etl', '--from', '2026-01-02', '--to', '2026-01-04', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout.match(/backfill__/g)).toHaveLength(3)
    expect(stderr).toContain('3 runs would start; nothing was changed')
  })

  test('a backfill that is refused names the options that were typed', async () => {
    const { code, stderr } = await vortex(['dags', 'backfill', 'etl', '--from', '2026-01-04', '--to', '2026-01-02'])
    expect([code, stderr]).toEqual([2, 'Error: --to is before --from.\n'])
  })
})

describe('variables, pools, secrets, users', () => {
  test('a Variable goes in by argument, file or pipe, and comes out as it was', async () => {
    expect((await vortex(['variables', 'set', 'region', 'eu-west'])).stdout).toBe('region is set.\n')
    expect((await vortex(['variables', 'get', 'region'])).stdout).toBe('eu-west\n')
    await vortex(['variables', 'set', 'query'], { input: 'select 1\n' })
    expect((await vortex(['variables', 'list', '--json'])).stdout).toContain('"select 1"')
    const asked = await vortex(['variables', 'delete', 'region'])
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('add --yes')])
    expect((await vortex(['variables', 'delete', 'region', '--yes'])).code).toBe(0)
    expect(await vortex(['variables', 'get', 'region'])).toMatchObject({ code: 1, stdout: '' })
  })

  test('pools set makes a pool, then changes it', async () => {
    expect((await vortex(['pools', 'set', 'warehouse', '4'])).stdout).toBe('warehouse has 4 slots.\n')
    expect((await vortex(['pools', 'set', 'warehouse', '6'])).stdout).toBe('warehouse has 6 slots.\n')
    expect((await vortex(['pools', 'list'])).stdout).toMatch(/warehouse +6 +0 +0/)
    expect((await vortex(['pools', 'set', 'warehouse', 'many'])).code).toBe(2)
    expect((await vortex(['pools', 'set', 'warehouse', '-1'])).stdout).toBe('warehouse has unlimited slots.\n')
  })

  test('a secret comes from a pipe and is never shown', async () => {
    expect((await vortex(['secrets', 'set', 'db'], { input: 'hunter2hunter2\n' })).code).toBe(0)
    const list = await vortex(['secrets', 'list', '--json'])
    expect(list.stdout).toContain('"db"')
    expect(list.stdout + list.stderr).not.toContain('hunter2')
    expect((await vortex(['secrets', 'set', 'db', 'on-argv'])).code).toBe(2)
    expect((await vortex(['secrets', 'delete', 'db', '--yes'])).code).toBe(0)
  })

  test('users create reads the password from a pipe', async () => {
    expect((await vortex(['users', 'create', 'carla', '--role', 'Operator'], { input: 'a long pass phrase\n' })).stdout).toBe(
      'carla may sign in as Operator.\n',
    )
    expect((await vortex(['users', 'list'])).stdout).toMatch(/carla +Operator/)
    expect((await vortex(['users', 'create', 'dora', '--role', 'King'])).code).toBe(2)
  })
})

describe('while DAG files are being read', () => {
  test('a DAG that is not there yet is waited for, and it is said for what', async () => {
    let asked = 0
    let isSaved = false
    const young = await startTestApi({
      options: { allowed_hosts: ['127.0.0.1'] },
      change: ({ dagFiles }) => ({
        dagFiles: {
          ...dagFiles,
          reading: () => {
            asked += 1
            if (asked === 3) void young.saveDag(makeDagSpec('late')).then(() => (isSaved = true))
            return { state: isSaved ? 'ready' : asked < 3 ? 'preparing' : 'reading', waiting: 1 }
          },
        },
      }),
    })
    try {
      await young.app.listen({ port: 0, host: '127.0.0.1' })
      const address = `http://127.0.0.1:${(young.app.server.address() as AddressInfo).port}`
      const env = { VORTEX_SERVER_URL: address, VORTEX_API_KEY: young.keys.ada }
      const shown = await vortex(['dags', 'show', 'late'], { env })
      expect(shown.code).toBe(0)
      expect(shown.stderr).toMatch(/preparing its Python environment.*waiting[^]*reading its DAG files; waiting/)
    } finally {
      await young.close()
    }
  })
})

describe('errors', () => {
  test.each([
    [['dags', 'show', 'nothing'], 1, 'nothing'],
    [['dags', 'list', '--limit', 'x'], 2, 'whole number'],
    [['dags', 'lst'], 2, 'unknown command'],
    [['nonsense'], 2, 'unknown command'],
    [['dags', 'trigger', 'empty', '--conf', '[1]'], 2, 'JSON object'],
    [['dags', 'trigger', 'empty', '--conf', '{day: 1}'], 2, 'not valid JSON'],
    [['dags', 'trigger', 'empty', '--logical-date', 'yesterday'], 2, 'date and time'],
    [['--server', 'ftp://x', 'dags', 'list'], 2, 'not a server address'],
    [['--server', 'http://127.0.0.1:9', 'dags', 'list'], 3, 'No VORTEX server answers at http://127.0.0.1:9'],
    [['--server', 'http://127.0.0.1:3009', 'dags', 'list'], 3, 'Start it with "vortex server --port 3009"'],
    [['run', 'missing.py'], 2, 'There is no file'],
  ])('%j exits with %i', async (args, code, text) => {
    const outcome = await vortex(args)
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toContain(text)
  })

  test('a missing or weak key is exit 4', async () => {
    expect((await vortex(['dags', 'list'], { env: { VORTEX_API_KEY: 'wrong' } })).code).toBe(4)
    const refused = await vortex(['dags', 'pause', 'etl', '--json'], { env: { VORTEX_API_KEY: api.keys.vera } })
    expect(refused.code).toBe(4)
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'forbidden' } })
  })

  test('on the same machine the key file of the data folder is used, with a warning if others can read it', async () => {
    const file = join(home, 'cli.key')
    await writeFile(file, `${api.keys.vera}\n`, { mode: 0o644 })
    const open = await vortex(['dags', 'list'], { env: { VORTEX_API_KEY: '' } })
    expect(open.code).toBe(0)
    expect(open.stderr).toContain('chmod 600')
    await rm(file)
    expect((await vortex(['dags', 'list'], { env: { VORTEX_API_KEY: '' } })).code).toBe(4)
  })

  test('the server that runs on the data folder is found, whatever its port', async () => {
    const file = join(home, ADDRESS_FILE)
    await writeFile(file, JSON.stringify({ url, pid: 1 }))
    expect((await vortex(['dags', 'list'], { env: { VORTEX_SERVER_URL: '' } })).code).toBe(0)
    await rm(file)
  })
})

describe('the program itself', () => {
  test('--help names every command, examples and exit codes', async () => {
    const { code, stdout } = await vortex(['--help'])
    expect(code).toBe(0)
    for (const word of [
      'server',
      'worker',
      'run',
      'dags',
      'runs',
      'tasks',
      'variables',
      'pools',
      'secrets',
      'users',
      'workers',
      'doctor',
      'completion',
      'Examples:',
      'Exit codes:',
    ])
      expect(stdout).toContain(word)
    for (const noun of ['server', 'worker', 'run', 'dags', 'doctor']) expect((await vortex([noun, '--help'])).code).toBe(0)
  })

  test('completion scripts are made, and words are completed', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) expect((await vortex(['completion', shell])).stdout).toContain('vortex')
    expect((await vortex(['complete', '--', 'dags', 'tri'])).stdout).toContain('trigger')
  })

  test('a reader that closes early is no failure', async () => {
    const { child, done } = start(['dags', 'list', '--json'])
    child.stdout.destroy()
    expect((await done).code).toBe(0)
    expect((await stat(home)).isDirectory()).toBe(true)
  })
})
