/**
 * Runs simulations from the command line: `npm run simulate -- [--seeds N] [--from SEED] [--class NAME] [--twice]`.
 *
 * To replay a seed that failed, in CI or here: `SIM_LOG=1 npm run simulate -- --seeds 1 --from SEED`. It does the same, callback
 * by callback, and SIM_LOG prints what each controller logs on the way. A seed means what it meant only with the same code: a change of
 * the simulation, or one more question to its random source, makes it another run. `--twice` proves that a seed replays.
 */
import { parseArgs } from 'node:util'
import { CLASSES, classOf } from './faults.ts'
import { simulate } from './simulator.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    class: { type: 'string', default: '' },
    twice: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const count = Number(values.seeds)
const began = performance.now()
const byClass = new Map(CLASSES.map(({ name }) => [name, { seeds: 0, failed: 0, ms: 0, landed: {} as Record<string, number> }]))
let failed = 0
let ran = 0
for (let seed = from; ran < count; seed++) {
  if (values.class !== '' && classOf(seed).name !== values.class) continue
  ran++
  const seedBegan = performance.now()
  const result = await simulate(seed)
  const totals = byClass.get(result.class)
  if (totals === undefined) throw new Error(`no class ${result.class}`)
  totals.seeds++
  totals.ms += performance.now() - seedBegan
  for (const [kind, times] of Object.entries(result.landed)) totals.landed[kind] = (totals.landed[kind] ?? 0) + times
  if (values.twice && (await simulate(seed)).trace !== result.trace)
    result.violations.push({ kind: 'REPLAY', detail: 'the second run differs' })
  if (result.violations.length === 0) continue
  failed++
  totals.failed++
  const first = result.violations.slice(0, 3).map(({ kind, detail }) => `${kind} ${detail}`)
  process.stdout.write(`seed ${seed} (${result.class}): ${first.join('\n  ')}\n`)
}
for (const [name, { seeds, failed: bad, ms, landed }] of byClass)
  if (seeds > 0)
    process.stdout.write(`${name}: ${seeds} seeds, ${bad} failed, ${(ms / seeds).toFixed(0)} ms each; ${JSON.stringify(landed)}\n`)
const seconds = (performance.now() - began) / 1000
process.stdout.write(`${count} seeds, ${failed} failed, ${seconds.toFixed(1)} s, ${Math.round((60 * count) / seconds)} seeds a minute\n`)
process.exitCode = failed === 0 ? 0 : 1
