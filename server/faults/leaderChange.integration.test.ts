/**
 * Two controllers on one PostgreSQL: the leader is killed, stopped or cut off from its database while tasks run and people give
 * commands through the standby.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import { freshPostgresUrl } from '#testkit/databases.ts'
import { ControllerPair, healthOf, type LeaderFault } from './harness/controllerPair.ts'
import type { ControllerProcess } from './harness/controllerProcess.ts'
import { fanDag, standardDag } from './harness/dagShapes.ts'
import { EventFollower } from './harness/eventFollower.ts'
import { checkLedger, readLedger, report } from './harness/ledger.ts'
import { makeRandom, sized } from './harness/sizes.ts'

interface Write {
  note: string
  run_id: string | null
  /** `unknown`: the connection broke, or the answer said so. */
  outcome: 'done' | 'refused' | 'unknown'
}

/** Triggers without a run id, which the server could not recognise as the same. */
async function write(through: ControllerProcess, note: string): Promise<Write> {
  try {
    const run = await through.client.triggerDag({ params: { dag_id: 'written' }, body: { note } })
    return { note, run_id: run.run_id, outcome: 'done' }
  } catch (error) {
    const isUnknown =
      !(error instanceof VortexError) || (error.code !== 'not_leader' && error.code !== 'database_unavailable') || saysUnknown(error)
    return { note, run_id: null, outcome: isUnknown ? 'unknown' : 'refused' }
  }
}
function saysUnknown({ details }: VortexError): boolean {
  return typeof details === 'object' && details !== null && 'outcome' in details && details.outcome === 'unknown'
}

/** A command every 150 ms through whichever controller does not lead, until it is stopped. */
function writeAllTheTime(pair: ControllerPair): { stop(): Promise<Write[]> } {
  const writes: Promise<Write>[] = []
  let isOver = false
  const loop = (async () => {
    for (let n = 0; !isOver; n++) {
      const standby = (await Promise.all(pair.controllers.map(healthOf))).findIndex((health) => health?.scheduler === 'standby')
      const through = pair.controllers[standby]
      if (through !== undefined) writes.push(write(through, `note ${n}`))
      await sleep(150)
    }
  })()
  return {
    async stop() {
      isOver = true
      await loop
      return await Promise.all(writes)
    },
  }
}

test('the leader is killed, stopped and cut off while tasks run', { timeout: sized({ ci: 120_000, full: 900_000 }) }, async () => {
  const { dags, faults } = sized<{ dags: number; faults: LeaderFault[] }>({
    ci: { dags: 6, faults: ['killed', 'stopped', 'cut off'] },
    full: { dags: 60, faults: Array.from({ length: 5 }, (): LeaderFault[] => ['killed', 'stopped', 'cut off', 'killed']).flat() },
  })
  const random = makeRandom()
  await using pair = await ControllerPair.create(await freshPostgresUrl())
  const [a, b] = pair.controllers
  for (let i = 0; i < dags; i++) a.addDag(standardDag({ dag_id: `storm${i}`, retries: 4, random, seconds: [0.05, 0.5] }))
  a.addDag({ dag_id: 'written', retries: 4, tasks: fanDag({ dag_id: 'written', width: 1 }).tasks })
  await pair.start({ capacity: 6 })
  await a.waitForDags()
  expect((await healthOf(b))?.scheduler).toBe('standby')
  // One page on each controller; the leader's must go on at the other one.
  const followers = [new EventFollower(pair.controllers, 0), new EventFollower(pair.controllers, 1)]
  for (const dag of a.dags) if (dag.dag_id !== 'written') await b.trigger(dag.dag_id)
  const writing = writeAllTheTime(pair)
  let landed = 0
  for (const fault of faults) {
    await sleep(300 + random() * 500)
    const leader = await pair.leader()
    await pair.strike(leader, fault)
    await pair.leads(pair.other(leader))
    landed += 1
    await sleep(500)
    await pair.mend(leader, fault)
  }
  const writes = await writing.stop()
  const leader = await pair.leader()
  const stuck = await leader.settle(sized({ ci: 60_000, full: 300_000 }))
  const written = await leader.client.listRuns({ params: { dag_id: 'written' }, query: { limit: 500 } })
  const notes = written.data.map(({ note }) => note)
  const found = await a.check(stuck)
  const done = writes.filter(({ outcome }) => outcome === 'done')
  const refused = writes.filter(({ outcome }) => outcome === 'refused')
  const wrong = report(
    'leader changes',
    found,
    { landed, planned: faults.length },
    `${writes.length} commands through the standby: ${done.length} done, ${refused.length} refused, ${writes.length - done.length - refused.length} unknown; ` +
      followers.map(({ connections, resets }) => `a page: ${connections} connections, ${resets} resets`).join('; '),
  )
  for (const follower of followers) {
    const runs = [...written.data, ...a.dags.filter(({ dag_id }) => dag_id !== 'written').map(({ dag_id }) => ({ dag_id, run_id: 'run' }))]
    await expect.poll(() => runs.filter((run) => follower.stateOf(run) === null), { timeout: 5_000 }).toEqual([])
    await follower.close()
  }
  expect(followers[0]?.connections).toBeGreaterThan(1)
  expect(wrong).toBe(0)
  expect(found.tasks).toBe(dags * 20 + written.data.length * 3)
  expect(new Set(notes).size, 'a command carried out twice').toBe(notes.length)
  for (const { note } of done) expect(notes).toContain(note)
  for (const { note } of refused) expect(notes).not.toContain(note)
  expect(done.length).toBeGreaterThan(writes.length / 2)
})

test('a local worker does not take the end of its controller for the absence of all', { timeout: 120_000 }, async () => {
  await using pair = await ControllerPair.create(await freshPostgresUrl(), { local: { capacity: 4, lease_ms: 2_000 } })
  const [a, b] = pair.controllers
  const tasks = Array.from({ length: 4 }, (_, i) => ({ task_id: `t${i}`, kind: 'bash' as const, seconds: 4, upstream: [] }))
  a.addDag({ dag_id: 'left', retries: 2, tasks })
  await pair.start({ capacity: 0 })
  await a.waitForDags()
  await b.trigger('left')
  await expect.poll(() => readLedger(a.ledger).length, { timeout: 20_000, interval: 50 }).toBe(4)
  // The worker has heard by now that there is another controller, which it cannot ask.
  await sleep(1_000)
  await a.kill()
  expect(a.workerPid()).not.toBeNull()
  await pair.leads(b)
  const stuck = await b.settle(60_000)
  b.dags.push(...a.dags)
  const found = checkLedger({ lines: a.lines(), dags: a.dags, recorded: await b.recorded(), stuck })
  expect(report('left local worker', found, { landed: 1, planned: 1 })).toBe(0)
  // All four were made again, by the other controller's worker.
  expect(found.starts).toBe(8)
})

test('a new leader schedules in time, and the old one is fenced', { timeout: sized({ ci: 120_000, full: 900_000 }) }, async () => {
  const times = sized({ ci: 1, full: 10 })
  // The other test strikes in all ways; this one is for the figures.
  const faults = sized<LeaderFault[]>({ ci: ['killed'], full: ['killed', 'stopped', 'cut off'] })
  await using pair = await ControllerPair.create(await freshPostgresUrl())
  const [a] = pair.controllers
  a.addDag(fanDag({ dag_id: 'probe', width: 1, retries: 4 }))
  await pair.start({ capacity: 4 })
  await a.waitForDags()
  await a.trigger('probe', 'first')
  expect(await a.settle(20_000)).toEqual([])
  const budgets: Record<LeaderFault, number> = { killed: 2_000, stopped: 12_000, 'cut off': 12_000 }
  for (const fault of faults) {
    const leads: number[] = []
    const starts: number[] = []
    for (let i = 0; i < times; i++) {
      // Not in step with renewals and beats.
      await sleep(1_500 + Math.random() * 500)
      const leader = await pair.leader()
      const standby = pair.other(leader)
      const epoch = (await healthOf(standby))?.leader_epoch ?? 0
      const fencedBefore = fencedTerms(leader)
      const run_id = `${fault.replace(' ', '_')}_${i}`
      const began = performance.now()
      await pair.strike(leader, fault)
      // Given at once to a controller that does not lead yet; carried out when it does.
      const trigger = standby.client.triggerDag({ params: { dag_id: 'probe' }, body: { run_id } })
      await pair.leads(standby)
      leads.push(performance.now() - began)
      await trigger
      while (!readLedger(a.ledger).some(({ task }) => task === `probe ${run_id} first`)) await sleep(5)
      starts.push(performance.now() - began)
      await pair.mend(leader, fault)
      await expect
        .poll(async () => {
          const health = await healthOf(leader)
          return [health?.leader_address, (health?.leader_epoch ?? 0) > epoch]
        })
        .toEqual([`http://127.0.0.1:${standby.port}`, true])
      if (fault !== 'killed') await expect.poll(() => fencedTerms(leader)).toBeGreaterThan(fencedBefore)
      expect(await standby.settle(20_000)).toEqual([])
    }
    const line = (of: number[]): string => `p50 ${Math.round(median(of))} ms, max ${Math.round(Math.max(...of))} ms`
    process.stdout.write(`leader ${fault}, ${times} times: the next one leads after ${line(leads)}; starts a task after ${line(starts)}\n`)
    expect(Math.max(...leads)).toBeLessThan(budgets[fault] + 1_000)
  }
  const found = await a.check([])
  expect(report('fenced leaders', found, { landed: faults.length * times, planned: faults.length * times })).toBe(0)
})

function fencedTerms({ log }: ControllerProcess): number {
  return log.split('"why":"fenced"').length - 1
}

function median(of: number[]): number {
  return of.toSorted((x, y) => x - y)[Math.floor(of.length / 2)] ?? Number.NaN
}
