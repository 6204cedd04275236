/** Errors of a controller that does not lead any more: another one reads the folder now. */
import { VortexError } from '#contract/errors.ts'

export function isStandby(error: unknown): boolean {
  return error instanceof VortexError && error.code === 'not_leader'
}

export function ignoreStandby(error: unknown): void {
  if (!isStandby(error)) throw error
}
