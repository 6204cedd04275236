import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HostBench, isAlive, processesWith, until } from './hostBench.ts'
import { readStat } from './processTree.ts'
import { pythonStart } from './recorder.ts'

let bench: HostBench
beforeAll(async () => {
  bench = new HostBench({ limits: { import_timeout_ms: 1500 } })
  await bench.runner.start()
})
afterAll(() => bench.close())

describe('the outcome of a Python task', () => {
  test('its value becomes the XCom, what it prints the log, and each attempt has a process of its own', async () => {
    const where = bench.dagFile(
      'import os, sys\ndef task():\n    print("hello"); print("on stderr", file=sys.stderr); os.system("echo from a child")\n    return [os.getpid(), os.getsid(0)]\n',
    )
    const first = await bench.run(pythonStart(where, 'task'))
    expect(first).toMatchObject({ outcome: 'success', exit_code: 0 })
    expect(first.log).toContain('hello\non stderr\nfrom a child\n')
    expect(first.max_rss_bytes).toBeGreaterThan(5e6)
    const second = await bench.run(pythonStart(where, 'task'))
    const [one, two] = [first, second].map((end) => JSON.parse(end.xcoms[0]?.value_json ?? '[]') as number[])
    expect(one?.[0]).toBe(one?.[1])
    expect(one?.[0]).not.toBe(two?.[0])
  })

  test('a process that dies before it has anything to do costs no try', async () => {
    const where = bench.dagFile('import os\ndef task():\n    return os.getppid()\n')
    const host = Number((await bench.run(pythonStart(where, 'task'))).xcoms[0]?.value_json)
    const waiting = (): number[] => processesWith('vortex').filter((pid) => readStat(pid)?.parent === host)
    await until('one waits', () => waiting().length > 0)
    // The host hears of the attempt before it hears of the death.
    process.kill(host, 'SIGSTOP')
    const idle = waiting()
    const start = pythonStart(where, 'task')
    bench.runner.run(start)
    await new Promise((resolve) => setImmediate(resolve))
    for (const pid of idle) process.kill(pid, 'SIGKILL')
    await until('they are dead', () => !idle.some(isAlive))
    process.kill(host, 'SIGCONT')
    expect(await bench.ended(start)).toMatchObject({ outcome: 'success' })
  })

  test.each([
    ['raise ValueError("no such customer")', { outcome: 'failed', reason_code: 'exception' }, /ValueError: no such customer/],
    ['import sys; sys.exit(3)', { outcome: 'failed', exit_code: 3 }, /sys\.exit\(3\)/],
    ['import os; os._exit(5)', { outcome: 'failed', exit_code: 5, reason_code: 'exit_code' }, /^exited with code 5 before it finished$/],
    ['import os; os._exit(0)', { outcome: 'failed', exit_code: 0 }, /^exited with code 0 before it finished$/],
    [
      'import os; os.kill(os.getpid(), 11)',
      { outcome: 'failed', exit_code: -1, signal: 'SIGSEGV', reason_code: 'signal' },
      /^killed by signal 11 \(SIGSEGV\)$/,
    ],
    ['import os; os.kill(os.getpid(), 9)', { outcome: 'failed', signal: 'SIGKILL' }, /^killed by signal 9 \(out of memory\?\)$/],
    ['return "x" * (64 << 20)', { outcome: 'failed', reason_code: 'xcom_too_large' }, /limit/],
    ['import os; os.write(3, b"garbage that is no frame"); os._exit(0)', { outcome: 'failed' }, /before it finished/],
  ])('%s', async (body, expected, reason) => {
    const end = await bench.run(pythonStart(bench.dagFile(`def task():\n    ${body}\n`), 'task'))
    expect(end).toMatchObject(expected)
    expect(end.reason).toMatch(reason)
  })

  test('out of memory is told in words', async () => {
    const where = bench.dagFile(
      'import resource\ndef task():\n    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n    return len(bytearray(4 << 30))\n',
    )
    const end = await bench.run(pythonStart(where, 'task'))
    expect(end).toMatchObject({ outcome: 'failed', reason_code: 'out_of_memory' })
    expect(end.reason).toContain('memory')
  })

  test('attempts draw different random numbers', async () => {
    const where = bench.dagFile('import random\ndef task():\n    return random.random()\n')
    const ends = await Promise.all(Array.from({ length: 4 }, () => bench.run(pythonStart(where, 'task'))))
    expect(new Set(ends.map((end) => end.xcoms[0]?.value_json)).size).toBe(4)
  })

  test('secrets are in its environment and masked in its log and reason', async () => {
    const where = bench.dagFile('import os\ndef task():\n    print("is", os.environ["PW"])\n    raise ValueError(os.environ["PW"])\n')
    const end = await bench.run(pythonStart(where, 'task', { secrets: { PW: 'hunter2-hunter2' } }))
    expect(end.log).toContain('is ***')
    expect(end.log).not.toContain('hunter2')
    expect(end.reason).toContain('***')
    expect(end.reason).not.toContain('hunter2')
  })
})

describe('questions', () => {
  test('are answered or refused', async () => {
    bench.recorder.onRequest = (ref, p) => {
      const key = (JSON.parse(p.params_json) as { key: string }).key
      const refused = key === 'bad'
      bench.runner.respond(ref, {
        id: p.id,
        result_json: JSON.stringify({ value: `${p.method} of ${key}` }),
        error_code: refused ? 'forbidden' : '',
        error_message: refused ? 'not for you' : '',
      })
    }
    const where = bench.dagFile(
      'from airflow.models import Variable\ndef good():\n    return Variable.get("k")\ndef bad():\n    return Variable.get("bad")\n',
    )
    expect((await bench.run(pythonStart(where, 'good'))).xcoms[0]?.value_json).toBe('"variable.get of k"')
    const refused = await bench.run(pythonStart(where, 'bad'))
    expect(refused.outcome).toBe('failed')
    expect(refused.reason).toContain('not for you')
  })

  test('a sensitive Variable that a task asks for is masked in its log and reason from then on', async () => {
    bench.recorder.onRequest = (ref, p) =>
      bench.runner.respond(ref, {
        id: p.id,
        result_json: JSON.stringify({ value: 'geheim-token-1234', is_sensitive: true }),
        error_code: '',
        error_message: '',
      })
    const where = bench.dagFile(
      'from airflow.models import Variable\ndef task():\n    value = Variable.get("api_token")\n    print("is", value)\n    raise ValueError(value)\n',
    )
    const end = await bench.run(pythonStart(where, 'task'))
    expect(end.log).toContain('is ***')
    expect(`${end.log} ${end.reason}`).not.toContain('geheim')
  })

  test('what is secret in a connection is masked, whether the controller has it or the environment', async () => {
    bench.recorder.onRequest = (ref, p) =>
      bench.runner.respond(ref, {
        id: p.id,
        result_json: JSON.stringify({
          connection: { conn_type: 'http', host: 'h', password: 'geheim-stored', extra: '{"api_token": "geheim-token"}' },
          mask: ['geheim-stored', 'geheim-token'],
        }),
        error_code: '',
        error_message: '',
      })
    const where = bench.dagFile(
      `import os
from airflow.hooks.base import BaseHook
from airflow.models import Connection
from airflow.utils.log.secrets_masker import mask_secret
os.environ["AIRFLOW_CONN_LOCAL"] = "http://u:geheim-local@here/"
EARLY = Connection.get_connection_from_secrets("local").password
def task():
    print("early", EARLY, os.environ["AIRFLOW_CONN_LOCAL"])
    found = BaseHook.get_connection("stored")
    print("stored", found.host, found.password, found.extra_dejson["api_token"], found.get_uri())
    mask_secret("geheim-own")
    print("own", "geheim-own")
    raise ValueError(found.password)
`,
    )
    const end = await bench.run(pythonStart(where, 'task'))
    expect(end.log).toContain('early *** http://u:***@here/')
    expect(end.log).toContain('stored h *** ***')
    expect(end.log).toContain('own ***')
    expect(`${end.log} ${end.reason}`).not.toContain('geheim')
  })

  test('an import that reads a Variable gets it, anew for each attempt', async () => {
    let asked = 0
    bench.recorder.onRequest = (ref, p) =>
      bench.runner.respond(ref, {
        id: p.id,
        result_json: JSON.stringify({ value: `answer ${(asked += 1)}` }),
        error_code: '',
        error_message: '',
      })
    const where = bench.dagFile('from airflow.models import Variable\nVALUE = Variable.get("k")\ndef task():\n    return VALUE\n')
    expect((await bench.run(pythonStart(where, 'task'))).xcoms[0]?.value_json).toBe('"answer 1"')
    expect((await bench.run(pythonStart(where, 'task'))).xcoms[0]?.value_json).toBe('"answer 2"')
  })
})

describe('timeouts and kills', () => {
  test('a timeout ends the task by an exception, with on_kill and callbacks', async () => {
    const where = bench.dagFile('import time\ndef task():\n    try:\n        time.sleep(60)\n    finally:\n        print("cleaned up")\n')
    const end = await bench.run(pythonStart(where, 'task', { execution_timeout_ms: 200 }))
    expect(end).toMatchObject({ outcome: 'failed', reason_code: 'timeout', reason: 'timed out after 0.2 s (execution_timeout)' })
    expect(end.log).toContain('cleaned up')
    expect(end.run_ms).toBeLessThan(5000)
  })

  test('a kill ends a task that ignores TERM, its subprocess and a daemon of forks only', async () => {
    const mark = `vortex-python-mark-${process.pid}`
    const where = bench.dagFile(`import os, signal, subprocess, time
def task():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["bash", "-c", "trap '' TERM; exec -a ${mark} sleep 300"])
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print("daemon", os.getpid(), flush=True)
            time.sleep(300)
        os._exit(0)
    os.wait()
    print("ready", flush=True)
    time.sleep(300)
`)
    const start = pythonStart(where, 'task')
    bench.runner.run(start)
    await until('it is ready', () => /ready/.test(bench.recorder.logOf(start).toString()) && processesWith(mark).length > 0)
    bench.runner.kill(start.ref, { reason: 'cancelled', grace_ms: 200 })
    const end = await bench.ended(start)
    expect(end).toMatchObject({ outcome: 'killed', reason: 'cancelled' })
    expect(processesWith(mark)).toEqual([])
    expect(isAlive(Number(/daemon (\d+)/.exec(end.log)?.[1]))).toBe(false)
  })

  test('a daemon of forks only dies with its attempt while another attempt of the file runs on', async () => {
    const where = bench.dagFile(`import os, time
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            print("daemon", os.getpid(), flush=True)
            os.dup2(os.open("/dev/null", os.O_RDWR), 1); os.dup2(1, 2)
            time.sleep(300)
        os._exit(0)
    os.wait()
    time.sleep(0.1)
def sleeper():
    print("up", flush=True)
    time.sleep(300)
`)
    const sleeper = pythonStart(where, 'sleeper')
    bench.runner.run(sleeper)
    await until('it sleeps', () => bench.recorder.logOf(sleeper).includes('up'))
    const sleeperPid = await bench.recorder.starting(sleeper)
    const end = await bench.run(pythonStart(where, 'daemon'))
    expect(end.outcome).toBe('success')
    expect(isAlive(Number(/daemon (\d+)/.exec(end.log)?.[1]))).toBe(false)
    expect(isAlive(sleeperPid)).toBe(true)
    bench.runner.kill(sleeper.ref, { reason: 'x', grace_ms: 0 })
    expect((await bench.ended(sleeper)).outcome).toBe('killed')
  })
})

describe('the import of the DAG file', () => {
  test('an error fails the attempt with the traceback in its log', async () => {
    const file = 'broken.py'
    writeFileSync(path.join(bench.folder, file), 'import no_such_module_here\n')
    const end = await bench.run(pythonStart({ root: bench.folder, file }, 'task'))
    expect(end).toMatchObject({ outcome: 'failed', reason_code: 'import' })
    expect(end.reason).toContain("No module named 'no_such_module_here'")
    expect(end.log).toContain('broken.py')
  })

  test.each([
    ['import os; os._exit(3)', /exited with code 3/],
    ['import os; os.kill(os.getpid(), 9)', /was killed by signal 9/],
    ['import sys; sys.exit("stop")', /stop/],
    ['while True: pass', /took longer than 1\.5 s/],
  ])('%s fails the attempts that wait for it', async (source, reason) => {
    const file = `import_${source.length}.py`
    writeFileSync(path.join(bench.folder, file), `${source}\n`)
    const starts = [1, 2].map(() => pythonStart({ root: bench.folder, file }, 'task', { bundle_hash: source }))
    for (const start of starts) bench.runner.run(start)
    for (const start of starts) {
      const end = await bench.ended(start)
      expect(end).toMatchObject({ outcome: 'failed', reason_code: 'import' })
      expect(end.reason).toMatch(reason)
    }
  })

  test('an attempt that waits for the import can be killed', async () => {
    const start = pythonStart(bench.dagFile('import time\ntime.sleep(1)\ndef task():\n    pass\n'), 'task')
    bench.runner.run(start)
    bench.runner.kill(start.ref, { reason: 'cancelled' })
    expect(await bench.ended(start)).toMatchObject({ outcome: 'killed', reason: 'cancelled' })
  })

  test.each([
    [
      'a thread',
      'import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\ndef task():\n    return threading.active_count()\n',
      '2',
    ],
    ['an open file', 'DATA = open(__file__)\ndef task():\n    return len(DATA.readline()) > 0\n', 'true'],
    ['a socket', 'import socket\nS = socket.socketpair()\ndef task():\n    S[0].send(b"x"); return S[1].recv(1).decode()\n', '"x"'],
  ])('an import that leaves %s behind is done by each child anew', async (_what, source, value) => {
    const where = bench.dagFile(source)
    for (let index = 0; index < 2; index += 1) {
      const end = await bench.run(pythonStart(where, 'task'))
      expect(end).toMatchObject({ outcome: 'success' })
      expect(end.xcoms[0]?.value_json).toBe(value)
    }
  })
})
