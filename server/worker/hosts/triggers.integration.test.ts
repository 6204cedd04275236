/** Triggers in trigger hosts: real processes, the runner's side of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttemptEnd, AttemptStart } from '../runner.ts'
import { HostBench, isAlive, processesWith, until } from './hostBench.ts'
import { pythonStart } from './recorder.ts'

let bench: HostBench
beforeAll(async () => {
  bench = new HostBench({ limits: { host_idle_ms: 300 } })
  await bench.runner.start()
})
afterAll(() => bench.close())

interface Body {
  trigger: string
  kwargs?: Record<string, unknown>
}

/** As the session gives it: one of VORTEX's own has no DAG file. */
function trigger({ trigger: path, kwargs = {} }: Body, where?: { root: string; file: string }): AttemptStart {
  const start = pythonStart(where ?? { root: '', file: '' }, 'waits', { kind: 'trigger', bundle_hash: where === undefined ? '' : 'hash' })
  const body = JSON.stringify({ trigger: path, kwargs, method: 'go_on', method_kwargs: {} })
  const job = JSON.parse(start.job_json) as Record<string, unknown>
  return { ...start, job_json: JSON.stringify({ ...job, deferral: { body, event: null, output: '' } }) }
}

const at = (moment: Date): Record<string, unknown> => ({ __vortex__: 'datetime', value: moment.toISOString().replace('Z', '+00:00') })
const afterMs = (ms: number): Body => ({
  trigger: 'vortex.triggers.temporal:DateTimeTrigger',
  kwargs: { moment: at(new Date(Date.now() + ms)) },
})

/** A DAG file with triggers in it; VORTEX gives its module a name of its own, which `Name()` tells. */
const TRIGGERS = `import asyncio, logging, os, subprocess, sys, time
from airflow.triggers.base import BaseTrigger, TriggerEvent, TaskSuccessEvent

class Base(BaseTrigger):
    def __init__(self, **kwargs):
        super().__init__()
        self.kwargs = kwargs
    def serialize(self):
        return (f"{type(self).__module__}.{type(self).__qualname__}", self.kwargs)
    async def cleanup(self):
        print("cleaned up", type(self).__name__)

class Says(Base):
    async def run(self):
        for word in ("one", "two"):
            print(word, self.kwargs["who"])
            logging.getLogger("mine").warning("logged by %s", self.kwargs["who"])
            await asyncio.sleep(0.01)
        print(await asyncio.to_thread(lambda: print("in a thread", self.kwargs["who"]) or "back"), file=sys.stderr)
        yield TriggerEvent({"who": self.kwargs["who"], "task": self.task_instance.task_id})
        print("never")

class Waits(Base):
    async def run(self):
        print("waits", os.getpid())
        await asyncio.sleep(300)
        yield TriggerEvent(None)

class Raises(Base):
    async def run(self):
        raise ValueError("no such bucket")
        yield

class Nothing(Base):
    async def run(self):
        return
        yield

class Wrong(Base):
    async def run(self):
        yield 5

class Odd(Base):
    async def run(self):
        yield TriggerEvent(object())

class Exits(Base):
    async def run(self):
        sys.exit(3)
        yield

class Ends(Base):
    async def run(self):
        yield TaskSuccessEvent(xcoms={"a": 1})

class Dies(Base):
    async def run(self):
        print("dies", os.getpid())
        os.kill(os.getpid(), 9)
        yield

class Blocks(Base):
    async def run(self):
        time.sleep(3.5)
        yield TriggerEvent(1)

class Hangs(Base):
    async def run(self):
        print("hangs", flush=True)
        time.sleep(600)
        yield TriggerEvent(1)

class Stubborn(Base):
    async def run(self):
        while True:
            try:
                await asyncio.sleep(300)
            except asyncio.CancelledError:
                print("no")
        yield

class Starts(Base):
    async def run(self):
        process = await asyncio.create_subprocess_exec("sleep", self.kwargs["seconds"])
        print("started", process.pid)
        await process.wait()
        yield TriggerEvent(1)

class Asks(Base):
    async def run(self):
        from airflow.models import Variable
        print("is", Variable.get("api_token"))
        print("thread", await asyncio.to_thread(Variable.get, "api_token"))
        raise ValueError(Variable.get("api_token"))
        yield

class Floods(Base):
    async def run(self):
        for number in range(200_000):
            print("x" * 99)
        yield TriggerEvent(1)
`

const MODULE = '@MODULE@'
let file: { root: string; file: string }
let moduleName = ''
beforeAll(async () => {
  file = bench.dagFile(`${TRIGGERS}\ndef name():\n    return __name__\n`)
  const end = await bench.run(pythonStart(file, 'name'))
  moduleName = JSON.parse(end.xcoms[0]?.value_json ?? '""') as string
})
const mine = (name: string, kwargs: Record<string, unknown> = {}): AttemptStart =>
  trigger({ trigger: `${MODULE}:${name}`.replace(MODULE, moduleName), kwargs }, file)
const run = async (start: AttemptStart): Promise<AttemptEnd & { log: string }> => await bench.run(start)
const logOf = (start: AttemptStart): string => bench.recorder.logOf(start).toString()
const hostOf = (start: AttemptStart): number => Number(/(?:waits|dies) (\d+)/.exec(logOf(start))?.[1])

describe('an event', () => {
  test('of a trigger of VORTEX comes without any DAG file, at its time', async () => {
    const began = Date.now()
    const end = await run(trigger(afterMs(400)))
    expect(end).toMatchObject({ outcome: 'success' })
    expect(JSON.parse(end.deferral_json)).toMatchObject({ event: { __vortex__: 'datetime' } })
    expect(Date.now() - began).toBeGreaterThanOrEqual(395)
  })

  test('of an author is told with what its own trigger printed, and nothing of those beside it', async () => {
    const starts = ['ann', 'bob', 'cat'].map((who) => mine('Says', { who }))
    const ends = await Promise.all(starts.map(run))
    for (const [index, who] of ['ann', 'bob', 'cat'].entries()) {
      expect(JSON.parse(ends[index]?.deferral_json ?? '')).toEqual({ event: { who, task: 'waits' } })
      const log = ends[index]?.log.replace(/\[.*?\] WARNING mine - /g, '')
      expect(log).toBe(`one ${who}\nlogged by ${who}\ntwo ${who}\nlogged by ${who}\nin a thread ${who}\nback\ncleaned up Says\n`)
    }
  })

  test('may end the task', async () => {
    expect(JSON.parse((await run(mine('Ends'))).deferral_json)).toEqual({ end: 'success', xcoms: { a: 1 } })
  })
})

test.each([
  ['Raises', 'ValueError: no such bucket'],
  ['Nothing', 'RuntimeError: Nothing ended without an event'],
  ['Wrong', 'TypeError: Wrong.run() yielded a int; it must yield TriggerEvents'],
  ['Odd', "TypeError: the event of the trigger: value['event'] is a builtins.object, which has no form in JSON"],
  ['Exits', 'SystemExit: 3'],
  ['Absent', 'AttributeError'],
])('%s fails alone, with its reason, its traceback and its cleanup', async (name, reason) => {
  const beside = mine('Waits')
  bench.runner.run(beside)
  const end = await run(mine(name))
  expect(end).toMatchObject({ outcome: 'failed', reason_code: 'exception' })
  expect(end.reason).toContain(reason)
  expect(end.log).toContain(reason.split(':')[0])
  if (name !== 'Absent') expect(end.log).toContain(`cleaned up ${name}`)
  await until('the other one waits', () => logOf(beside).includes('waits'))
  bench.runner.kill(beside.ref, { reason: 'not_wanted' })
  expect(await bench.ended(beside)).toMatchObject({ outcome: 'killed', reason: 'not_wanted' })
  expect(logOf(beside)).toContain('cleaned up Waits')
})

describe('a host that dies', () => {
  /** As the engine does with what is given back. */
  function giveAgain(start: AttemptStart, giving: number): AttemptStart {
    bench.recorder.attempts.delete(start.ref.task_instance_id)
    const again = { ...start, ref: { ...start.ref, lease_token: `lease.${giving}` } }
    bench.runner.run(again)
    return again
  }

  test('gives all of its triggers back; the one that did it fails in the end, and no other one', { timeout: 30_000 }, async () => {
    const innocent = Array.from({ length: 4 }, () => mine('Waits'))
    const deadly = mine('Dies')
    let waiting = innocent.map((start) => giveAgain(start, 0))
    await until('they wait', () => waiting.every((start) => logOf(start).includes('waits')))
    const outcomes: string[] = []
    for (let giving = 1; outcomes.at(-1) !== 'failed'; giving++) {
      const end = await bench.ended(giveAgain(deadly, giving))
      expect(end.reason_code).toBe('host_died')
      outcomes.push(end.outcome)
      // Those that died with it have another host before it has.
      const died = waiting.filter((start) => logOf(start).includes(`waits ${hostOf(deadly)}\n`))
      for (const start of died) expect(await bench.ended(start)).toMatchObject({ outcome: 'killed', reason_code: 'host_died' })
      waiting = waiting.map((start) => (died.includes(start) ? giveAgain(start, giving) : start))
      await until('they wait', () => waiting.every((start) => logOf(start).includes('waits')))
    }
    expect(outcomes.slice(0, 2)).toEqual(['killed', 'killed'])
    expect(outcomes.length).toBeLessThanOrEqual(6)
    for (const start of waiting) {
      expect(bench.recorder.attempts.get(start.ref.task_instance_id)?.end).toBeNull()
      bench.runner.kill(start.ref, { reason: 'x' })
      await bench.ended(start)
    }
    expect(await run(mine('Ends'))).toMatchObject({ outcome: 'success' })
  })

  test('takes along what its triggers started', async () => {
    const starts = mine('Starts', { seconds: '301.5' })
    bench.runner.run(starts)
    await until('it has started its program', () => processesWith('301.5').length === 1)
    await run(mine('Dies'))
    expect(await bench.ended(starts)).toMatchObject({ outcome: 'killed', reason_code: 'host_died' })
    expect(processesWith('301.5')).toEqual([])
  })
})

test('a host whose loop is blocked is killed when it does not end what it is told to', { timeout: 30_000 }, async () => {
  const [beside, hangs] = [mine('Waits'), mine('Hangs')]
  bench.runner.run(beside)
  await until('it waits', () => logOf(beside).includes('waits'))
  bench.runner.run(hangs)
  await until('it hangs', () => logOf(hangs).includes('has blocked its event loop'))
  bench.runner.kill(hangs.ref, { reason: 'drained', grace_ms: 100 })
  expect(await bench.ended(hangs)).toMatchObject({ outcome: 'killed', reason: 'it did not answer when it was told to end' })
  expect(await bench.ended(beside)).toMatchObject({ outcome: 'killed', reason: 'a trigger beside it blocked their event loop' })
  expect(isAlive(hostOf(beside))).toBe(false)
})

test('a trigger that blocks the loop is told while it does', { timeout: 20_000 }, async () => {
  const start = mine('Blocks')
  bench.runner.run(start)
  await until('it is told', () => logOf(start).includes('has blocked its event loop for more than 2 s'))
  expect(bench.recorder.attempts.get(start.ref.task_instance_id)?.end).toBeNull()
  const end = await bench.ended(start)
  expect(end.outcome).toBe('success')
  expect(end.log.match(/has blocked/g)).toHaveLength(1)
})

test('one that does not end when it is told to is given up after the grace, and the others go on', async () => {
  const start = mine('Stubborn')
  bench.runner.run(start)
  await run(mine('Ends'))
  bench.runner.kill(start.ref, { reason: 'x', grace_ms: 300 })
  expect(await bench.ended(start)).toMatchObject({ outcome: 'killed', reason: 'x' })
  expect(await run(mine('Ends'))).toMatchObject({ outcome: 'success' })
})

test('asks the controller, from the loop and from a thread; a sensitive answer is masked', async () => {
  bench.recorder.onRequest = (ref, p) =>
    bench.runner.respond(ref, {
      id: p.id,
      result_json: JSON.stringify({ value: 'geheim-token-1234', is_sensitive: true }),
      error_code: '',
      error_message: '',
    })
  const end = await run(mine('Asks'))
  expect(end.log).toContain('is ***\nthread ***\n')
  expect(end.reason).toBe('ValueError: ***')
  expect(end.log).not.toContain('geheim')
})

test('an import that reads a Variable asks for it when the first trigger is here', async () => {
  bench.recorder.onRequest = (ref, p) =>
    bench.runner.respond(ref, { id: p.id, result_json: '{"value":"42","is_sensitive":false}', error_code: '', error_message: '' })
  const where = bench.dagFile(`from airflow.models import Variable
from airflow.triggers.base import BaseTrigger, TriggerEvent
VALUE = Variable.get("k")
class T(BaseTrigger):
    def serialize(self):
        return ("T", {})
    async def run(self):
        yield TriggerEvent(VALUE)
def name():
    return __name__
`)
  const found = JSON.parse((await run(pythonStart(where, 'name'))).xcoms[0]?.value_json ?? '""') as string
  const ends = await Promise.all([1, 2, 3].map(() => run(trigger({ trigger: `${found}:T` }, where))))
  expect(ends.map((end) => end.deferral_json)).toEqual(Array.from({ length: 3 }, () => '{"event":"42"}'))
})

test('an import that fails fails the trigger with its traceback', async () => {
  const where = bench.dagFile('import no_such_module_here\ndef task():\n    pass\n')
  const end = await run(trigger({ trigger: 'x:Y' }, where))
  expect(end).toMatchObject({ outcome: 'failed', reason_code: 'import' })
  expect(end.log).toContain('no_such_module_here')
})

test('one that prints without end neither fills the memory nor stops the others', async () => {
  const end = await run(mine('Floods'))
  expect(end.outcome).toBe('success')
  const lines = end.log.split('\n')
  const kept = end.log.replace(/\n\[vortex\] .*? can be kept\.\n/g, '').length
  const dropped = lines.map((line) => Number(/^\[vortex\] ([\d,]+) bytes of output were dropped/.exec(line)?.[1]?.replaceAll(',', '') ?? 0))
  expect(kept + dropped.reduce((sum, bytes) => sum + bytes, 0)).toBe(20_000_000 + 'cleaned up Floods\n'.length)
})

test('a host without triggers ends after its idle time', async () => {
  const start = mine('Waits')
  bench.runner.run(start)
  await until('it waits', () => logOf(start).includes('waits'))
  const host = hostOf(start)
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(isAlive(host)).toBe(true)
  bench.runner.kill(start.ref, { reason: 'x' })
  await bench.ended(start)
  await until('its host is gone', () => !isAlive(host))
})

test('triggers of more DAG files than there are hosts take turns', { timeout: 60_000 }, async () => {
  const own = new HostBench({ limits: { trigger_hosts_max: 2, trigger_turn_ms: 300 } })
  await own.runner.start()
  const starts: AttemptStart[] = []
  for (let count = 0; count < 3; count++) {
    const where = own.dagFile(`${TRIGGERS}\ndef name():\n    return __name__\n`)
    const name = JSON.parse((await own.run(pythonStart(where, 'name'))).xcoms[0]?.value_json ?? '""') as string
    starts.push({ ...trigger({ trigger: `${name}:Waits` }, where), bundle_hash: `hash ${count}` })
  }
  for (const start of starts) own.runner.run(start)
  const turns = starts.map(() => 0)
  for (let given = 0; given < 5; given++) {
    const [at, end] = await Promise.race(starts.map(async (start, index) => [index, await own.ended(start)] as const))
    expect(end).toMatchObject({ outcome: 'killed', reason: 'its trigger host makes room for those of other DAG files' })
    turns[at] = (turns[at] ?? 0) + 1
    // As the engine does.
    const start = starts[at]
    if (start === undefined) throw new Error('no such trigger')
    own.recorder.attempts.delete(start.ref.task_instance_id)
    own.runner.run(start)
  }
  expect(Math.min(...turns)).toBeGreaterThan(0)
  expect(own.lines.filter((line) => line.includes('take turns'))).not.toEqual([])
  await own.close()
})

test('the end of the worker ends triggers, their programs and their host', async () => {
  const own = new HostBench()
  await own.runner.start()
  const where = own.dagFile(`${TRIGGERS}\ndef name():\n    return __name__\n`)
  const name = JSON.parse((await own.run(pythonStart(where, 'name'))).xcoms[0]?.value_json ?? '""') as string
  const starts = trigger({ trigger: `${name}:Starts`, kwargs: { seconds: '302.5' } }, where)
  const waits = trigger({ trigger: `${name}:Waits` }, where)
  for (const start of [starts, waits]) own.runner.run(start)
  await until('they run', () => processesWith('302.5').length === 1 && own.recorder.logOf(waits).includes('waits'))
  const host = Number(/waits (\d+)/.exec(own.recorder.logOf(waits).toString())?.[1])
  await own.close()
  expect(await own.ended(starts)).toMatchObject({ outcome: 'killed' })
  expect(isAlive(host)).toBe(false)
  expect(processesWith('302.5')).toEqual([])
})
