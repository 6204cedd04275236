/**
 * `GET /api/events`: live events as server-sent events.
 *
 * A client reads on from the bus's ring at its own pace: nothing is queued for it beside its socket. It resumes with
 * Last-Event-ID, or starts at `?after=` (events_id of `GET /api/me`); what the ring no longer holds is announced by `reset` ("read everything again"). At the
 * opening and every 15 s a named event (`beat`) keeps proxies awake, shows the client that the connection lives, and tells it the
 * server's time; the right to listen is checked again then.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { EVENTS_PATH } from '#contract/routes.ts'
import { VortexError } from '#contract/errors.ts'
import type { LiveBeat } from '#contract/events.ts'
import { BEAT_EVENT } from '#contract/eventStream.ts'
import type { Clock } from '#runtime/clock.ts'
import { EVENT_CLIENTS_MAX, EVENT_HEARTBEAT_MS, EVENT_STALLED_BEATS, EVENT_USER_CLIENTS_MAX, EVENT_WRITE_BYTES } from '#runtime/limits.ts'
import { toFrame, type LiveEvents } from '#runtime/liveEvents.ts'
import type { Logger } from '#runtime/logger.ts'

export interface EventStreamOptions {
  events: LiveEvents
  clock: Clock
  logger: Logger
  /** True while the caller may still listen. */
  stillAllowed(request: FastifyRequest): Promise<boolean>
  clients_max?: number
  user_clients_max?: number
  heartbeat_ms?: number
}

interface Client {
  request: FastifyRequest
  beat(): void
  close(): void
}

export function useEventStream(app: FastifyInstance, options: EventStreamOptions): { clients: () => number } {
  const { events, clock, logger, clients_max = EVENT_CLIENTS_MAX, heartbeat_ms = EVENT_HEARTBEAT_MS } = options
  const { user_clients_max = EVENT_USER_CLIENTS_MAX } = options
  const clients = new Set<Client>()
  let timer: { cancel(): void } | null = null

  /** One timer for all clients, running only while there are any. */
  const schedule = (): void => {
    timer ??= clock.after(heartbeat_ms, () => {
      timer = null
      for (const client of clients) check(client)
      if (clients.size > 0) schedule()
    })
  }
  const check = (client: Client): void => {
    client.beat()
    options.stillAllowed(client.request).then(
      (allowed) => {
        if (!allowed) client.close()
      },
      // The database is away: whoever listens may go on listening to nothing.
      (err: unknown) => logger.debug({ err }, 'could not check the right to listen to events'),
    )
  }

  app.get(
    EVENTS_PATH,
    {
      config: { role: 'Viewer' },
      schema: {
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { dag_id: { type: 'string', minLength: 1, maxLength: 250 }, after: { type: 'integer', minimum: 0 } },
        },
      },
    },
    (request, reply) => {
      if (clients.size >= clients_max) throw tooMany(`There are ${clients_max} event streams open, the most this server keeps.`)
      const username = request.principal?.username ?? ''
      if ([...clients].filter((client) => client.request.principal?.username === username).length >= user_clients_max)
        throw tooMany(
          `"${username}" has ${user_clients_max} event streams open, the most of one user: close some browser tabs or programs.`,
        )
      const { dag_id = null, after = null } = request.query as { dag_id?: string; after?: number }
      // A browser that reconnects asks the same address again: what it has seen since counts.
      const seen = request.headers['last-event-id']
      reply.hijack()
      const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
      reply.raw.writeHead(200, headers as Record<string, string>)
      const stream = openStream({
        response: reply.raw,
        clock,
        events,
        dag_id,
        after: typeof seen === 'string' ? Number(seen) : after,
        closed: () => void clients.delete(client),
      })
      const client: Client = { request, ...stream }
      clients.add(client)
      schedule()
    },
  )
  // Before the server waits for open requests: these never end by themselves.
  app.addHook('preClose', async () => {
    timer?.cancel()
    for (const client of [...clients]) client.close()
  })
  return { clients: () => clients.size }
}

const tooMany = (message: string): VortexError => new VortexError('rate_limited', message, { retry_after_seconds: 30 })

/** Without an id: a client that resumes goes on after the last event, not after a beat. */
const beatFrame = (clock: Clock): string =>
  `event: ${BEAT_EVENT}\ndata: ${JSON.stringify({ server_time: new Date(clock.now()).toISOString() } satisfies LiveBeat)}\n\n`

/** Writes to one client until either side ends. */
function openStream(p: {
  response: ServerResponse
  clock: Clock
  events: LiveEvents
  dag_id: string | null
  after: number | null
  closed: () => void
}): Omit<Client, 'request'> {
  const { response, events, dag_id } = p
  let sent = events.newest()
  let blocked = false
  let stalled_beats = 0

  const write = (text: string): void => {
    if (!response.write(text)) blocked = true
  }
  const reset = (): void => {
    sent = events.newest()
    write(toFrame(sent, { type: 'reset' }))
  }
  /** Reads on from the ring, in pieces, until the socket is full or nothing is left. */
  const catchUp = (): void => {
    while (!blocked && sent < events.newest()) {
      const batch = events.since({ id: sent, dag_id, max_bytes: EVENT_WRITE_BYTES })
      if (batch === null) return reset()
      sent = batch.last_id
      if (batch.frames !== '') write(batch.frames)
    }
  }
  const subscription = events.subscribe({
    dag_id,
    onBatch({ frames, last_id }) {
      if (blocked) {
        // The ring began anew below what was sent (another controller's clock): read everything again when the socket takes more.
        if (last_id < sent) sent = -1
        return
      }
      sent = last_id
      if (frames !== '') write(frames)
    },
  })
  const end = (): void => {
    subscription.close()
    p.closed()
  }
  response.on('drain', () => {
    blocked = false
    stalled_beats = 0
    catchUp()
  })
  response.on('close', end)
  response.on('error', end)

  // An id without data sets Last-Event-ID, so that a client that has seen no event yet can resume too.
  write('retry: 1000\n\n')
  write(beatFrame(p.clock))
  if (p.after === null) write(`id: ${sent}\n\n`)
  else {
    sent = p.after
    if (events.since({ id: sent, dag_id, max_bytes: 0 }) === null) reset()
    else catchUp()
  }
  return {
    beat() {
      if (!blocked) return write(beatFrame(p.clock))
      stalled_beats += 1
      if (stalled_beats >= EVENT_STALLED_BEATS) response.destroy()
    },
    close() {
      end()
      response.end()
    },
  }
}
