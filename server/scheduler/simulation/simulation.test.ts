import { describe, expect, it } from 'vitest'
import { CLASSES, classOf, type FaultCounts } from './faults.ts'
import { simulate, type SimResult } from './simulator.ts'

/** Seeds of one CI run. More, and how to replay one: run.ts. */
const SEEDS = 2000
const CHUNK = 250

/** A run in which no fault and no command landed would prove nothing. */
class Landed {
  readonly #byClass = new Map<string, Record<string, number>>()

  add({ class: name, landed }: SimResult): void {
    const totals = this.#byClass.get(name) ?? {}
    for (const [kind, count] of Object.entries(landed)) totals[kind] = (totals[kind] ?? 0) + count
    this.#byClass.set(name, totals)
  }

  expectEverything(): void {
    const seeds = SEEDS / CLASSES.length
    for (const { name, faults } of CLASSES) {
      const totals = this.#byClass.get(name) ?? {}
      expect(totals['attempts'], `attempts of ${name}`).toBeGreaterThan(10 * seeds)
      expect(totals['rescheduled'], `rescheduled attempts of ${name}`).toBeGreaterThan(seeds)
      expect(totals['branchSkips'], `branch skips of ${name}`).toBeGreaterThan(seeds)
      // Of each fault up to `most` befall a seed, so half of that on average.
      for (const [fault, most] of Object.entries(faults) as [keyof FaultCounts, number][])
        expect(totals[fault] ?? 0, `${fault} of ${name}`).toBeGreaterThan((seeds * most) / 6)
    }
    const people = this.#byClass.get('people') ?? {}
    const classOfPeople = CLASSES.find(({ name }) => name === 'people')
    for (const kind of classOfPeople?.commands.kinds ?? []) expect(people[kind] ?? 0, `${kind} of people`).toBeGreaterThan(5)
    const workers = this.#byClass.get('workers') ?? {}
    expect(workers['released'], 'attempts given back').toBeGreaterThan(5)
    expect(workers['lost'], 'lost attempts').toBeGreaterThan(seeds)
  }
}

describe('the scheduler under simulated faults', () => {
  const landed = new Landed()
  for (let from = 1; from <= SEEDS; from += CHUNK) {
    it(
      `comes to rest with nothing lost, doubled or out of order for seeds ${from} to ${from + CHUNK - 1}`,
      { timeout: 120_000 },
      async () => {
        for (let seed = from; seed < from + CHUNK; seed++) {
          const result = await simulate(seed)
          expect(result.violations, `seed ${seed}`).toEqual([])
          landed.add(result)
        }
      },
    )
  }

  // Of what ran above.
  it('had every fault and every command land', () => landed.expectEverything())

  it('replays a seed bit for bit', async () => {
    for (const { name } of CLASSES) {
      const seed = CLASSES.findIndex((other) => other.name === name) + 40 * CLASSES.length
      expect(classOf(seed).name).toBe(name)
      expect((await simulate(seed)).trace).toBe((await simulate(seed)).trace)
    }
  })
})
