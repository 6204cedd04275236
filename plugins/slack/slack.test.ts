/** The slack plugin against a server of Slack's published protocol. It was never tried with Slack itself. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, Notifier, Operator } from '../api/index.ts'
import { HOOK, startSlackServer, TOKEN, type SlackServer } from '../testing/slackServer.ts'
import { testContext } from '../testing/taskContext.ts'
import { plugin } from './plugin.ts'

const { SlackMessageOperator, SlackWebhookOperator } = plugin.operators as Record<string, Operator>
const { SlackNotifier, SlackWebhookNotifier } = plugin.notifiers as Record<string, Notifier>
const DEFAULTS = {
  slack_conn_id: 'slack_api_default',
  slack_webhook_conn_id: 'slack_default',
  timeout_seconds: 20,
  rate_limit_wait_seconds: 60,
}

let slack: SlackServer
let connections: Partial<Connection>[]
beforeEach(async () => {
  slack = await startSlackServer()
  connections = [
    { conn_id: 'slack_api_default', conn_type: 'slack', password: TOKEN, extra: { base_url: `${slack.url}/api` } },
    { conn_id: 'slack_default', conn_type: 'slackwebhook', host: `${slack.url}/services`, password: HOOK },
  ]
})
afterEach(() => slack[Symbol.asyncDispose]())

const post = async (config: object, context = testContext(connections)): Promise<unknown> =>
  SlackMessageOperator!.execute({ ...DEFAULTS, ...config }, context)
const hook = async (config: object): Promise<unknown> => SlackWebhookOperator!.execute({ ...DEFAULTS, ...config }, testContext(connections))
const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    (value) => expect.fail(`returned ${JSON.stringify(value)}`),
    (error: unknown) => error as Error,
  )
const change = (index: number, fields: Partial<Connection>): void => void (connections[index] = { ...connections[index], ...fields })

describe('SlackMessageOperator', () => {
  it('posts text and blocks, and tells where the message is', async () => {
    const first = await post({ channel: '#alerts', text: 'für *alle*', unfurl_links: false })
    expect(first).toEqual({ channel: 'C0001', ts: '1700000000.000001' })
    await post({ channel: 'C0001', blocks: [{ type: 'divider' }], thread_ts: '1700000000.000001' })
    expect(slack.messages).toEqual([
      { channel: 'C0001', text: 'für *alle*', unfurl_links: false },
      { channel: 'C0001', blocks: [{ type: 'divider' }], thread_ts: '1700000000.000001' },
    ])
  })

  it('waits as long as Slack asks, and no longer than it may', async () => {
    slack.limitRate({ requests: 2, seconds: 0.01 })
    await post({ channel: '#alerts', text: 'late' })
    expect(slack.messages.length).toBe(1)
    slack.limitRate({ requests: 1, seconds: 90 })
    expect((await failure(post({ channel: '#alerts', text: 'x' }))).message).toContain('no more messages from here for 90 s (429')
    slack.limitRate({ requests: 1, seconds: 50 })
    const abort = new AbortController()
    const context = testContext(connections, abort.signal)
    const work = failure(post({ channel: '#alerts', text: 'x' }, context))
    await expect.poll(() => context.lines).toEqual(['INFO Slack asks to wait 50 s (too many messages in a short time)'])
    abort.abort()
    expect((await work).message).toBe('The message was cancelled with the task, which waited for Slack; it was not sent.')
    expect(slack.messages.length).toBe(1)
  })

  it('says why Slack refuses a message', async () => {
    const messages: string[] = []
    messages.push((await failure(post({ channel: '#nix', text: 'x' }))).message)
    messages.push((await failure(post({ channel: '#alerts', blocks: [{}] }))).message)
    messages.push((await failure(post({ channel: '#alerts', text: 'x', username: 'me' }))).message)
    change(0, { password: 'xoxb-wrong' })
    messages.push((await failure(post({ channel: '#alerts', text: 'x' }))).message)
    change(0, { password: null })
    messages.push((await failure(post({ channel: '#alerts', text: 'x' }))).message)
    change(0, { password: TOKEN, extra: { base_url: 'http://slack.example.com/api' } })
    messages.push((await failure(post({ channel: '#alerts', text: 'x' }))).message)
    change(0, { conn_type: 'http' })
    messages.push((await failure(post({ channel: '#alerts', text: 'x' }))).message)
    expect(messages).toEqual([
      'Slack refused the message (channel_not_found): there is no such channel, or the app may not see it: invite the app into a private channel.',
      'Slack refused the message (invalid_blocks): the blocks are not what Slack understands: [ERROR] missing required field: type [json-pointer:/blocks/0].',
      'Slack refused the message (missing_scope): the token lacks a permission. Add it to the app and install the app again: it needs chat:write.customize.',
      'Slack refused the message (invalid_auth): the token is not valid. Check the password of the connection: the bot token of an app, which begins with xoxb-.',
      'Connection slack_api_default has no password: it is the bot token of an app, which begins with xoxb-.',
      'Connection slack_api_default: base_url in its extra is no address that begins with https://.',
      'Connection slack_api_default is of type http; this needs one of type slack. For the other way to Slack take SlackWebhookOperator.',
    ])
    expect(messages.join()).not.toContain(TOKEN)
  })

  it('says what is wrong on the way', async () => {
    expect((await failure(post({ channel: '#alerts' }))).message).toBe('There is nothing to say: give text, blocks or attachments.')
    slack.fallSilent()
    expect((await failure(post({ channel: '#alerts', text: 'x', timeout_seconds: 0.2 }))).message).toContain(
      'did not answer within 0.2 s (timeout_seconds)',
    )
    const other = createServer(
      (_request, response) => void response.writeHead(302, { location: `${slack.url}/api/chat.postMessage` }).end('moved'),
    )
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    change(0, { extra: { base_url: url } })
    expect((await failure(post({ channel: '#alerts', text: 'x' }))).message).toBe(
      `${url} answered with status 302, and not as Slack does: moved`,
    )
    await new Promise((resolve) => other.close(resolve))
    expect((await failure(post({ channel: '#alerts', text: 'x' }))).message).toContain('cannot be reached: connect ECONNREFUSED')
  })
})

describe('SlackWebhookOperator', () => {
  it('posts to the address that host and password make, or the password alone', async () => {
    await hook({ message: 'one' })
    change(1, { host: null, password: `${slack.url}/services/${HOOK}` })
    await hook({ message: 'two' })
    expect(slack.messages.map((message) => message.text)).toEqual(['one', 'two'])
    change(1, { password: `${slack.url}/services/T/B/secretEnd` })
    const error = await failure(hook({ message: 'x' }))
    expect(error.message).toBe('Slack refused the message (no_service): the webhook was removed or disabled: make a new one in the app.')
  })
})

describe('SlackNotifier and SlackWebhookNotifier', () => {
  it('say what ended how unless they are given words', async () => {
    const context = testContext(connections)
    await SlackNotifier!.notify({ ...DEFAULTS, channel: '#alerts' }, context)
    await SlackNotifier!.notify({ ...DEFAULTS, channel: '#alerts', text: 'mine' }, context)
    await SlackWebhookNotifier!.notify({ ...DEFAULTS }, context)
    const report = 'Task load of DAG reports (run manual__1): *failed*\n> exit code 1'
    expect(slack.messages.map((message) => message.text)).toEqual([report, 'mine', report])
  })
})
