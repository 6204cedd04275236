/** Slack's error words as sentences. Sources: the pages of chat.postMessage and of incoming webhooks in Slack's documentation. */

const TOKEN = 'Check the password of the connection: the bot token of an app, which begins with xoxb-'
const SENTENCES: Readonly<Record<string, string>> = {
  invalid_auth: `the token is not valid. ${TOKEN}`,
  not_authed: `there is no token. ${TOKEN}`,
  account_inactive: `the token belongs to a user or workspace that is gone. ${TOKEN}`,
  token_revoked: `the token was revoked. ${TOKEN}`,
  token_expired: `the token has expired. ${TOKEN}`,
  missing_scope: 'the token lacks a permission. Add it to the app and install the app again',
  channel_not_found: 'there is no such channel, or the app may not see it: invite the app into a private channel',
  not_in_channel: 'the app is not in the channel: invite it there (/invite @app), or give it the scope chat:write.public',
  is_archived: 'the channel is archived',
  channel_is_archived: 'the channel is archived',
  msg_too_long: 'the text is too long',
  no_text: 'there is nothing to say: text, blocks and attachments are empty',
  invalid_blocks: 'the blocks are not what Slack understands',
  invalid_blocks_format: 'the blocks are not what Slack understands',
  too_many_attachments: 'there are more than 100 attachments',
  restricted_action: "the workspace's settings do not let the app post there",
  ratelimited: 'too many messages in a short time',
  rate_limited: 'too many messages in a short time',
  invalid_payload: 'the message is not what Slack understands',
  invalid_token: 'the address of the webhook is not valid any more: make a new one in the app',
  no_service: 'the webhook was removed or disabled: make a new one in the app',
  no_service_id: 'the address of the webhook is not whole',
  no_team: 'the address of the webhook names no workspace',
  no_active_hooks: 'the webhook was disabled: make a new one in the app',
  action_prohibited: "the workspace's settings do not let the webhook post",
  posting_to_general_channel_denied: 'the app may not post to the general channel',
  user_not_found: 'there is no such user',
}

/** Words that name something beside the error: a missing permission, what is wrong in the blocks. */
export interface Refusal {
  error: string
  needed?: string
  messages?: readonly string[]
}

export function sentence({ error, needed, messages = [] }: Refusal): string {
  const said = SENTENCES[error]
  const more = [...(needed === undefined ? [] : [`it needs ${needed}`]), ...messages.slice(0, 3)]
  return `Slack refused the message (${error})${said === undefined ? '' : `: ${said}`}${more.length > 0 ? `: ${more.join('; ')}` : ''}.`
}

/** The same message gets the same answer, however often it is sent. */
export function isFinal(error: string): boolean {
  return ['no_text', 'msg_too_long', 'invalid_blocks', 'invalid_blocks_format', 'invalid_payload', 'too_many_attachments'].includes(error)
}
