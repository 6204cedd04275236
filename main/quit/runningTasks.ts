/** Tasks that the local server runs now, and asking its workers to take no new ones. */
import type { LocalServer } from '../server/localServer.ts'

/** The server is on this machine; if it does not answer in this time, nothing of it can be asked. */
const ANSWER_MS = 3_000

/** 0 without a server; null if it does not answer, and tasks may run all the same. */
export async function runningTasks(server: LocalServer): Promise<number | null> {
  if (server.state.phase !== 'ready') return 0
  const status = await ask<{ running?: number }>(server, 'GET', '/api/swarm/status')
  return status?.running ?? null
}

export const drainWorkers = (server: LocalServer): Promise<void> => tellWorkers(server, 'drain')
export const resumeWorkers = (server: LocalServer): Promise<void> => tellWorkers(server, 'resume')

async function tellWorkers(server: LocalServer, word: 'drain' | 'resume'): Promise<void> {
  const workers = await ask<{ data: { worker_id: string; status: string }[] }>(server, 'GET', '/api/swarm/workers?limit=500')
  const wanted = (workers?.data ?? []).filter(({ status }) => status === (word === 'drain' ? 'active' : 'draining'))
  await Promise.all(wanted.map(({ worker_id }) => ask(server, 'POST', `/api/swarm/workers/${encodeURIComponent(worker_id)}/${word}`)))
}

async function ask<T>(server: LocalServer, method: string, path: string): Promise<T | null> {
  if (server.state.phase !== 'ready') return null
  try {
    const { url, key } = await server.upstream()
    const headers = { authorization: `Bearer ${key}`, accept: 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) })
    return answer.ok ? ((await answer.json()) as T) : null
  } catch {
    return null
  }
}
