/** What a reader of the live events needs to know beside their types. A file of its own: the page's worker reads nothing else of the contract. */

/** Path of the live-event stream; it is not in the table of operations because its answer never ends. */
export const EVENTS_PATH = '/api/events'
/** Name of the event that carries a beat. */
export const BEAT_EVENT = 'beat'
