/** One message to Slack over HTTP, and the wait that Slack asks for when there are too many. */
import { setTimeout as delay } from 'node:timers/promises'
import { FailTask, type TaskContext } from '../api/index.ts'

export interface Letter {
  url: URL
  /** Of the Web API; a webhook's address is its own token. */
  token: string | null
  body: Readonly<Record<string, unknown>>
  timeout_seconds: number
  /** For all waits together. */
  rate_limit_wait_seconds: number
}

export interface Reply {
  status: number
  text: string
}

/** Slack's answers are short; a longer one comes from something else. */
const REPLY_BYTES_MAX = 256 * 1024
/** Without a Retry-After that can be read. */
const DEFAULT_WAIT_SECONDS = 1

/**
 * Sends it once, and again only after Slack has said that it did not take it (429): a message whose answer got lost may have arrived,
 * so that is left to the retries of the task.
 */
export async function send(letter: Letter, context: TaskContext): Promise<Reply> {
  let left = letter.rate_limit_wait_seconds
  for (;;) {
    const { reply, wait } = await sendOnce(letter, context)
    if (reply.status !== 429) return reply
    if (wait > left) {
      throw new Error(
        `Slack takes no more messages from here for ${wait} s (429, too many in a short time), longer than the ${left} s that are left of ` +
          `rate_limit_wait_seconds. Raise it, or give the task retries with a delay.`,
      )
    }
    left -= wait
    context.log.info(`Slack asks to wait ${wait} s (too many messages in a short time)`)
    await delay(wait * 1_000, undefined, { signal: context.signal }).catch(() => {
      throw new Error('The message was cancelled with the task, which waited for Slack; it was not sent.')
    })
  }
}

async function sendOnce({ url, token, body, timeout_seconds }: Letter, context: TaskContext): Promise<{ reply: Reply; wait: number }> {
  const timeout = AbortSignal.timeout(timeout_seconds * 1_000)
  const headers = { 'content-type': 'application/json; charset=utf-8', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      // A token goes to the server that it is meant for.
      redirect: 'manual',
      signal: AbortSignal.any([context.signal, timeout]),
    })
    const asked = Number(answer.headers.get('retry-after'))
    return { reply: { status: answer.status, text: await textOf(answer) }, wait: asked > 0 ? asked : DEFAULT_WAIT_SECONDS }
  } catch (error) {
    if (context.signal.aborted) throw new Error('The message was cancelled with the task; it may have been sent.')
    if (timeout.aborted)
      throw new Error(`${url.origin} did not answer within ${timeout_seconds} s (timeout_seconds); the message may have been sent.`)
    throw new Error(`${url.origin} cannot be reached: ${causeOf(error)}.`)
  }
}

async function textOf(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > REPLY_BYTES_MAX) throw new Error(`it answered with more than ${REPLY_BYTES_MAX} bytes`)
  }
  return text + decoder.decode()
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const one = cause instanceof AggregateError ? (cause.errors[0] as Error) : cause
  return one instanceof Error ? one.message || ((one as NodeJS.ErrnoException).code ?? one.name) : String(one)
}

/** An address of the connection. Tokens go over TLS; on this machine alone they need not. */
export function addressOf(text: string, what: string): URL {
  const url = URL.parse(text)
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal))) {
    throw new FailTask(`${what} is no address that begins with https://.`)
  }
  return url
}
