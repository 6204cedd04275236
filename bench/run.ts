/**
 * `npm run bench [-- ROW ...] [--large] [--scale] [--json]`: the budgets, measured. Prints one line per figure: what, figure, goal, its
 * ratio to the raw limit of the same run, and whether the goal is met. Without names every row but the large ones, one after the other;
 * with --scale those of authoring at scale instead, which take half an hour.
 * Times are for a quiet machine; the load before each row is printed so that a reader can judge.
 */
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { buildServer } from '../scripts/build.ts'
import { testPython } from '../scripts/python.ts'
import type { Figure, Row } from './harness/row.ts'
import { chain, longChain } from './rows/chain.ts'
import { engine, enginePostgres } from './rows/engine.ts'
import { bashFanout, pythonFanout } from './rows/fanout.ts'
import { grid } from './rows/grid.ts'
import { idle } from './rows/idle.ts'
import { manyFiles, manyFolders } from './rows/manyFiles.ts'
import { mapped, mappedAgain } from './rows/mapped.ts'
import { parse } from './rows/parse.ts'
import { schedule } from './rows/schedule.ts'
import { sleeping } from './rows/sleeping.ts'
import { start } from './rows/start.ts'
import { swarm } from './rows/swarm.ts'
import { trigger, triggerLarge } from './rows/trigger.ts'
import { deferred, sensors } from './rows/waiting.ts'

const ROWS: readonly Row[] = [
  chain,
  longChain,
  bashFanout,
  pythonFanout,
  engine,
  enginePostgres,
  swarm,
  trigger,
  triggerLarge,
  schedule,
  start,
  idle,
  sleeping,
  parse,
  grid,
  mapped,
  mappedAgain,
  sensors,
  deferred,
  manyFiles,
  manyFolders,
]

interface Outcome {
  row: string
  /** One-minute load average before the row began. */
  load: number
  seconds: number
  figures: Figure[]
  /** Why there is no figure. */
  error: string | null
}

async function measure(row: Row): Promise<Outcome> {
  const load = loadavg()[0] ?? 0
  const began = performance.now()
  const outcome = { row: row.name, load }
  try {
    const figures = await row.run()
    return { ...outcome, seconds: (performance.now() - began) / 1000, figures, error: null }
  } catch (error) {
    return {
      ...outcome,
      seconds: (performance.now() - began) / 1000,
      figures: [],
      error: error instanceof Error ? error.message : String(error),
    }
  }
}

const COLUMNS = [58, 32, 28, 7, 6] as const
const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0)).join(' ')

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function printOutcome({ row, load, seconds, figures, error }: Outcome): void {
  if (error !== null) print(`${row}: NOT MEASURED after ${seconds.toFixed(0)} s: ${error}`)
  for (const { what, figure, goal, ratio, is_met, note } of figures) {
    print(line([what, figure, goal, ratio === null ? '-' : `${ratio.toFixed(2)} x`, is_met ? 'met' : 'SHORT', note]))
  }
  print(`  (${row}: ${seconds.toFixed(0)} s, load ${load.toFixed(1)})`)
}

function chosenRows(names: readonly string[], p: { large: boolean; scale: boolean }): readonly Row[] {
  const unknown = names.filter((name) => !ROWS.some((row) => row.name === name))
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}. Rows: ${ROWS.map(({ name }) => name).join(', ')}.`)
  if (names.length > 0) return ROWS.filter(({ name }) => names.includes(name))
  return ROWS.filter(({ is_large = false, is_scale = false }) => is_scale === p.scale && (!is_large || p.large))
}

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const rows = chosenRows(positionals, values)
testPython()
await buildServer()
if (!values.json) {
  print(
    `${new Date().toISOString().slice(0, 16)}Z, ${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${process.platform}`,
  )
  print(line(['what', 'figure', 'goal', 'ratio', '', 'raw limit, spread']))
}
const outcomes: Outcome[] = []
for (const row of rows) {
  const outcome = await measure(row)
  outcomes.push(outcome)
  if (!values.json) printOutcome(outcome)
}
if (values.json) print(JSON.stringify(outcomes, null, 2))
const figures = outcomes.flatMap((outcome) => outcome.figures)
if (!values.json) print(`${figures.filter(({ is_met }) => is_met).length} of ${figures.length} goals met`)
if (outcomes.some(({ error }) => error !== null)) process.exitCode = 1
process.exit()
