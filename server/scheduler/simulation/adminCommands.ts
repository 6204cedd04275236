/** What people do beside triggering and clearing: one random command of a simulation, counted if it was carried out. */
import type { EngineCommands } from '../ports.ts'
import type { Random } from './random.ts'
import { SIM_START } from './simClock.ts'
import type { SimDatabase } from './simStore.ts'
import { addVersion, randomDag } from './workload.ts'

export type Landed = Record<string, number>

interface World {
  commands: EngineCommands
  db: SimDatabase
  random: Random
  dag_id: string
  deleted: Set<string>
  landed: Landed
}

const actor = 'sim'
const HOUR_MS = 3_600_000

export async function adminCommand(world: World): Promise<void> {
  const kind = world.random.pick(Object.keys(KINDS))
  const done = await KINDS[kind]?.(world)
  if (done !== false) world.landed[kind] = (world.landed[kind] ?? 0) + 1
}

/** False = there was nothing to do it to. */
const KINDS: Record<string, (world: World) => Promise<unknown>> = {
  pause: ({ commands, dag_id }) => commands.dagSetPaused({ dag_id, paused: true, actor }),
  unpause: ({ commands, dag_id }) => commands.dagSetPaused({ dag_id, paused: false, actor }),
  cancel: (world) => onRun(world, (run) => world.commands.runCancel({ ...run, actor })),
  clear: (world) => onRun(world, (run) => world.commands.runClear({ ...run, options: {}, actor })),
  clearAll: (world) =>
    onRun(world, (run) =>
      world.commands.runClear({ ...run, options: { include_past: true, include_future: true, only_failed: true }, actor }),
    ),
  clearNewest: (world) =>
    onRun(world, (run) =>
      world.commands.runClear({ ...run, options: { version: 'newest', only_failed: world.random.chance(0.3) }, actor }),
    ),
  async runDelete(world) {
    return await onRun(world, async (run) => {
      // Known before it is asked for: the answer may be lost.
      world.deleted.add(`${run.dag_id} ${run.run_id}`)
      await world.commands.runDelete({ ...run, actor })
    })
  },
  async newVersion({ commands, db, random, dag_id }) {
    const dag = db.dags.get(dag_id)
    const old = dag === undefined ? undefined : db.versions.get(dag.dag_version_id)?.spec
    if (old === undefined) return false
    const made = randomDag(random, dag_id, false)
    const { timetable, schedule, start_date, end_date, catchup } = old
    addVersion(db, { ...made, timetable, schedule, start_date, end_date, catchup })
    const version = db.versions.get(dag?.dag_version_id ?? 0)
    if (dag === undefined || version === undefined) return false
    // As after a parse that the engine could not be told of: told again until it listens.
    await commands.dagsChanged({ changed: [structuredClone({ dag, version, is_new: false })], stale: [] })
    return true
  },
  backfill: ({ commands, random, dag_id }) =>
    commands.backfillCreate({
      dag_id,
      start_date: SIM_START - random.int(2, 5) * 60_000,
      end_date: SIM_START,
      max_active_runs: random.int(1, 3),
      reprocess: random.pick(['none', 'failed', 'completed']),
      run_backwards: random.chance(0.3),
      conf: {},
      dry_run: false,
      actor,
    }),
  async backfillState({ commands, db, random, dag_id }) {
    const open = [...db.backfills.values()].filter((row) => row.dag_id === dag_id && (row.state === 'running' || row.state === 'paused'))
    if (open.length === 0) return false
    await commands.backfillSetState({
      dag_id,
      backfill_id: random.pick(open).id,
      action: random.pick(['pause', 'resume', 'cancel']),
      actor,
    })
    return true
  },
  async pools({ commands, db, random }) {
    // The check takes the largest size that a pool ever had.
    const pools = db.pools.map((pool) => ({ ...pool, slots: pool.name === 'narrow' ? random.int(1, 2) : pool.slots }))
    await commands.poolsChanged({ pools })
  },
}

async function onRun({ db, random, dag_id }: World, use: (run: { dag_id: string; run_id: string }) => Promise<unknown>): Promise<boolean> {
  const runs = [...db.runs.values()].filter((run) => run.dag_id === dag_id && run.queued_time < SIM_START + HOUR_MS)
  if (runs.length === 0) return false
  await use({ dag_id, run_id: random.pick(runs.slice(-3)).run_id })
  return true
}
