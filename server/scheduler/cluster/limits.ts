/** Limits of what controllers ask of each other, each with its reason. */

/** A command waits so long for a leader: an election takes 2 s, a leader that was cut off is replaced in 4 s. */
export const COMMAND_WAIT_MS = 6_000
/** A command that a leader has taken is in its next commit, or the leader has died: its successor needs an election at most. */
export const CLAIMED_WAIT_MS = 10_000
/** The answer comes as a message; if that is lost, this look finds it. */
export const ANSWER_LOOK_MS = 250
/** Commands of this controller that wait at once; each is a row and an open request. */
export const COMMANDS_WAITING_MAX = 500
/** Commands that the leader takes at once, and carries out beside each other. */
export const COMMANDS_AT_ONCE = 64
/** A word that a command waits may be lost with a connection. */
export const CLAIM_LOOK_MS = 500
/** A question is answered from memory in milliseconds; it is asked again after this, since messages may be lost. */
export const QUESTION_REPEAT_MS = 1_000
export const QUESTION_WAIT_MS = 4_000
/** Different questions under way at once; the same question is asked once for all who wait. */
export const QUESTIONS_WAITING_MAX = 200
/** Live events per message between controllers. */
export const EVENTS_PER_MESSAGE = 500
/** After a message that could not be sent. */
export const RELAY_RETRY_MS = 500
