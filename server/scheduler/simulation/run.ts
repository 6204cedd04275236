/** Runs simulations from the command line: `node server/scheduler/simulation/run.ts [--seeds N] [--from SEED] [--twice]`. */
import { parseArgs } from 'node:util'
import { simulate } from './simulator.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    twice: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const count = Number(values.seeds)
const began = performance.now()
const totals = { attempts: 0, runs: 0, controllerKills: 0, workerKills: 0, cuts: 0, outages: 0, commits: 0, virtual_ms: 0 }
let failed = 0
const landed: Record<string, number> = {}
for (let seed = from; seed < from + count; seed++) {
  const result = await simulate(seed)
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += result.stats[key]
  for (const [kind, count] of Object.entries(result.landed)) landed[kind] = (landed[kind] ?? 0) + count
  if (values.twice && (await simulate(seed)).trace !== result.trace)
    result.violations.push({ kind: 'REPLAY', detail: 'the second run differs' })
  if (result.violations.length === 0) continue
  failed++
  process.stdout.write(
    `seed ${seed}: ${result.violations
      .slice(0, 3)
      .map(({ kind, detail }) => `${kind} ${detail}`)
      .join('\n  ')}\n`,
  )
}
const seconds = (performance.now() - began) / 1000
process.stdout.write(
  `${count} seeds, ${failed} failed, ${seconds.toFixed(1)} s, ${Math.round((60 * count) / seconds)} seeds a minute; ${JSON.stringify(totals)}; ${JSON.stringify(landed)}\n`,
)
process.exitCode = failed === 0 ? 0 : 1
