import { describe, expect, it } from 'vitest'
import { simulate } from './simulator.ts'

/** Seeds of one CI run. More: `node server/scheduler/simulation/run.ts --seeds 20000 --from 1`. */
const SEEDS = 2000
const CHUNK = 250

describe('the scheduler under simulated faults', () => {
  for (let from = 1; from <= SEEDS; from += CHUNK) {
    it(
      `comes to rest with nothing lost, doubled or out of order for seeds ${from} to ${from + CHUNK - 1}`,
      { timeout: 120_000 },
      async () => {
        const commands = new Map<string, number>()
        const landed = { outages: 0, attempts: 0, controllerKills: 0, workerKills: 0, cuts: 0 }
        for (let seed = from; seed < from + CHUNK; seed++) {
          const { violations, stats, ...result } = await simulate(seed)
          for (const [kind, count] of Object.entries(result.landed)) commands.set(kind, (commands.get(kind) ?? 0) + count)
          expect(violations, `seed ${seed}`).toEqual([])
          for (const key of Object.keys(landed) as (keyof typeof landed)[]) landed[key] += stats[key]
        }
        // A run in which no fault landed would prove nothing.
        expect(landed.attempts).toBeGreaterThan(CHUNK)
        expect(landed.controllerKills).toBeGreaterThan(CHUNK)
        expect(landed.workerKills).toBeGreaterThan(50)
        expect(landed.cuts).toBeGreaterThan(50)
        expect(landed.outages).toBeGreaterThan(25)
        for (const kind of ['pause', 'unpause', 'clearNewest', 'clearAll', 'pools', 'newVersion', 'cancel', 'runDelete', 'backfill'])
          expect(commands.get(kind) ?? 0, kind).toBeGreaterThan(5)
      },
    )
  }

  it('replays a seed bit for bit', async () => {
    for (const seed of [3, 17, 89, 911, 1076, 2789]) expect((await simulate(seed)).trace).toBe((await simulate(seed)).trace)
  })
})
