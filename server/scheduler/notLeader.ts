/** What a command is told when its controller stops leading before it is done. */
import { VortexError } from '#contract/errors.ts'

/** `unchanged`: nothing of it has happened, so it may be tried again elsewhere; `unknown`: only the database knows. */
export function notLeader(outcome: 'unchanged' | 'unknown'): VortexError {
  const message =
    outcome === 'unchanged'
      ? 'This controller lost the leadership; nothing was changed. Try again.'
      : 'The leadership changed while this was being stored, so it may have been carried out or not. Look before you try again.'
  return new VortexError('not_leader', message, { outcome })
}
