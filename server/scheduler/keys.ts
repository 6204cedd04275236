/** Text keys for maps and sets. */
import type { AttemptRef } from './ports.ts'

/** One attempt under one lease. */
export function dispatchKey(ref: AttemptRef): string {
  return `${ref.task_instance_id}:${ref.attempt}:${ref.lease_token}`
}
