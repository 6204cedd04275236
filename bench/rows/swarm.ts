/** Attempts through the swarm (real gRPC, real sessions) against one grpc-js stream that carries one message per task. */
import type { Row } from '../harness/row.ts'
import { median, show } from '../harness/statistics.ts'
import { measureRawStream } from '../raw/grpcStream.ts'
import { IN_FLIGHT, measureSwarm, rateOf } from '../swarmStream.ts'

const ATTEMPTS = 10_000
/** The first round warms up. */
const ROUNDS = 4

export const swarm: Row = {
  name: 'swarm',
  run: async () => {
    const rates: { raw: number; swarm: number; ratio: number; by_cpu: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const raw = await rateOf(ATTEMPTS, () => measureRawStream({ messages: ATTEMPTS, in_flight: IN_FLIGHT }))
      const ours = await measureSwarm(ATTEMPTS)
      rates.push({
        raw: raw.per_second,
        swarm: ours.per_second,
        ratio: ours.per_second / raw.per_second,
        by_cpu: ours.per_cpu_second / raw.per_cpu_second,
      })
    }
    const warm = rates.slice(1)
    const ratio = median(warm.map((rate) => rate.ratio))
    return [
      {
        what: 'no-op attempts through gRPC',
        figure: show(median(warm.map((rate) => rate.swarm)), 'attempts/s'),
        goal: '>= 1 x raw stream',
        ratio,
        is_met: ratio >= 1,
        note: `raw ${show(median(warm.map((rate) => rate.raw)), 'messages/s')}; by processor time ${median(warm.map((rate) => rate.by_cpu)).toFixed(2)} x`,
      },
    ]
  },
}
