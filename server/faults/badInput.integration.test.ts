/** Every kind of bad DAG file and of ill-mannered task that is named in docs/faults.md, on the whole server: what the user sees. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ControllerProcess } from './harness/controllerProcess.ts'
import { standardDag } from './harness/dagShapes.ts'
import { report } from './harness/ledger.ts'
import { processesOf } from './harness/processTable.ts'
import { IS_FULL, makeRandom } from './harness/sizes.ts'

const HEAD = 'from vortex import DAG, BashOperator, PythonOperator\n'

/** File name -> what is wrong with it, and the words that the user must see. */
const BAD_FILES: Record<string, { text: string | Buffer; says: RegExp; line?: number }> = {
  'syntax.py': { text: `${HEAD}with DAG("syntax" as dag:\n    pass\n`, says: /SyntaxError/, line: 2 },
  'cycle.py': {
    text: `${HEAD}with DAG("cycle", schedule=None):\n    a = BashOperator(task_id="a", bash_command=":")\n    b = BashOperator(task_id="b", bash_command=":")\n    a >> b >> a\n`,
    says: /cycle.*a.*b/is,
  },
  'same_task.py': {
    text: `${HEAD}with DAG("same_task", schedule=None):\n    BashOperator(task_id="a", bash_command=":")\n    BashOperator(task_id="a", bash_command=":")\n`,
    says: /task.*["']?a["']?.*(already|twice|duplicate)/is,
    line: 4,
  },
  'same_dag.py': { text: `${HEAD}with DAG("good", schedule=None):\n    pass\n`, says: /good \(defined in good\.py\)/ },
  'argument.py': {
    text: `${HEAD}with DAG("argument", schedule=None):\n    BashOperator(task_id="a", bash_command=":", retriess=3)\n`,
    says: /retriess/,
    line: 3,
  },
  'package.py': { text: `${HEAD}import not_there_at_all\n`, says: /not_there_at_all[\s\S]*pip install/, line: 2 },
  // Its limit is 30 s; a shorter one is tested beside the service (server/dagfiles).
  ...(IS_FULL ? { 'loop.py': { text: `${HEAD}while True:\n    pass\n`, says: /did not end within 30 s; it was at line 2/, line: 2 } } : {}),
  'exit.py': { text: `${HEAD}import sys\nsys.exit(3)\n`, says: /sys\.exit|SystemExit|exit/, line: 3 },
  'memory.py': { text: `${HEAD}x = bytearray(10 << 30)\n`, says: /memory/i, line: 2 },
  'bytes.py': { text: Buffer.concat([Buffer.from(`${HEAD}x = "`), Buffer.from([0xff]), Buffer.from('"\n')]), says: /UTF-8/i, line: 2 },
}

test('bad DAG files beside a good one', { timeout: 180_000 }, async () => {
  await using server = await ControllerProcess.create()
  const good = standardDag({ dag_id: 'good', retries: 0, random: makeRandom(), seconds: [0, 0.1] })
  server.addDag(good)
  await server.start()
  await server.waitForDags()
  const pid = server.pid
  const began = performance.now()
  for (const [file, { text }] of Object.entries(BAD_FILES)) writeFileSync(join(server.dagsFolder, file), text)
  // 1 GB of output is no error of the DAG: it is cut.
  writeFileSync(
    join(server.dagsFolder, 'flood.py'),
    `${HEAD}import os\nfor _ in range(1024):\n    os.write(1, b"x" * (1 << 20))\nwith DAG("flood", schedule=None):\n    pass\n`,
  )
  await server.trigger('good')
  await expect
    .poll(async () => (await server.client.listImportErrors({ query: { limit: 100 } })).data.map(({ file }) => file).sort(), {
      timeout: 90_000,
      interval: 200,
    })
    .toEqual(Object.keys(BAD_FILES).sort())
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  await expect
    .poll(async () => (await server.client.listDags({ query: {} })).data.map((dag) => dag.id).sort(), { timeout: 30_000 })
    .toEqual(['flood', 'good'])
  const { data } = await server.client.listImportErrors({ query: { limit: 100 } })
  for (const error of data) {
    const { says, line } = BAD_FILES[error.file]!
    process.stdout.write(`  ${error.file}:${error.line ?? ''} ${error.message.split('\n')[0]}\n`)
    expect.soft(error.message, error.file).toMatch(says)
    if (line !== undefined) expect.soft(error.line, error.file).toBe(line)
  }
  const found = await server.check(await server.settle(60_000))
  expect(
    report('bad DAG files', found, { landed: data.length, planned: Object.keys(BAD_FILES).length }, `all told after ${seconds} s`),
  ).toBe(0)
  expect(found.starts).toBe(20)
  expect((await server.recorded()).filter((task) => task.state !== 'success')).toEqual([])
  expect([server.pid, server.hasExited]).toEqual([pid, false])
})

test('ill-mannered tasks', { timeout: 120_000 }, async () => {
  await using server = await ControllerProcess.create({ capacity: 12 })
  writeFileSync(
    join(server.dagsFolder, 'rude.py'),
    `${HEAD}
import os, signal, subprocess, sys, time
from datetime import timedelta

def daemons():
    for _ in range(3):
        subprocess.Popen(["bash", "-c", "trap '' TERM HUP; while :; do sleep 1; done"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        time.sleep(300)

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["bash", "-c", "trap '' TERM; while :; do sleep 1; done"])
    while True:
        time.sleep(1)

def silent():
    print("before", flush=True)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    time.sleep(1)
    return 7

def noise():
    sys.stdout.buffer.write(b"caf\\xe9 \\x00 \\xff\\xfe end\\n")

with DAG("rude", schedule=None):
    PythonOperator(task_id="daemons", python_callable=daemons)
    BashOperator(task_id="daemons_bash", bash_command="for i in 1 2 3; do (trap '' TERM HUP; while :; do sleep 1; done) & done; setsid -f sleep 300; echo done")
    PythonOperator(task_id="deaf", python_callable=deaf, execution_timeout=timedelta(seconds=1))
    BashOperator(task_id="deaf_bash", bash_command="trap '' TERM; while :; do sleep 1; done", execution_timeout=timedelta(seconds=1))
    PythonOperator(task_id="silent", python_callable=silent)
    BashOperator(task_id="silent_bash", bash_command="echo before; exec >&- 2>&-; sleep 1; exit 4")
    PythonOperator(task_id="noise", python_callable=noise)
    BashOperator(task_id="noise_bash", bash_command=r"printf 'caf\\xe9 \\x00 \\xff\\xfe end\\n'")
`,
  )
  await server.start()
  await expect.poll(async () => (await server.client.listDags({ query: {} })).total, { timeout: 20_000 }).toBe(1)
  await server.trigger('rude')
  expect(await server.settle(60_000)).toEqual([])
  const params = { dag_id: 'rude', run_id: 'run' }
  const { data } = await server.client.listTaskInstances({ params, query: {} })
  const seen: Record<string, unknown> = {}
  for (const task of data) {
    const { data: attempts } = await server.client.listAttempts({ params: { ...params, task_id: task.task_id } })
    const { text } = await server.client.getLog({ params: { ...params, task_id: task.task_id }, query: {} })
    process.stdout.write(`  ${task.task_id}: ${task.state} ${attempts[0]?.reason ?? ''} (${task.duration_ms} ms)\n`)
    seen[task.task_id] = task.state
    if (task.task_id.startsWith('deaf'))
      expect.soft(attempts[0]?.reason).toMatch(/timed out after 1 s \(execution_timeout\)|execution_timeout/)
    if (task.task_id.startsWith('silent')) expect.soft(text).toContain('before')
    if (task.task_id.startsWith('noise')) expect.soft(text).toMatch(/caf.* end/)
    if (task.task_id === 'silent_bash') expect.soft(attempts[0]?.exit_code).toBe(4)
    // TERM, ten seconds of grace, KILL; a daemon is not waited for.
    expect.soft(task.duration_ms, task.task_id).toBeLessThan(task.task_id.startsWith('deaf') ? 14_000 : 5_000)
  }
  expect(seen).toEqual({
    daemons: 'success',
    daemons_bash: 'success',
    deaf: 'failed',
    deaf_bash: 'failed',
    silent: 'success',
    silent_bash: 'failed',
    noise: 'success',
    noise_bash: 'success',
  })
  await sleep(300)
  expect(
    processesOf(server.folder)
      .filter((entry) => /VORTEX_RUN_ID=run/.test(entry.environment))
      .map((entry) => entry.command),
  ).toEqual([])
})
