/**
 * A server in use, to try pages and measurements on. Start it with the printed command.
 *
 *   node bench/seed/run.ts FOLDER [--dags 2000] [--tasks 5000] [--runs 100] [--instances 1000000] [--active 0.5] [--database-url URL] [--fresh]
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { clearFolder, seed } from './seed.ts'

const { values, positionals } = parseArgs({
  options: {
    dags: { type: 'string', default: '2000' },
    tasks: { type: 'string', default: '5000' },
    runs: { type: 'string', default: '100' },
    instances: { type: 'string', default: '1000000' },
    active: { type: 'string', default: '0.5' },
    'database-url': { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

function number(name: 'dags' | 'tasks' | 'runs' | 'instances' | 'active', least: number): number {
  const value = Number(values[name])
  if (!Number.isFinite(value) || value < least) throw new Error(`--${name} must be a number of at least ${least}, not "${values[name]}".`)
  return value
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const [given] = positionals
if (given === undefined) throw new Error('Say which folder to fill: node bench/seed/run.ts FOLDER')
const folder = resolve(given)
const database_url = values['database-url'] ?? null
if (values.fresh) clearFolder(folder)
else if (existsSync(join(folder, 'home'))) throw new Error(`${folder} is filled already. --fresh fills it anew.`)
const { home, dags_folder } = await seed({
  folder,
  database_url,
  dags: number('dags', 2),
  tasks: number('tasks', 1),
  runs: number('runs', 1),
  instances: number('instances', 0),
  active: number('active', 0),
  print,
})
const database = database_url === null ? '' : ` --database-url ${database_url}`
print(`node server/cli/main.ts server --data-folder ${home} --dags-folder ${dags_folder}${database}`)
