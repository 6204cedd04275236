/** Pools, variables, users, API keys and workers as the contract's shapes. */
import type { ApiKey, LiveTasks, Pool, User, Variable, Worker } from '#contract/admin.ts'
import type { ApiKeyRecord, PoolRecord, UserRecord, VariableRecord } from '#db/records.ts'
import type { EngineQueries, PoolUsage, WorkerView } from '#scheduler/ports.ts'
import { isSensitiveName } from '#domain/sensitiveNames.ts'
import { iso, isoOrNull } from './instant.ts'

export function presentPool(pool: PoolRecord, usage: PoolUsage | undefined): Pool {
  const { running = 0, queued = 0, deferred = 0, waiting = 0 } = usage ?? {}
  const { name, slots, description, include_deferred } = pool
  const occupied_slots = running + queued + (include_deferred ? deferred : 0)
  return { name, slots, description, include_deferred, occupied_slots, running_slots: running, queued_slots: queued, waiting }
}

export function presentVariable(variable: VariableRecord): Variable {
  const { key, value, description, updated_at } = variable
  return { key, value: isSensitiveName(key) ? null : value, description, updated_at: iso(updated_at) }
}

export function presentUser(user: UserRecord): User {
  return { username: user.username, role: user.role, created_at: iso(user.created_at), last_login_at: isoOrNull(user.last_login_at) }
}

export function presentApiKey(record: ApiKeyRecord): ApiKey {
  const { id, username, name, prefix } = record
  return {
    id,
    username,
    name,
    prefix,
    created_at: iso(record.created_at),
    expires_at: isoOrNull(record.expires_at),
    last_used_at: isoOrNull(record.last_used_at),
  }
}

export function presentWorker(worker: WorkerView): Worker {
  return { ...worker, last_heartbeat: iso(worker.last_heartbeat), connected_at: iso(worker.connected_at) }
}

export function presentLiveTasks({ tasks, total }: ReturnType<EngineQueries['liveTasks']>): LiveTasks {
  return { data: tasks.map((task) => ({ ...task, since: isoOrNull(task.since) })), total }
}
