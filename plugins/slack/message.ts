/** What a message is made of, and the two ways by which it gets to Slack. */
import { FailTask, type Connection, type TaskContext } from '../api/index.ts'
import { isFinal, sentence, type Refusal } from './answers.ts'
import { addressOf, send, type Reply } from './send.ts'

const API = 'https://slack.com/api/'
const HOOKS = 'https://hooks.slack.com/services/'

export interface Content {
  text?: string
  blocks?: unknown[]
  attachments?: unknown[]
}

interface Limits {
  timeout_seconds: number
  rate_limit_wait_seconds: number
}

/** By chat.postMessage. Tells where the message is: a thread goes on there. */
export async function postMessage(
  p: Limits & { conn_id: string; content: Content; more: Readonly<Record<string, unknown>> },
  context: TaskContext,
): Promise<{ channel: string; ts: string }> {
  const connection = await context.connection(p.conn_id)
  checkType(connection, ['slack'], 'SlackWebhookOperator')
  if (!connection.password)
    throw new FailTask(`Connection ${p.conn_id} has no password: it is the bot token of an app, which begins with xoxb-.`)
  const base = textOf(connection.extra['base_url']) ?? API
  const url = addressOf(`${base.replace(/\/*$/, '/')}chat.postMessage`, `Connection ${p.conn_id}: base_url in its extra`)
  const body = { ...checkedContent(p.content), ...p.more }
  const reply = await send({ url, token: connection.password, body, ...limitsOf(p, connection, context) }, context)
  const answer = asObject(reply)
  if (answer === null) throw strange(reply, url)
  if (answer['ok'] !== true) throw refused(refusalOf(answer, reply))
  return { channel: String(answer['channel']), ts: String(answer['ts']) }
}

/** By an incoming webhook, which belongs to one channel. */
export async function postToWebhook(
  p: Limits & { conn_id: string; content: Content; more: Readonly<Record<string, unknown>> },
  context: TaskContext,
): Promise<void> {
  const connection = await context.connection(p.conn_id)
  checkType(connection, ['slackwebhook', 'slack_webhook', 'slack_incoming_webhook', 'http'], 'SlackMessageOperator')
  const url = addressOf(webhookOf(connection), `Connection ${p.conn_id}: host and password together`)
  await context.mask([url.href, url.pathname.slice(1)])
  const body = { ...checkedContent(p.content), ...p.more }
  const reply = await send({ url, token: null, body, ...limitsOf(p, connection, context) }, context)
  if (reply.status === 200 && reply.text.trim() === 'ok') return
  const word = reply.text.trim()
  if (!/^[a-z_]{3,60}$/.test(word)) throw strange(reply, url)
  throw refused({ error: word })
}

/** As in Airflow: the password is the end of the address, T.../B.../..., or all of it. */
function webhookOf({ conn_id, host, schema, password }: Connection): string {
  if (!password)
    throw new FailTask(`Connection ${conn_id} has no password: it is the end of the webhook's address, T.../B.../..., or all of it.`)
  if (password.includes('://')) return password
  const base = !host ? HOOKS : host.includes('://') ? host : `${schema || 'https'}://${host}`
  return `${base.replace(/\/*$/, '/')}${password.replace(/^\/+/, '')}`
}

function checkType({ conn_id, conn_type }: Connection, types: readonly string[], other: string): void {
  if (conn_type === null || conn_type === '' || conn_type === 'generic' || types.includes(conn_type)) return
  throw new FailTask(
    `Connection ${conn_id} is of type ${conn_type}; this needs one of type ${types[0]}. For the other way to Slack take ${other}.`,
  )
}

function checkedContent(content: Content): Content {
  const isEmpty = !content.text && !content.blocks?.length && !content.attachments?.length
  if (isEmpty) throw new FailTask('There is nothing to say: give text, blocks or attachments.')
  return content
}

function limitsOf(p: Limits, { extra, conn_id }: Connection, context: TaskContext): Limits {
  const given = Number(extra['timeout'])
  if (extra['proxy'] !== undefined) {
    context.log.warning(
      `Connection ${conn_id}: proxy in its extra is not used. Set HTTPS_PROXY and NODE_USE_ENV_PROXY=1 in the environment of the workers.`,
    )
  }
  return { timeout_seconds: given > 0 ? given : p.timeout_seconds, rate_limit_wait_seconds: p.rate_limit_wait_seconds }
}

function asObject({ text }: Reply): Record<string, unknown> | null {
  try {
    const found = JSON.parse(text) as unknown
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function refusalOf(answer: Record<string, unknown>, reply: Reply): Refusal {
  const metadata = answer['response_metadata'] as { messages?: unknown } | undefined
  const messages = Array.isArray(metadata?.messages) ? metadata.messages.map(String) : []
  const needed = textOf(answer['needed'])
  return { error: textOf(answer['error']) ?? `status ${reply.status}`, messages, ...(needed === undefined ? {} : { needed }) }
}

function refused(refusal: Refusal): Error {
  return new (isFinal(refusal.error) ? FailTask : Error)(sentence(refusal))
}

/** Something else answers there, such as a proxy. */
function strange(reply: Reply, url: URL): Error {
  const start = reply.text.trim().slice(0, 200)
  return new Error(`${url.origin} answered with status ${reply.status}, and not as Slack does${start === '' ? '' : `: ${start}`}`)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
