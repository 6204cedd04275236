/** Messages to Slack. Arguments have the names that they have in Airflow's slack provider. */
import { definePlugin, type NotifierContext, notifier, operator } from '../api/index.ts'
import { postMessage, postToWebhook } from './message.ts'

const LIMITS = {
  timeout_seconds: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 600,
    default: 30,
    description: "For Slack's answer; timeout in the connection's extra wins",
  },
  rate_limit_wait_seconds: {
    type: 'number',
    minimum: 0,
    maximum: 3_600,
    default: 60,
    description: 'How long it waits in all when Slack asks to (429); beyond that it fails',
  },
} as const
const CONTENT = {
  blocks: { type: 'array', items: { type: 'object' }, description: "Blocks of Slack's Block Kit" },
  attachments: { type: 'array', items: { type: 'object' }, description: "Slack's older form of blocks" },
} as const
const LOOKS = {
  username: { type: 'string', description: "Instead of the app's name; needs the scope chat:write.customize" },
  icon_url: { type: 'string', description: "Instead of the app's picture" },
  icon_emoji: { type: 'string', description: "Instead of the app's picture, such as :rocket:" },
  unfurl_links: { type: 'boolean', description: 'Whether Slack shows what links lead to. Default: as Slack does' },
  unfurl_media: { type: 'boolean', description: 'The same for pictures' },
} as const
const API_CONNECTION = {
  type: 'string',
  default: 'slack_api_default',
  description: 'Connection of type slack; its password is the bot token',
} as const
const WEBHOOK_CONNECTION = {
  type: 'string',
  default: 'slack_default',
  description: "Connection of type slackwebhook; its password is the end of the webhook's address, or all of it",
} as const
const CHANNEL = { type: 'string', minLength: 1, description: 'The name or id of a channel, or the id of a user' } as const
const THREAD = { type: 'string', description: 'The ts of a message: this one answers it' } as const

interface Message {
  channel: string
  username?: string
  icon_url?: string
  icon_emoji?: string
  unfurl_links?: boolean
  unfurl_media?: boolean
  thread_ts?: string
}

/** What the config says beside the content, under Slack's names. */
function fieldsOf({ channel, username, icon_url, icon_emoji, unfurl_links, unfurl_media, thread_ts }: Message): Record<string, unknown> {
  // JSON leaves out what is undefined.
  return { channel, username, icon_url, icon_emoji, unfurl_links, unfurl_media, thread_ts }
}

/** Of a notifier without a text. */
function report(context: NotifierContext): string {
  const what = context.task_id ? `Task ${context.task_id} of DAG ${context.dag_id}` : `DAG ${context.dag_id}`
  const reason = context.reason === '' ? '' : `\n> ${context.reason.split('\n')[0]}`
  return `${what} (run ${context.run_id}): *${context.state || 'ended'}*${reason}`
}

export const plugin = definePlugin({
  api: 1,
  name: 'slack',
  operators: {
    SlackMessageOperator: operator({
      description:
        'Posts a message to a channel with the token of a Slack app. The XCom is channel and ts, which thread_ts of another message takes.',
      config: {
        type: 'object',
        properties: {
          slack_conn_id: API_CONNECTION,
          channel: CHANNEL,
          text: { type: 'string', description: "The message, in Slack's mrkdwn; beside blocks what notifications show" },
          ...CONTENT,
          thread_ts: THREAD,
          ...LOOKS,
          ...LIMITS,
        },
        required: ['channel'],
        additionalProperties: false,
      },
      async execute(config, context) {
        const posted = await postMessage(
          { ...config, conn_id: config.slack_conn_id, content: contentOf(config.text, config), more: fieldsOf(config) },
          context,
        )
        context.log.info(`Posted to ${posted.channel} (ts ${posted.ts})`)
        return posted
      },
    }),
    SlackWebhookOperator: operator({
      description: "Posts a message by an incoming webhook, to the webhook's channel.",
      config: {
        type: 'object',
        properties: {
          slack_webhook_conn_id: WEBHOOK_CONNECTION,
          message: { type: 'string', description: "The message, in Slack's mrkdwn; beside blocks what notifications show" },
          ...CONTENT,
          unfurl_links: LOOKS.unfurl_links,
          unfurl_media: LOOKS.unfurl_media,
          ...LIMITS,
        },
        additionalProperties: false,
      },
      async execute(config, context) {
        const more = { unfurl_links: config.unfurl_links, unfurl_media: config.unfurl_media }
        await postToWebhook({ ...config, conn_id: config.slack_webhook_conn_id, content: contentOf(config.message, config), more }, context)
        context.log.info('Posted by the webhook')
      },
    }),
  },
  notifiers: {
    SlackNotifier: notifier({
      description:
        'Posts to a channel from a callback, such as on_failure_callback. Without text and blocks it says what ended how, and why.',
      config: {
        type: 'object',
        properties: {
          slack_conn_id: API_CONNECTION,
          channel: CHANNEL,
          text: { type: 'string', description: 'The message' },
          ...CONTENT,
          thread_ts: THREAD,
          ...LOOKS,
          ...LIMITS,
        },
        required: ['channel'],
        additionalProperties: false,
      },
      async notify(config, context) {
        const content = contentOf(config.text ?? (config.blocks === undefined ? report(context) : undefined), config)
        await postMessage({ ...config, conn_id: config.slack_conn_id, content, more: fieldsOf(config) }, context)
      },
    }),
    SlackWebhookNotifier: notifier({
      description: 'Posts by an incoming webhook from a callback. Without text and blocks it says what ended how, and why.',
      config: {
        type: 'object',
        properties: {
          slack_webhook_conn_id: WEBHOOK_CONNECTION,
          text: { type: 'string', description: 'The message' },
          ...CONTENT,
          ...LIMITS,
        },
        additionalProperties: false,
      },
      async notify(config, context) {
        const content = contentOf(config.text ?? (config.blocks === undefined ? report(context) : undefined), config)
        await postToWebhook({ ...config, conn_id: config.slack_webhook_conn_id, content, more: {} }, context)
      },
    }),
  },
})

function contentOf(text: string | undefined, { blocks, attachments }: { blocks?: unknown[]; attachments?: unknown[] }) {
  return {
    ...(text === undefined ? {} : { text }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(attachments === undefined ? {} : { attachments }),
  }
}
