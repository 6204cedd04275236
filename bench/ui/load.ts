/** A server that runs so many tasks a second: a DAG of no-op bash tasks, triggered at a steady pace. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DagRun } from '../../server/contract/dagRun.ts'
import { fanoutFile, NOOP_BASH } from '../harness/dagFiles.ts'
import type { Server } from '../harness/server.ts'

export const LOAD_DAG = 'load'
export const TASKS_PER_RUN = 100

export const loadFile = (): string =>
  fanoutFile({ dag_id: LOAD_DAG, tasks: TASKS_PER_RUN, task: NOOP_BASH }).replace('schedule=None', 'schedule=None, max_active_runs=8')

/** Triggers runs until it is stopped; when more than a few wait, the server is at its limit and the pace is kept back. */
export function startLoad(server: Server, tasks_per_second: number): { stop(): Promise<void> } {
  let isOn = true
  const every_ms = (TASKS_PER_RUN / tasks_per_second) * 1_000
  const work = async (): Promise<void> => {
    for (let due = performance.now(); isOn; due += every_ms) {
      const wait = due - performance.now()
      if (wait > 0) await sleep(wait)
      else if (wait < -2_000) due = performance.now()
      const { total } = await server.call<{ total: number }>('GET', `/api/dags/${LOAD_DAG}/runs?state=running&limit=1`)
      if (total < 8) await server.call<DagRun>('POST', `/api/dags/${LOAD_DAG}/trigger`, {})
    }
  }
  const done = work()
  return {
    stop: async () => {
      isOn = false
      await done
    },
  }
}

/** Tasks of the load that have ended so far. */
export async function tasksEnded(server: Server): Promise<number> {
  const { total } = await server.call<{ total: number }>('GET', `/api/dags/${LOAD_DAG}/runs?state=success&limit=1`)
  return total * TASKS_PER_RUN
}
