/** Asks a server who it is and whether the key is good, within seconds, and says the answer in words. */
import type { Health, Me } from '#contract/admin.ts'
import { isUnencrypted } from '../bridge/unencrypted.ts'
import { parseServerUrl } from './serverUrl.ts'

export interface TestResult {
  is_ok: boolean
  message: string
}
/** Both requests together; a person waits for it. */
const TEST_MS = 8_000

export async function testConnection(p: { url: string; api_key: string | null; fetch: typeof fetch }): Promise<TestResult> {
  const no = (message: string): TestResult => ({ is_ok: false, message })
  try {
    const url = parseServerUrl(p.url)
    const signal = AbortSignal.timeout(TEST_MS)
    const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      p.fetch(`${url}${path}`, { headers: { accept: 'application/json', ...headers }, credentials: 'omit', redirect: 'error', signal })
    const health: unknown = await (await ask('/api/health')).json().catch(() => null)
    if (!isHealth(health)) return no(`${url} answers, but it is no VORTEX server.`)
    if (p.api_key === null) return no(`VORTEX ${health.version} answers. Give an API key to sign in.`)
    const answer = await ask('/api/me', { authorization: `Bearer ${p.api_key}` })
    if (answer.status === 401) return no('The server refuses this API key: it is wrong, revoked or expired.')
    const me: unknown = await answer.json()
    if (!answer.ok || !isMe(me)) return no(`The server answered ${answer.status} when asked who you are.`)
    const warning = isUnencrypted(url) ? ' The key travels without encryption; use https.' : ''
    return { is_ok: true, message: `VORTEX ${health.version}, signed in as ${me.username} (${me.role}).${warning}` }
  } catch (error) {
    return no(whyNot(error, p.url))
  }
}

// Answers of an older or newer server may have more or fewer fields than ours.
const isHealth = (value: unknown): value is Pick<Health, 'version'> =>
  typeof fieldOf(value, 'version') === 'string' && typeof fieldOf(value, 'scheduler') === 'string'
const isMe = (value: unknown): value is Pick<Me, 'username' | 'role'> =>
  typeof fieldOf(value, 'username') === 'string' && typeof fieldOf(value, 'role') === 'string'
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ERR_CONNECTION_REFUSED|ECONNREFUSED/, 'nothing listens there'],
  [/ERR_NAME_NOT_RESOLVED|ENOTFOUND/, 'there is no such host'],
  [/ERR_CERT|certificate/i, 'its certificate is not trusted by this computer'],
  [/ERR_SSL_PROTOCOL|ERR_EMPTY_RESPONSE/, 'it does not speak this protocol; check http and https'],
  [/ERR_UNSAFE_PORT/, 'this port belongs to another protocol'],
  [/ERR_CONNECTION_TIMED_OUT|ERR_ADDRESS_UNREACHABLE|ERR_CONNECTION_RESET/, 'the way there is blocked or it is switched off'],
  [/ERR_INTERNET_DISCONNECTED/, 'this computer is offline'],
]

function whyNot(error: unknown, url: string): string {
  const { name, message } = error as Error
  if (name === 'TimeoutError') return `${url} did not answer within ${TEST_MS / 1000} s.`
  const reason = REASONS.find(([pattern]) => pattern.test(message))?.[1]
  return reason === undefined ? message : `No VORTEX server answers at ${url}: ${reason}.`
}
