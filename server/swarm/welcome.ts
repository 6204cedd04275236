/** What a hello's attempts and logs are to this controller. */
import type { AttemptRef, WorkerHello } from '#scheduler/ports.ts'
import type { Store } from '#db/store.ts'
import { refKey } from './codec.ts'
import type { LogAck } from './gen/vortex/swarm/v1/swarm.ts'
import type { HeldAttempts } from './heldAttempts.ts'

export interface HelloLogs {
  hello: WorkerHello
  open_logs: AttemptRef[]
  unknown: AttemptRef[]
  held: HeldAttempts
  store: Pick<Store, 'logStat' | 'attemptList'>
}

/**
 * Notes which attempts the worker holds, and returns for each open log how much of it is stored. An attempt that the engine
 * does not know as alive may still report: a killed one is over only when its end is known, and the engine compares leases.
 */
export async function readHello({ hello, open_logs, unknown, held, store }: HelloLogs): Promise<LogAck[]> {
  const strangers = new Set(unknown.map(refKey))
  for (const ref of hello.held) {
    const isAlive = !strangers.has(refKey(ref))
    held.add(ref, { canReport: true, canAsk: isAlive, canLog: isAlive })
  }
  const acks: LogAck[] = []
  for (const ref of open_logs) {
    const { task_instance_id, attempt } = ref
    const entry = held.get(ref)
    const isMine = entry?.canLog === true || (await wasGiven(store, ref))
    const log = isMine ? await store.logStat({ task_instance_id, attempt }) : null
    const complete = !isMine || log?.complete === true
    acks.push({ ref, stored: log?.size ?? 0, complete })
    if (complete && entry !== undefined) held.logComplete(entry)
    // An attempt that ended, or that was fenced: its log up to here is still worth reading.
    else if (!complete) held.add(ref, { canReport: false, canAsk: false, canLog: true }).canLog = true
  }
  return acks
}

/** True if this lease of the attempt was given out. */
async function wasGiven(store: Pick<Store, 'attemptList'>, ref: AttemptRef): Promise<boolean> {
  const attempts = await store.attemptList({ task_instance_id: ref.task_instance_id })
  return attempts.some(({ attempt, lease_token }) => attempt === ref.attempt && lease_token === ref.lease_token)
}
