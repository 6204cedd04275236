/**
 * Limits of the API, the live events and the vault, each with its reason. Limits of other parts live beside those parts.
 */

/** Largest request body. The seed's limit; a conf, a variable (1 MiB) and its JSON escapes fit. */
export const BODY_BYTES_MAX = 2 * 1024 * 1024
/** Longest path parameter. Keys have up to 250 characters, percent-encoded in up to three. */
export const PATH_PARAM_MAX = 750
/** Nesting of a conf. Deeper JSON overflows the stack of everything that walks it recursively, Python's included. */
export const CONF_DEPTH_MAX = 64
/** A request must have arrived whole by then, so that slow senders cannot hold sockets. */
export const REQUEST_TIMEOUT_MS = 30_000
/** Retry-After of a passing failure of the database or of leadership: both mend within a few seconds or not at all. */
export const UNAVAILABLE_RETRY_SECONDS = 2
/** The health page answers by then even if the database hangs. */
export const HEALTH_PING_MS = 2_000
/** What the seed's log route returns: the end of the log, as much as a terminal shows in reasonable time. */
export const LOG_TAIL_BYTES = 1024 * 1024

/** Bytes of a log that one call reads through for its index of lines: about 0.15 s, in pieces of a fraction of a millisecond. */
export const LOG_INDEX_CALL_BYTES = 128 * 1024 * 1024
/** Bytes of a log that one call searches: at worst, with each line decoded for its level, about a second in pieces of 3 ms. */
export const LOG_SEARCH_CALL_BYTES = 64 * 1024 * 1024
/** Text of the matches that one answer carries. */
export const LOG_MATCH_BYTES_MAX = 1024 * 1024
/** Logs that are read through side by side. */
export const LOG_SCANS_MAX = 2
/** Indexes of lines kept: 64 KB for a gigabyte of log. */
export const LOG_INDEXES_KEPT = 64

/** A session ends after this long without a request ... */
export const SESSION_IDLE_MS = 12 * 3_600_000
/** ... and in any case after this long. */
export const SESSION_LIFE_MS = 30 * 24 * 3_600_000
/** Sessions and API keys note their last use at most this often, so that reading costs no write. */
export const TOUCH_INTERVAL_MS = 60_000
/** A one-time sign-in link is for the person who reads it now. */
export const LOGIN_LINK_LIFE_MS = 15 * 60_000
/** API keys of one user: more than any set of scripts needs, few enough to list. */
export const API_KEYS_PER_USER = 100
/** An API key made at sign-in with issue_api_key ends by itself. */
export const SIGN_IN_KEY_LIFE_MS = 90 * 24 * 3_600_000

/** Password hashes computed at once: each takes 128 MiB and half a core for about 0.4 s. */
export const PASSWORD_JOBS_MAX = 2
/** Password hashes that may wait; a longer queue would answer after the browser gave up. */
export const PASSWORD_QUEUE_MAX = 16
/** Failures that are free: people mistype. */
export const LOGIN_FREE_FAILURES = 5
/** Failures from one address over all accounts that are free: offices share addresses. */
export const LOGIN_FREE_FAILURES_ADDRESS = 30
/** Failures of one account over all addresses that are free; addresses that signed in before are not held by it. */
export const LOGIN_FREE_FAILURES_ACCOUNT = 50
/** Longest wait after a failed sign-in: a guesser gets 1,440 tries a day, and nobody is locked out for ever. */
export const LOGIN_WAIT_MAX_MS = 60_000
/** Failures are forgotten after this long without another one. */
export const LOGIN_FORGET_MS = 15 * 60_000
/** Accounts and addresses remembered by the throttle; the oldest are forgotten first. */
export const LOGIN_TRACKED_MAX = 10_000

/** Events kept for clients that resume: at 300 tasks/s (3 events each, coalesced) about 10 s to several minutes. */
export const EVENTS_KEPT = 10_000
/** Changes of one object within this time leave as one event: below what an eye notices. */
export const EVENTS_COALESCE_MS = 50
/** Open event streams; each costs a socket and a buffer. Browsers open one per tab. */
export const EVENT_CLIENTS_MAX = 500
/** Of one user: more tabs than anybody looks at, and ten such users still fit. */
export const EVENT_USER_CLIENTS_MAX = 50
/** Written to one client at once; a slower client reads on from the ring when its socket has drained. */
export const EVENT_WRITE_BYTES = 256 * 1024
/** Comment that keeps proxies from closing the stream; sessions are checked again at the same time. */
export const EVENT_HEARTBEAT_MS = 15_000
/** A client whose socket takes nothing for so many heartbeats is gone. */
export const EVENT_STALLED_BEATS = 4

/** DAG versions kept parsed; a spec of 5,000 tasks is about 10 MB of objects. */
export const VERSIONS_CACHED = 16
/** Task instances in one answer of the grid: about 3 MB, and 0.2 s of two readers. The page then ends early. */
export const GRID_CELLS_MAX = 600_000
/** Task instances that one call to the store reads for the grid: about 10 ms of a reader, so that others come between. */
export const GRID_SLICE_CELLS = 25_000
/** Versions, and sets of versions, whose rows are kept: a megabyte each for 5,000 tasks. */
export const GRID_ROWS_CACHED = 8
/** Finished runs whose cells are kept, and task instances of each at most: 6 bytes a cell, so some 20 MB. */
export const GRID_RUNS_KEPT = 400
export const GRID_KEPT_CELLS_MAX = 8_000
/** Compiled parameter schemas kept. */
export const PARAM_SCHEMAS_CACHED = 500
/** Time for one `pattern` of an author's parameter schema: a runaway expression must not hold the controller. */
export const PATTERN_MS = 50

/** Static files larger than this are not part of a built renderer. */
export const STATIC_FILE_BYTES_MAX = 32 * 1024 * 1024
