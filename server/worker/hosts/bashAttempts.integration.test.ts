import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HostBench, isAlive, processesWith, until } from './hostBench.ts'
import { bashStart } from './recorder.ts'

let bench: HostBench
beforeAll(async () => {
  bench = new HostBench({ env: { ...process.env, VORTEX_WORKER_TOKEN: 'tok', DATABASE_URL: 'postgres://', KEPT_BY_USER: 'kept' } })
  await bench.runner.start()
})
afterAll(() => bench.close())

/** A text that no other process has: finds what a test started. */
let marks = 0
const newMark = (): string => `vortex-mark-${process.pid}-${(marks += 1)}`

describe('the outcome of a command', () => {
  test('exit 0 is success, and the last line becomes the XCom', async () => {
    const end = await bench.run(bashStart('echo one; echo two >&2; printf "three  \\n"'))
    expect(end).toMatchObject({
      outcome: 'success',
      exit_code: 0,
      log_bytes: 16,
      log: 'one\ntwo\nthree  \n',
      xcoms: [{ key: 'return_value', value_json: '"three"' }],
    })
  })

  test('no output is an empty XCom, and push_xcom=false none', async () => {
    expect((await bench.run(bashStart(':'))).xcoms).toEqual([{ key: 'return_value', value_json: '""' }])
    expect((await bench.run(bashStart('echo x', {}, { push_xcom: false }))).xcoms).toEqual([])
  })

  test.each([
    ['exit 3', 'bash exited with code 3'],
    ['no-such-command-here', 'bash exited with code 127 (a command in it was not found)'],
  ])('%s fails and says so', async (command, reason) => {
    expect(await bench.run(bashStart(command))).toMatchObject({ outcome: 'failed', reason, reason_code: 'exit_code' })
  })

  test('a code of skip_on_exit_codes skips', async () => {
    expect(await bench.run(bashStart('exit 99'))).toMatchObject({ outcome: 'skipped', exit_code: 99 })
    expect(await bench.run(bashStart('exit 99', {}, { skip_on_exit_codes: [7] }))).toMatchObject({ outcome: 'failed' })
  })

  test('a signal is told in words', async () => {
    expect(await bench.run(bashStart('kill -9 $$'))).toMatchObject({
      outcome: 'failed',
      exit_code: -1,
      signal: 'SIGKILL',
      reason: 'bash was killed by signal 9 (out of memory?)',
    })
    expect(await bench.run(bashStart('kill -SEGV $$'))).toMatchObject({
      signal: 'SIGSEGV',
      reason: 'bash was killed by signal 11 (SIGSEGV)',
    })
  })

  test('a folder that is missing, a command that is too long and a last line that is too large fail with what to do', async () => {
    expect(await bench.run(bashStart(':', {}, { cwd: '/no/such/folder' }))).toMatchObject({
      reason_code: 'spawn',
      reason: 'cwd /no/such/folder does not exist on this worker',
    })
    expect((await bench.run(bashStart(`: ${'x'.repeat(200_000)}`))).reason).toContain('put the script into a file')
    expect(await bench.run(bashStart('head -c 2000000 /dev/zero | tr "\\0" x'))).toMatchObject({
      outcome: 'failed',
      reason_code: 'xcom_too_large',
    })
  })
})

describe('what a command finds', () => {
  test("its own variables and the user's, but nothing of the worker", async () => {
    const start = bashStart('env', {}, { env: { MINE: 'yes' } })
    const { log } = await bench.run(start)
    for (const line of ['MINE=yes', 'KEPT_BY_USER=kept', 'AIRFLOW_CTX_DAG_ID=d', 'VORTEX_RUN_ID=r', 'VORTEX_TRY_NUMBER=1'])
      expect(log.split('\n')).toContain(line)
    expect(log).not.toMatch(/VORTEX_WORKER_TOKEN|DATABASE_URL|VORTEX_HOST|PYTHONPATH/)
    expect(log).not.toContain(start.ref.lease_token)
  })

  test("replace_env leaves only what was given and the attempt's own", async () => {
    const { log } = await bench.run(bashStart('env', {}, { env: { MINE: 'yes' }, replace_env: true }))
    expect(log).toContain('MINE=yes')
    expect(log).not.toContain('KEPT_BY_USER')
  })

  test('no descriptor but its three, and nothing to read', async () => {
    const { log } = await bench.run(bashStart('cd /proc/$$/fd; echo *; cat'))
    // 3 is the folder that bash lists.
    expect(log.trim()).toBe('0 1 2 3')
  })

  test('a fresh folder that is gone afterwards, or the one it asked for', async () => {
    const first = (await bench.run(bashStart('touch left; mkdir -p deep/er; pwd'))).log.trim()
    await until('the folder is removed', () => !existsSync(first))
    expect((await bench.run(bashStart('ls -A | wc -l'))).log.trim()).toBe('0')
    const mine = path.join(bench.folder, 'mine')
    mkdirSync(mine)
    expect((await bench.run(bashStart('pwd', {}, { cwd: mine }))).log.trim()).toBe(mine)
    expect(existsSync(mine)).toBe(true)
  })
})

describe('the end of a process tree', () => {
  const stubborn = (mark: string): string =>
    `trap '' TERM; bash -c "trap '' TERM; bash -c \\"trap '' TERM; exec -a ${mark} sleep 300\\" & wait; sleep 300" & wait; sleep 300`

  test('a timeout kills three levels that ignore TERM, after the grace', async () => {
    const mark = newMark()
    const start = bashStart(stubborn(mark), { execution_timeout_ms: 300 })
    bench.runner.run(start)
    await until('the tree is there', () =>
      processesWith(mark).some((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(mark)),
    )
    // The grace of a timeout is 10 s; a kill shortens it.
    await new Promise((resolve) => setTimeout(resolve, 400))
    bench.runner.kill(start.ref, { reason: 'too late', grace_ms: 100 })
    expect(await bench.ended(start)).toMatchObject({
      outcome: 'failed',
      reason_code: 'timeout',
      reason: 'timed out after 0.3 s (execution_timeout)',
    })
    expect(processesWith(mark)).toEqual([])
  })

  test('a kill sends TERM first: a command that cleans up may finish within the grace', async () => {
    const start = bashStart("trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    bench.runner.run(start)
    await until('it listens', () => bench.recorder.logOf(start).includes('ready'))
    bench.runner.kill(start.ref, { reason: 'cancelled by ada', grace_ms: 5000 })
    const end = await bench.ended(start)
    expect(end).toMatchObject({ outcome: 'killed', reason: 'cancelled by ada' })
    expect(end.log).toContain('cleaned up')
    expect(end.run_ms).toBeLessThan(4500)
  })

  test('a child of a killed shell has the grace too', async () => {
    const start = bashStart(`bash -c "trap 'sleep 0.3; echo child done; exit' TERM; echo ready; while :; do sleep 0.05; done"; :`)
    bench.runner.run(start)
    await until('it listens', () => bench.recorder.logOf(start).includes('ready'))
    bench.runner.kill(start.ref, { reason: 'x', grace_ms: 5000 })
    expect((await bench.ended(start)).log).toContain('child done')
  })

  test('a kill right after the start and a second kill are fine', async () => {
    const mark = newMark()
    const start = bashStart(`exec -a ${mark} sleep 300`)
    bench.runner.run(start)
    bench.runner.kill(start.ref, { reason: 'at once', grace_ms: 50 })
    bench.runner.kill(start.ref, { reason: 'again', grace_ms: 0 })
    expect(await bench.ended(start)).toMatchObject({ outcome: 'killed', reason: 'at once' })
    expect(processesWith(mark)).toEqual([])
    bench.runner.kill(start.ref, { reason: 'nobody is there' })
  })

  test.each([
    ['exit 0', 'success'],
    ['exit 3', 'failed'],
  ])('a grandchild that keeps the output open delays "%s" by at most 3 s and dies', async (exit, outcome) => {
    const mark = newMark()
    const end = await bench.run(bashStart(`(exec -a ${mark} sleep 300) & echo started; ${exit}`))
    expect(end).toMatchObject({ outcome, log: 'started\n' })
    expect(end.run_ms).toBeLessThan(3000)
    expect(processesWith(mark)).toEqual([])
  })

  test('output of a background process is waited for while it comes within 2 s', async () => {
    expect((await bench.run(bashStart('(sleep 0.3; echo late) & exit 0'))).log).toBe('late\n')
  })

  test('a daemon that left session, parent and output behind dies with the attempt, at once', async () => {
    const mark = newMark()
    const end = await bench.run(
      bashStart(`(setsid bash -c '(exec -a ${mark} sleep 300) </dev/null >/dev/null 2>&1 & ' &) ; sleep 0.3; pgrep -f ${mark} | head -1`),
    )
    expect(isAlive(Number(end.xcoms[0]?.value_json.replaceAll('"', '')))).toBe(false)
    expect(processesWith(mark)).toEqual([])
    expect(end.run_ms).toBeLessThan(2000)
  })

  test('a daemon that even wiped its environment dies when its attempt is the last one', async () => {
    const mark = newMark()
    await bench.run(bashStart(`(setsid env -i bash -c '(exec -a ${mark} sleep 300) </dev/null >/dev/null 2>&1 & ' &) ; sleep 0.3`))
    await until('it is gone', () => processesWith(mark).length === 0)
  })

  test('daemons of one attempt die, those of another that still runs live', async () => {
    const [mine, others] = [newMark(), newMark()]
    const daemon = (mark: string): string => `(setsid bash -c '(exec -a ${mark} sleep 300) </dev/null >/dev/null 2>&1 & ' &) ; sleep 0.3`
    const other = bashStart(`${daemon(others)}; echo up; sleep 300`)
    bench.runner.run(other)
    await until('the other is up', () => bench.recorder.logOf(other).includes('up'))
    await bench.run(bashStart(daemon(mine)))
    expect(processesWith(mine)).toEqual([])
    expect(processesWith(others)).not.toEqual([])
    bench.runner.kill(other.ref, { reason: 'x', grace_ms: 100 })
    await bench.ended(other)
    expect(processesWith(others)).toEqual([])
  })
})

describe('output', () => {
  test('closed early: the exit still decides', async () => {
    expect(await bench.run(bashStart('echo before; exec >&- 2>&-; sleep 0.2; exit 4'))).toMatchObject({
      outcome: 'failed',
      exit_code: 4,
      log: 'before\n',
    })
  })

  test('bytes that are not UTF-8 arrive as they are, and an XCom escapes them', async () => {
    const start = bashStart("printf 'a\\xff\\x00b\\n'")
    const end = await bench.run(start)
    expect([...bench.recorder.logOf(start)]).toEqual([0x61, 0xff, 0x00, 0x62, 0x0a])
    expect(end.xcoms[0]?.value_json).toBe(String.raw`"a\\xff\u0000b"`)
  })

  test('1 GB: head and tail are kept, a line says what is missing, memory stays flat', async () => {
    const before = process.memoryUsage().rss
    const start = bashStart('echo the head; yes 0123456789abcde | head -c 1000000000; echo the tail; exit 1', { log_cap_bytes: 1_000_000 })
    const end = await bench.run(start)
    expect(end).toMatchObject({ outcome: 'failed', log_truncated: true })
    expect(end.log).toMatch(/^the head\n/)
    expect(end.log).toMatch(/\[vortex\] 999,0\d\d,\d{3} bytes of output were dropped here: the limit is 1,000,000 bytes for each attempt\./)
    expect(end.log).toMatch(/the tail\n$/)
    expect(end.log_bytes).toBe(bench.recorder.logOf(start).length)
    expect(end.log_bytes).toBeLessThan(1_000_200)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })

  test('paused: a task that prints waits, another runs, and nothing is lost', async () => {
    bench.runner.setLogFlow({ paused: true })
    const start = bashStart('head -c 3000000 /dev/zero | tr "\\0" x; echo end', { log_cap_bytes: 10_000_000, xcom_cap_bytes: 4_000_000 })
    bench.runner.run(start)
    await bench.recorder.starting(start)
    expect(await bench.run(bashStart('echo quick'))).toMatchObject({ outcome: 'success', log: 'quick\n' })
    expect(bench.recorder.logOf(start).length).toBeLessThan(100_000)
    bench.runner.setLogFlow({ paused: false })
    expect((await bench.ended(start)).log_bytes).toBe(3_000_004)
  })

  test('secrets are masked across the borders of pieces, in every spelling, and in the reason', async () => {
    const secret = 'S3cr&t "p/w"\nline two of it'
    const script = `printf '%s' "$PW" | while IFS= read -r -N1 c; do printf '%s' "$c"; sleep 0.002; done; echo; printf '%s' "$PW" | base64; printf 'user:%s' "$PW" | base64 -w0; echo; echo "\${PW##*$'\\n'}"; echo plain`
    const end = await bench.run(bashStart(script, { secrets: { PW: secret } }))
    expect(end.outcome).toBe('success')
    expect(end.log).not.toMatch(/S3cr|line two/)
    expect(end.log).not.toContain(Buffer.from(secret).toString('base64').slice(0, 16))
    expect(end.log).not.toContain(Buffer.from(`user:${secret}`).toString('base64').slice(10, 30))
    expect(end.log).toMatch(/^\*\*\*\n\*\*\*/)
    expect(end.log).toMatch(/\nplain\n$/)
    const missing = await bench.run(bashStart(':', { secrets: { PW: 'no/such/place' } }, { cwd: '/no/such/place' }))
    expect(missing.outcome).toBe('failed')
  })
})
