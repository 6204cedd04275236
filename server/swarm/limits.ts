/** Limits of the swarm's language, each with its reason. Both ends use them; the ones that bind both are in swarm.proto too. */
import type { ChannelOptions } from '@grpc/grpc-js'

/** Version of the protocol that this build speaks. */
export const PROTOCOL = 1
/** Largest message. The largest item, an XCom of 24 MiB, fits with room for its frame. */
export const MESSAGE_BYTES_MAX = 32 * 1024 * 1024
/** XComs of one report together, and the answer to one request. */
export const XCOM_BYTES_MAX = 24 * 1024 * 1024
/** The answer to one request as JSON, in which a value that is JSON itself may take twice its bytes; and a job. */
export const ANSWER_BYTES_MAX = 30 * 1024 * 1024
/** A frame closes at this size: larger ones save nothing and delay the heartbeat behind them. */
export const FRAME_BYTES_MAX = 1024 * 1024
/** Items of one frame: decoding so many takes a few milliseconds of the other end's event loop. */
export const FRAME_ITEMS_MAX = 512
/** Unacknowledged log bytes of a worker; at 10 ms per store round trip this is 400 MB/s. */
export const LOG_WINDOW_BYTES = 4 * 1024 * 1024
/** One piece of a log. */
export const LOG_CHUNK_BYTES = 128 * 1024
/** About what a mark of when a line came takes; it counts as so many bytes of its log in a frame, and in what waits for the store. */
export const LOG_TIME_BYTES = 16
/** A log up to this size that comes whole is stored in one write; four pages of a database. */
export const SHORT_LOG_BYTES = 16 * 1024
/** Unacknowledged bytes of reports of a worker. */
export const REPORT_WINDOW_BYTES = 64 * 1024 * 1024
/** One piece of a bundle's file. */
export const BUNDLE_CHUNK_BYTES = 256 * 1024
/** Files of a bundle; a bundle is one DAG file with the local modules that it imports. */
export const BUNDLE_FILES_MAX = 10_000
/** Whole size of a bundle. */
export const BUNDLE_BYTES_MAX = 512 * 1024 * 1024

/** A worker that keeps its window never makes the controller stop reading; beyond twice the windows the controller does. */
export const LOG_HELD_BYTES_MAX = 2 * LOG_WINDOW_BYTES
export const REPORT_HELD_BYTES_MAX = 2 * REPORT_WINDOW_BYTES
/** What may wait for a worker that reads slowly; more means that it does not read, and it is disconnected. */
export const OUTBOX_BYTES_MAX = 256 * 1024 * 1024
export const OUTBOX_ITEMS_MAX = 50_000
/** Workers at once: each costs a socket, a heartbeat every 1.5 s and some 50 KB. */
export const SESSIONS_MAX = 1_000
/** A session and a few bundle fetches; the rest of a flood is refused by HTTP/2 itself. */
export const STREAMS_PER_CONNECTION_MAX = 32
/** A stream that does not say hello by then is ended. */
export const HELLO_WAIT_MS = 10_000
/** Attempts of one worker at once: as many as the configuration allows. */
export const CAPACITY_MAX = 10_000
/** Attempts in a hello: what a worker of the largest capacity holds, with its prefetched ones and unfinished logs. */
export const HELD_MAX = 50_000
/** Requests of one worker that are answered side by side (each may yield XCOM_BYTES_MAX), and that may wait for it. */
export const REQUESTS_ACTIVE_MAX = 8
export const REQUESTS_WAITING_MAX = 10_000
/** Live events of one attempt's log: ten a second is what an eye can follow. */
export const LOG_EVENT_INTERVAL_MS = 100

/** Options of both ends. The heartbeat notices a dead peer first; keepalive serves streams without heartbeats (bundles). */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
}
/** While more than this waits for a worker, its next requests wait too. */
export const OUTBOX_BUSY_BYTES = 8 * 1024 * 1024
