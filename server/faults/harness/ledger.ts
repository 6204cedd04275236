/**
 * The ledger and its checker. The ledger, not the product's database, says what ran.
 *
 * LOST: a task instance without a final state, or a success whose attempt wrote no `end`.
 * TWICE: an attempt that started twice, a start without a recorded attempt, or more than one attempt recorded as a success.
 * ORDER: a start before the end of something upstream.
 * OVERLAP: an attempt that starts, or writes, while another one of the same task instance is alive.
 * STUCK: a run that is not final at the deadline.
 */
import { readFileSync } from 'node:fs'
import type { DagShape } from './dagShapes.ts'

export interface LedgerLine {
  word: 'start' | 'end' | 'overlap'
  task: string
  attempt: number
  pid: number
  /** Wall clock in seconds. */
  at: number
}
export interface RecordedAttempt {
  attempt: number
  state: string
}
export interface RecordedTask {
  dag_id: string
  run_id: string
  task_id: string
  state: string
  attempts: RecordedAttempt[]
}
export interface Findings {
  tasks: number
  starts: number
  lost: string[]
  twice: string[]
  order: string[]
  overlap: string[]
  stuck: string[]
}

const FINAL = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'removed'])

export function taskKey(p: { dag_id: string; run_id: string; task_id: string }): string {
  return `${p.dag_id} ${p.run_id} ${p.task_id}`
}

export function readLedger(path: string): LedgerLine[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [word, dag, run, task, attempt, pid, , at] = line.split(' ')
      if (at === undefined || (word !== 'start' && word !== 'end' && word !== 'overlap'))
        throw new Error(`a broken line in the ledger: ${line}`)
      return { word, task: `${dag} ${run} ${task}`, attempt: Number(attempt), pid: Number(pid), at: Number(at) }
    })
}

/** `stuck`: runs that were not final at the deadline. */
export function checkLedger(p: {
  lines: LedgerLine[]
  dags: DagShape[]
  recorded: RecordedTask[]
  stuck: string[]
  lastAttemptOnly?: boolean
}): Findings {
  const found: Findings = { tasks: p.recorded.length, starts: 0, lost: [], twice: [], order: [], overlap: [], stuck: p.stuck }
  const recorded = new Map(p.recorded.map((task) => [taskKey(task), task]))
  const upstream = new Map(p.dags.flatMap((dag) => dag.tasks.map((task) => [`${dag.dag_id} ${task.task_id}`, task.upstream])))
  const started = new Set<string>()
  const ended = new Set<string>()
  const newest = new Map<string, number>()
  const done = new Set<string>()
  for (const line of p.lines) {
    const attempt = `${line.task} #${line.attempt}`
    if (line.word === 'overlap' || line.attempt < (newest.get(line.task) ?? 0)) found.overlap.push(attempt)
    else if (line.word === 'end') {
      ended.add(attempt)
      done.add(line.task)
    } else {
      found.starts += 1
      if (started.has(attempt)) found.twice.push(`${attempt} started twice`)
      if (recorded.get(line.task)?.attempts.some((known) => known.attempt === line.attempt) !== true)
        found.twice.push(`${attempt} is not recorded`)
      started.add(attempt)
      newest.set(line.task, line.attempt)
      const [dag, run, task] = line.task.split(' ')
      for (const name of upstream.get(`${dag} ${task}`) ?? [])
        if (!done.has(`${dag} ${run} ${name}`)) found.order.push(`${attempt} before ${name}`)
    }
  }
  for (const task of p.recorded) {
    const successes = task.attempts.filter((attempt) => attempt.state === 'success')
    if (successes.length > 1) found.twice.push(`${taskKey(task)} succeeded ${successes.length} times`)
    if (!FINAL.has(task.state)) found.lost.push(`${taskKey(task)} is ${task.state}`)
    else if (task.state === 'success' && !successes.some((attempt) => ended.has(`${taskKey(task)} #${attempt.attempt}`)))
      found.lost.push(`${taskKey(task)} is a success without an end`)
  }
  return found
}

/** Prints the counters as "x of N" and returns how many things are wrong. */
export function report(name: string, found: Findings, faults: { landed: number; planned: number }, more = ''): number {
  const { tasks } = found
  const counters = { LOST: found.lost, TWICE: found.twice, ORDER: found.order, OVERLAP: found.overlap, STUCK: found.stuck }
  const text = Object.entries(counters)
    .map(([word, list]) => `${word} ${list.length} of ${tasks}`)
    .join(', ')
  process.stdout.write(
    `${name}: ${text}; ${found.starts} starts; faults landed ${faults.landed} of ${faults.planned}${more === '' ? '' : `; ${more}`}\n`,
  )
  for (const [word, list] of Object.entries(counters)) for (const what of list.slice(0, 10)) process.stdout.write(`  ${word} ${what}\n`)
  return Object.values(counters).reduce((sum, list) => sum + list.length, 0)
}
