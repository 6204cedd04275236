/**
 * Attempts per second through the swarm: assigned, started, ended, acknowledged, over real gRPC between the real session of a
 * controller and that of a worker; the engine and the processes are doubles that answer at once. Beside it the raw rate of one
 * message per task in the same run. Usage: node bench/swarmStream.ts [attempts]
 */
import type { AssignedAttempt } from '../server/scheduler/ports.ts'
import { startBench, until } from '../server/worker/testing/swarmBench.ts'
import { measureRawStream } from './raw/grpcStream.ts'

export const IN_FLIGHT = 256
const CAPACITY = 256
/** The first ones warm up. */
const ROUNDS = 5

export async function measureSwarm(count: number): Promise<Rate> {
  const bench = await startBench()
  try {
    const worker = await bench.startWorker((attempt) => attempt.end(), { capacity: CAPACITY })
    // One DAG version, as in a fan-out.
    const { version } = bench.attempt({ id: 1 })
    const attempts = Array.from({ length: count }, () => ({ ...bench.attempt({}), version }))
    let next = 0
    const { engine } = bench
    const give = (wanted: number): void => {
      const batch: AssignedAttempt[] = attempts.slice(next, next + wanted)
      next += batch.length
      if (batch.length > 0) bench.swarm().assign({ worker_id: worker.worker_id, attempts: batch })
    }
    const workerReports = engine.workerReports.bind(engine)
    let ended = 0
    engine.workerReports = async (p) => {
      const ends = p.reports.filter(({ type }) => type === 'ended').length
      ended += ends
      give(ends)
      await workerReports(p)
    }
    return await rateOf(count, async () => {
      give(IN_FLIGHT)
      await until(() => ended === count, 'every attempt has ended', 120_000)
    })
  } finally {
    await bench.close()
  }
}

/** By the processor time of this process too: on a shared machine that is the figure that repeats. */
export interface Rate {
  per_second: number
  per_cpu_second: number
}
export async function rateOf(count: number, work: () => Promise<unknown>): Promise<Rate> {
  const began = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { per_second: (count * 1000) / (performance.now() - began), per_cpu_second: (count * 1e6) / (user + system) }
}

if (import.meta.main) {
  const attempts = Number(process.argv[2] ?? 20_000)
  const show = (value: number): string => Math.round(value).toLocaleString('en').padStart(7)
  for (let round = 0; round < ROUNDS; round++) {
    const raw = await rateOf(attempts, () => measureRawStream({ messages: attempts, in_flight: IN_FLIGHT }))
    const swarm = await measureSwarm(attempts)
    process.stdout.write(
      `raw ${show(raw.per_second)} messages/s, swarm ${show(swarm.per_second)} attempts/s, ${(swarm.per_second / raw.per_second).toFixed(2)} x; ` +
        `by processor time ${show(raw.per_cpu_second)} and ${show(swarm.per_cpu_second)}, ${(swarm.per_cpu_second / raw.per_cpu_second).toFixed(2)} x\n`,
    )
  }
}
