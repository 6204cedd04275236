/** What people and parses do to a simulation: one random command at a time, counted if it was carried out. */
import type { DagSpec } from '#contract/dagSpec.ts'
import type { PoolRecord } from '#db/records.ts'
import type { EngineCommands } from '../ports.ts'
import { copyOf } from './copy.ts'
import type { Random } from './random.ts'
import { newOwner, SIM_START, type SimTime } from './simClock.ts'
import type { SimDatabase } from './simDatabase.ts'
import { addDag, addVersion, randomDag } from './workload.ts'

export type Landed = Record<string, number>

export interface World {
  /** The controller that is asked; not always the one that leads. Null = none is there. */
  asked: () => EngineCommands | null
  db: SimDatabase
  time: SimTime
  random: Random
  landed: Landed
  /** Triggers that were answered: "dag_id run_id". */
  acked: string[]
  /** What was asked to be deleted, before it was asked (the answer may be lost): "dag_id run_id", or "dag_id" for all of a DAG. */
  deleted: Set<string>
}

export type Command = (world: World, commands: EngineCommands, dag_id: string) => Promise<unknown>

const actor = 'sim'
const people = newOwner()
/** Pools as people have set them for now; what the database holds is the largest that each may have. */
export const narrowed = new WeakMap<SimDatabase, PoolRecord[]>()
/** A backlog of runs to choose from is not looked through: commands meet each other on the newest ones. */
const NEWEST = 3

export async function carryOut(world: World, kind: string, dag_id: string): Promise<void> {
  const commands = world.asked()
  const command = COMMANDS[kind]
  if (commands === null || command === undefined) return
  try {
    if ((await command(world, commands, dag_id)) !== false) count(world, kind)
  } catch {
    // Refused, or lost with its controller.
  }
}

export function count({ landed }: Pick<World, 'landed'>, kind: string): void {
  landed[kind] = (landed[kind] ?? 0) + 1
}

/** A parse tells the leader until it listens. */
export function tell(world: World, what: (commands: EngineCommands) => Promise<unknown>): void {
  const again = (): void => void world.time.schedule(people, 500, () => tell(world, what))
  const commands = world.asked()
  if (commands === null) return again()
  what(commands).catch(again)
}

/** Each returns false if there was nothing to do it to. */
export const COMMANDS: Record<string, Command> = {
  async trigger(world, commands, dag_id) {
    const { random } = world
    const run_id = random.chance(0.5) ? `r${random.int(1, 30)}` : null
    const logical_date = random.chance(0.2) ? SIM_START - random.int(1, 9) * 60_000 : null
    const run = await commands.dagTrigger({ dag_id, conf: {}, logical_date, run_id, note: null, actor })
    world.acked.push(`${run.dag_id} ${run.run_id}`)
  },
  pause: (_, commands, dag_id) => commands.dagSetPaused({ dag_id, paused: true, actor }),
  unpause: (_, commands, dag_id) => commands.dagSetPaused({ dag_id, paused: false, actor }),
  cancel: (world, commands, dag_id) => onRun(world, dag_id, (run) => commands.runCancel({ ...run, actor })),
  restart: (world, commands, dag_id) =>
    onRun(world, dag_id, async (run) => {
      await commands.runCancel({ ...run, actor }).catch(() => undefined)
      await commands.runClear({ ...run, options: {}, actor })
    }),
  clear: (world, commands, dag_id) => onRun(world, dag_id, (run) => commands.runClear({ ...run, options: {}, actor })),
  clearTask: (world, commands, dag_id) =>
    onTask(world, dag_id, (task) =>
      commands.runClear({
        dag_id,
        run_id: task.run_id,
        options: {
          task_ids: [task.task_id],
          include_downstream: world.random.chance(0.7),
          include_upstream: world.random.chance(0.2),
          only_failed: world.random.chance(0.3),
        },
        actor,
      }),
    ),
  clearAll: (world, commands, dag_id) =>
    onRun(world, dag_id, (run) =>
      commands.runClear({ ...run, options: { include_past: true, include_future: true, only_failed: true }, actor }),
    ),
  clearNewest: (world, commands, dag_id) =>
    onRun(world, dag_id, (run) =>
      commands.runClear({ ...run, options: { version: 'newest', only_failed: world.random.chance(0.3) }, actor }),
    ),
  markTask: (world, commands, dag_id) =>
    onTask(world, dag_id, (task) =>
      commands.taskInstanceMark({ dag_id, ...task, state: world.random.pick(['success', 'failed', 'skipped']), actor }),
    ),
  markRun: (world, commands, dag_id) =>
    onRun(world, dag_id, (run) => commands.runMark({ ...run, state: world.random.pick(['success', 'failed']), actor })),
  runDelete: (world, commands, dag_id) =>
    onRun(world, dag_id, async (run) => {
      world.deleted.add(`${run.dag_id} ${run.run_id}`)
      await commands.runDelete({ ...run, actor })
    }),
  dagDelete: (world, commands, dag_id) => deleteDag(world, commands, dag_id),
  newVersion: (world, _, dag_id) => newVersion(world, dag_id),
  stale: (world, _, dag_id) => goStale(world, dag_id),
  backfill: ({ random }, commands, dag_id) =>
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
  async backfillState({ db, random }, commands, dag_id) {
    const open = [...db.backfills.values()].filter((row) => row.dag_id === dag_id && (row.state === 'running' || row.state === 'paused'))
    if (open.length === 0) return false
    const action = random.pick(['pause', 'resume', 'cancel'] as const)
    return await commands.backfillSetState({ dag_id, backfill_id: random.pick(open).id, action, actor })
  },
  async pools({ db, random }, commands) {
    // The check takes the largest size that a pool ever had.
    const pools = db.pools.map((pool) => ({ ...pool, slots: pool.name === 'narrow' ? random.int(1, 2) : pool.slots }))
    narrowed.set(db, pools)
    await commands.poolsChanged({})
  },
}

async function onRun(
  { db, random }: World,
  dag_id: string,
  use: (run: { dag_id: string; run_id: string }) => Promise<unknown>,
): Promise<boolean> {
  const runs = [...db.runs.values()].filter((run) => run.dag_id === dag_id)
  if (runs.length === 0) return false
  await use({ dag_id, run_id: random.pick(runs.slice(-NEWEST)).run_id })
  return true
}

async function onTask(
  { db, random }: World,
  dag_id: string,
  use: (task: { run_id: string; task_id: string; map_index: number }) => Promise<unknown>,
): Promise<boolean> {
  const runs = [...db.runs.values()].filter((run) => run.dag_id === dag_id).slice(-NEWEST)
  const rows = [...db.instances.values()].filter(({ dag_run_id }) => runs.some(({ id }) => id === dag_run_id))
  if (rows.length === 0) return false
  const { dag_run_id, task_id, map_index } = random.pick(rows)
  await use({ run_id: db.runs.get(dag_run_id)?.run_id ?? '', task_id, map_index })
  return true
}

/** Cancels what is active, deletes at once (processes are still dying), and soon the file is parsed again. */
async function deleteDag(world: World, commands: EngineCommands, dag_id: string): Promise<boolean> {
  const { db, time, random } = world
  const dag = db.dags.get(dag_id)
  const spec = dag === undefined ? undefined : db.versions.get(dag.dag_version_id)?.spec
  if (spec === undefined) return false
  world.deleted.add(dag_id)
  const again = (): void => {
    if (db.dags.has(dag_id)) return
    const made = addDag(db, likeBefore(random, spec), newVersionId(db))
    tell(world, (asked) => asked.dagsChanged({ changed: [copyOf({ ...made, is_new: true })], stale: [] }))
  }
  time.schedule(people, random.int(1, 5000), again)
  for (const run of db.runs.values())
    if (run.dag_id === dag_id && (run.state === 'queued' || run.state === 'running'))
      await commands.runCancel({ dag_id, run_id: run.run_id, actor }).catch(() => undefined)
  await commands.dagDelete({ dag_id, actor })
  return true
}

function newVersion(world: World, dag_id: string): Promise<boolean> {
  const { db, random } = world
  const dag = db.dags.get(dag_id)
  const old = dag === undefined ? undefined : db.versions.get(dag.dag_version_id)?.spec
  if (dag === undefined || old === undefined) return Promise.resolve(false)
  addVersion(db, likeBefore(random, old), newVersionId(db))
  tellOf(world, dag_id)
  return Promise.resolve(true)
}

/** The file is gone for a while. */
function goStale(world: World, dag_id: string): Promise<boolean> {
  const { db, time, random } = world
  const dag = db.dags.get(dag_id)
  if (dag === undefined) return Promise.resolve(false)
  dag.is_stale = true
  tell(world, (asked) => asked.dagsChanged({ changed: [], stale: [dag_id] }))
  time.schedule(people, random.int(10, 10_000), () => {
    const now = db.dags.get(dag_id)
    if (now !== undefined) now.is_stale = false
    tellOf(world, dag_id)
  })
  return Promise.resolve(true)
}

/** Tells of the newest version of a DAG. */
export function tellOf(world: World, dag_id: string): void {
  const { db } = world
  tell(world, async (asked) => {
    const dag = db.dags.get(dag_id)
    const version = dag === undefined ? undefined : db.versions.get(dag.dag_version_id)
    if (dag !== undefined && version !== undefined)
      await asked.dagsChanged({ changed: [copyOf({ dag, version, is_new: false })], stale: [] })
  })
}

/** Other tasks and limits under the same schedule. */
function likeBefore(random: Random, old: DagSpec): DagSpec {
  const { dag_id, timetable, schedule, start_date, end_date, catchup } = old
  return { ...randomDag(random, { dag_id, isScheduled: false, isCalm: false }), timetable, schedule, start_date, end_date, catchup }
}

function newVersionId(db: SimDatabase): number {
  return (db.lastVersionId += 1)
}
