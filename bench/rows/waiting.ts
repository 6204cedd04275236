/**
 * Tasks that wait: 10,000 sensors in mode "reschedule" that poke once a minute, and 10,000 deferred tasks. Beside them a short task must
 * start as on an idle server; then the controller is killed and started again, and its worker is killed.
 */
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import type { Worker } from '../../server/contract/admin.ts'
import { chainFile, readLedger } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Figure, Row } from '../harness/row.ts'
import { sized } from '../harness/scale.ts'
import { type Server, startServer } from '../harness/server.ts'
import { median, percentile, show } from '../harness/statistics.ts'
import { secondsByPart, showUse, type Use, using, workerPid } from '../harness/usage.ts'
import { deferredFile, sensorFile } from '../harness/waitingFiles.ts'

const PATIENCE_MS = 1_800_000
const WATCHED_MS = 60_000
const SHORT_EVERY_MS = 1_000
const SHORT = 'one'
const POKE_S = 60
/** Quiet: everything together takes less than this share of a core. */
const QUIET_SHARE = 0.1

interface Waiting {
  what: string
  dags: number
  tasks: number
  text: string
  /** Rows of task_instances that wait. */
  isWaiting: string
  cpuGoal: number
}

interface Place {
  home: string
  dags: string
  ledger: string
}

function count(home: string, sql: string): number {
  const db = new SqliteDatabase(join(home, 'vortex.db'), { readonly: true })
  try {
    return Number((db.prepare(sql).get() as { n: number }).n)
  } finally {
    db.close()
  }
}
const instances = (home: string, where: string): number => count(home, `SELECT count(*) AS n FROM task_instances WHERE ${where}`)

async function reached(what: string, isThere: () => boolean | Promise<boolean>, every_ms = 250): Promise<number> {
  const began = performance.now()
  for (; performance.now() - began < PATIENCE_MS; await sleep(every_ms)) if (await isThere()) return (performance.now() - began) / 1000
  throw new Error(`Not reached in ${PATIENCE_MS / 1000} s: ${what}.`)
}

/** From the trigger call to the first instruction of the task, so often within the time. */
async function shortTasks(server: Server, ledger: string, for_ms: number): Promise<{ times: number[]; slots: number }> {
  const times: number[] = []
  let slots = 0
  for (const end = performance.now() + for_ms; performance.now() < end; await sleep(SHORT_EVERY_MS)) {
    const workers = (await server.call<{ data: Worker[] }>('GET', '/api/swarm/workers')).data
    slots = Math.max(slots, ...workers.map(({ active_tasks }) => active_tasks))
    rmSync(ledger, { force: true })
    const { run, sent_monotonic } = await server.trigger(SHORT)
    await server.ended(run, 20)
    times.push((readLedger(ledger)[0]?.began_ms ?? Number.NaN) - sent_monotonic)
  }
  return { times, slots }
}

const total = (use: Use): number => Object.values(use.seconds).reduce((sum, one) => sum + one, 0) / use.wall_s
const shown = (times: readonly number[]): string => `p50 ${show(median(times), 'ms')}, max ${show(percentile(times, 1), 'ms')}`

/** Seconds until everything together is quiet for two seconds. */
async function quiet(server: Server): Promise<number> {
  const sum = (): number => Object.values(secondsByPart(server)).reduce((all, one) => all + one, 0)
  const began = performance.now()
  let before = sum()
  for (; performance.now() - began < PATIENCE_MS;) {
    await sleep(2_000)
    const now = sum()
    if (now - before < 2 * QUIET_SHARE) return (performance.now() - began) / 1000 - 2
    before = now
  }
  throw new Error('It never became quiet.')
}

async function fill(server: Server, place: Place, p: Waiting): Promise<{ seconds: number; use: Use }> {
  await server.dagsKnown(p.dags + 1)
  const { result, use } = await using(server, async () => {
    for (let i = 0; i < p.dags; i++) await server.trigger(`${p.what}_${i}`)
    return await reached(`all ${p.what} wait`, () => instances(place.home, p.isWaiting) >= p.dags * p.tasks)
  })
  return { seconds: result, use }
}

async function watched(server: Server, place: Place, p: Waiting): Promise<Figure[]> {
  const rows = (): number => count(place.home, 'SELECT count(*) AS n FROM ledger')
  const before = { rows: rows(), bytes: statSync(join(place.home, 'vortex.db')).size }
  const { result, use } = await using(server, () => shortTasks(server, place.ledger, WATCHED_MS))
  const grown = { rows: rows() - before.rows, bytes: statSync(join(place.home, 'vortex.db')).size - before.bytes }
  const share = total(use)
  return [
    {
      what: `${p.dags * p.tasks} ${p.what} wait: processor time`,
      figure: show(share * 100, '% of a core'),
      goal: `<= ${p.cpuGoal * 100} %`,
      ratio: null,
      is_met: share <= p.cpuGoal,
      note: `${show(use.wall_s, 's')}: ${showUse(use)}; database +${show(grown.bytes / 1e6, 'MB')}, ledger +${grown.rows}; slots held at most ${result.slots}`,
    },
    {
      what: `${p.dags * p.tasks} ${p.what} wait: trigger call to start of a short task`,
      figure: shown(result.times),
      goal: 'p50 <= 50 ms',
      ratio: null,
      is_met: median(result.times) <= 50,
      note: `${result.times.length} calls`,
    },
  ]
}

/** What a restart of the controller costs, and a death of the worker. */
async function restarts(first: Server, place: Place, p: Waiting): Promise<{ figures: Figure[]; server: Server }> {
  await first.kill()
  const server = await startServer(place)
  const after = await using(server, () => shortTasks(server, place.ledger, 20_000))
  const figures: Figure[] = [
    {
      what: `${p.dags * p.tasks} ${p.what} wait: controller killed, ready again`,
      figure: show(server.ready_ms, 'ms'),
      goal: '<= 2 s',
      ratio: null,
      is_met: server.ready_ms <= 2_000,
      note: `without any waiting ${show(first.ready_ms, 'ms')}; short tasks of the 20 s after it ${shown(after.result.times)}; ${showUse(after.use)}`,
    },
  ]
  const pid = workerPid(server)
  if (pid === null) throw new Error('There is no worker.')
  process.kill(pid, 'SIGKILL')
  const died = await using(server, () => shortTasks(server, place.ledger, 20_000))
  figures.push({
    what: `${p.dags * p.tasks} ${p.what} wait: worker killed`,
    figure: shown(died.result.times),
    goal: 'max <= 12 s',
    ratio: null,
    is_met: percentile(died.result.times, 1) <= 12_000,
    note: `short tasks of the 20 s after it; ${showUse(died.use)}`,
  })
  return { figures, server }
}

/** The file that a third of the deferred tasks wait for appears: they all must go on. */
async function arrival(server: Server, place: Place, p: Waiting): Promise<Figure> {
  const quiet_s = await quiet(server)
  const waiting = Math.ceil(p.tasks / 3) * p.dags
  writeFiles(place.home, { [ARRIVAL]: '' })
  const { result, use } = await using(server, () =>
    reached(
      'all that waited for the file went on',
      () => instances(place.home, `state = 'success' AND task_id LIKE 't%' AND try_number > 1`) >= waiting,
    ),
  )
  return {
    what: `${p.what}: ${waiting} wait for one file, all are through`,
    figure: show(result, 's'),
    goal: `${show(10 + waiting / 50, 's')}`,
    ratio: null,
    is_met: result <= 10 + waiting / 50,
    note: `they look every ${FILE_POKE_S} s; quiet ${show(quiet_s, 's')} after the worker's death; ${showUse(use)}`,
  }
}

const ARRIVAL = 'arrived'
const FILE_POKE_S = 5

function row(name: string, make: (home: string) => Waiting, isArriving: boolean): Row {
  return {
    name,
    is_scale: true,
    run: () =>
      withFolder(async (folder) => {
        const [ledger, home] = [join(folder, 'ledger'), join(folder, 'home')]
        const p = make(home)
        const one = chainFile({ dag_id: SHORT, tasks: 1, fibo: 1, ledger })
        const place = { home, ledger, dags: writeFiles(join(folder, 'dags'), { 'one.py': one, 'waiting.py': p.text }) }
        let server = await startServer(place)
        try {
          const filled = await fill(server, place, p)
          const figures: Figure[] = [
            {
              what: `${p.dags} x ${p.tasks} ${p.what}: until all wait`,
              figure: show(filled.seconds, 's'),
              goal: `<= ${show((p.dags * p.tasks) / 60, 's')}`,
              ratio: null,
              is_met: filled.seconds <= (p.dags * p.tasks) / 60,
              note: showUse(filled.use),
            },
            ...(await watched(server, place, p)),
          ]
          const after = await restarts(server, place, p)
          server = after.server
          figures.push(...after.figures)
          if (isArriving) figures.push(await arrival(server, place, p))
          return figures
        } finally {
          await server.stop()
        }
      }),
  }
}

export const sensors = row(
  'sensors',
  () => {
    const size = { dags: 100, tasks: sized(100) }
    return {
      ...size,
      what: 'sensors',
      text: sensorFile({ ...size, poke_s: POKE_S }),
      isWaiting: `try_number > 0 AND task_id LIKE 't%'`,
      cpuGoal: 1,
    }
  },
  false,
)

export const deferred = row(
  'deferred',
  (home) => {
    const size = { dags: 10, tasks: sized(1_000) }
    const text = deferredFile({ ...size, file: join(home, ARRIVAL), poke_s: FILE_POKE_S })
    return { ...size, what: 'deferred', text, isWaiting: `state = 'deferred'`, cpuGoal: 0.3 }
  },
  true,
)
