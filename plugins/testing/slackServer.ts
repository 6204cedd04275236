/** A server that answers as Slack's documentation says that Slack does: chat.postMessage with a token, and incoming webhooks. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'

export const TOKEN = 'xoxb-the-right-token'
export const HOOK = 'T0001/B0001/theRightHook'
const CHANNELS: Readonly<Record<string, string>> = { '#alerts': 'C0001', C0001: 'C0001' }

export interface SlackServer extends AsyncDisposable {
  readonly url: string
  /** What was taken, in its order. */
  readonly messages: { channel: string; text?: string; [field: string]: unknown }[]
  /** The next so many requests are too many; each is told to wait so long. */
  limitRate(p: { requests: number; seconds: number }): void
  /** Takes no message any more, and answers nothing. */
  fallSilent(): void
}

export async function startSlackServer(): Promise<SlackServer> {
  const messages: SlackServer['messages'] = []
  let limited = { requests: 0, seconds: 0 }
  let isSilent = false
  const server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await json(request)) as Record<string, unknown>
    if (isSilent) return
    if (limited.requests > 0) {
      limited.requests -= 1
      response.writeHead(429, { 'retry-after': String(limited.seconds) }).end(JSON.stringify({ ok: false, error: 'ratelimited' }))
    } else if (request.url === '/api/chat.postMessage') {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(postMessage(request, body)))
    } else {
      const { status, word } = hook(request, body)
      response.writeHead(status, { 'content-type': 'text/html' }).end(word)
    }
  }
  const postMessage = (request: IncomingMessage, body: Record<string, unknown>): object => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { ok: false, error: 'invalid_auth' }
    const channel = CHANNELS[String(body['channel'])]
    if (channel === undefined) return { ok: false, error: 'channel_not_found' }
    if (typeof body['username'] === 'string')
      return { ok: false, error: 'missing_scope', needed: 'chat:write.customize', provided: 'chat:write' }
    const blocks = (body['blocks'] ?? []) as { type?: string }[]
    if (blocks.some((block) => block.type === undefined)) {
      return {
        ok: false,
        error: 'invalid_blocks',
        response_metadata: { messages: ['[ERROR] missing required field: type [json-pointer:/blocks/0]'] },
      }
    }
    messages.push({ ...body, channel })
    return { ok: true, channel, ts: `1700000000.00000${messages.length}`, message: body }
  }
  const hook = (request: IncomingMessage, body: Record<string, unknown>): { status: number; word: string } => {
    if (request.url !== `/services/${HOOK}`) return { status: 404, word: 'no_service' }
    messages.push({ ...body, channel: 'of the webhook' })
    return { status: 200, word: 'ok' }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    limitRate: (p) => void (limited = { ...p }),
    fallSilent: () => void (isSilent = true),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
