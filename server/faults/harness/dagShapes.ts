/**
 * Generated DAG files. Each task appends `start` and `end` lines to a ledger file outside the product's reach, each with one
 * O_APPEND write, so that the order of the file is the order of the events on the machine.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TaskShape {
  task_id: string
  kind: 'bash' | 'python'
  seconds: number
  upstream: string[]
}
export interface DagShape {
  dag_id: string
  retries: number
  tasks: TaskShape[]
}

/** 20 tasks: one, five beside each other, one, a chain of five, four beside each other, one, a chain of three. Every fourth is Python. */
export function standardDag(p: { dag_id: string; retries: number; random: () => number; seconds?: readonly [number, number] }): DagShape {
  const [least, most] = p.seconds ?? [0.05, 0.3]
  const tasks: TaskShape[] = []
  const add = (upstream: string[]): string => {
    const task_id = `t${tasks.length}`
    const seconds = Number((least + p.random() * (most - least)).toFixed(3))
    tasks.push({ task_id, kind: tasks.length % 4 === 3 ? 'python' : 'bash', seconds, upstream })
    return task_id
  }
  const chain = (from: string, length: number): string => Array.from({ length }).reduce<string>((last) => add([last]), from)
  const fan = (from: string, width: number): string => add(Array.from({ length: width }, () => add([from])))
  chain(fan(chain(fan(add([]), 5), 5), 4), 3)
  return { dag_id: p.dag_id, retries: p.retries, tasks }
}

/** One task, `width` beside each other, one. */
export function fanDag(p: { dag_id: string; width: number; retries?: number }): DagShape {
  const middle = Array.from({ length: p.width }, (_, i) => `m${i}`)
  const tasks: TaskShape[] = [
    { task_id: 'first', kind: 'bash', seconds: 0, upstream: [] },
    ...middle.map((task_id): TaskShape => ({ task_id, kind: 'bash', seconds: 0, upstream: ['first'] })),
    { task_id: 'last', kind: 'bash', seconds: 0, upstream: middle },
  ]
  return { dag_id: p.dag_id, retries: p.retries ?? 0, tasks }
}

/** Tasks beside each other that print a numbered line every 50 ms. */
export function longDag(p: { dag_id: string; tasks: number; seconds: number; retries?: number }): DagShape {
  const tasks = Array.from({ length: p.tasks }, (_, i): TaskShape => ({
    task_id: `long${i}`,
    kind: i % 2 === 0 ? 'bash' : 'python',
    seconds: p.seconds,
    upstream: [],
  }))
  return { dag_id: p.dag_id, retries: p.retries ?? 2, tasks }
}

export function writeDagFile(p: { folder: string; dag: DagShape; ledger: string }): void {
  const text = readFileSync(join(import.meta.dirname, 'ledgerDag.py'), 'utf8')
    .replaceAll('@LEDGER@', p.ledger)
    .replaceAll('@SHAPE@', () => JSON.stringify(p.dag))
    .replaceAll('@ACTIVE@', '1000')
  writeFileSync(join(p.folder, `${p.dag.dag_id}.py`), text)
}

/** Numbered lines that a task of `longDag` prints. */
export function linesOf(seconds: number): number {
  return Math.round(seconds / 0.05)
}
