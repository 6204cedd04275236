/**
 * Who calls: sign-in by password or one-time link, server-side sessions, API keys, and the first admin.
 *
 * Invariants
 * - Role and existence of the user are read with every request, so a change acts at once.
 * - The database holds no usable token and no password: SHA-256 of random tokens, scrypt of passwords.
 * - Unknown user, wrong password and missing password take the same work and get the same answer; so do unknown and
 *   expired keys.
 * Failure: without the database nobody is let in (StoreUnavailable passes through as 503).
 */
import { VortexError } from '#contract/errors.ts'
import type { Role } from '#contract/states.ts'
import type { ApiKeyRecord, UserRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import { API_KEYS_PER_USER, LOGIN_LINK_LIFE_MS, SESSION_IDLE_MS, SESSION_LIFE_MS, TOUCH_INTERVAL_MS } from '#runtime/limits.ts'
import type { Logger } from '#runtime/logger.ts'
import type { Passwords } from './passwords.ts'
import { createLoginThrottle, type LoginAttempt } from './throttle.ts'
import { hashToken, newApiKey, newToken } from './tokens.ts'

/** The caller of one request. */
export interface Principal {
  username: string
  role: Role
  /** SHA-256 of the session cookie; null if an API key was sent. */
  session_hash: string | null
  /** The stored API key that was sent, with its end; null for a session, and for the launch token. */
  api_key: { expires_at: number | null } | null
}
export interface SignedIn {
  user: UserRecord
  /** Value for the session cookie. */
  token: string
}
export interface Accounts {
  signIn(p: { username: string; password: string; address: string }): Promise<SignedIn>
  signInWithLink(p: { token: string; address: string }): Promise<SignedIn>
  signOut(p: { session_hash: string }): Promise<void>
  bySession(token: string): Promise<Principal | null>
  /** The same by the hash, for streams that outlive their request. */
  bySessionHash(session_hash: string): Promise<Principal | null>
  byApiKey(token: string): Promise<Principal | null>
  /** From now on this token is a key of that user. It lives in memory only, as long as this server. */
  acceptLaunchToken(p: { token: string; username: string }): void
  changePassword(p: { principal: Principal; old_password: string | null; new_password: string; address: string }): Promise<void>
  /** `by`: what asks. A key makes none that outlives it, so that its end is one. */
  createApiKey(p: {
    username: string
    name: string
    expires_at: number | null
    by?: Principal
  }): Promise<{ record: ApiKeyRecord; api_key: string }>
  /** A one-time sign-in token for this user, valid for 15 minutes. */
  createLoginLink(username: string): Promise<string>
  /** Makes the user `admin` if nobody can administer the server; sets the given password where none is set. */
  ensureAdmin(p: { password: string | null }): Promise<{ username: string; created: boolean; has_password: boolean }>
}
type AccountStore = Pick<
  Store,
  | 'userGet'
  | 'userCreate'
  | 'userUpdate'
  | 'userList'
  | 'sessionCreate'
  | 'sessionGet'
  | 'sessionTouch'
  | 'sessionDelete'
  | 'apiKeyCreate'
  | 'apiKeyByHash'
  | 'apiKeyList'
  | 'apiKeyTouch'
  | 'loginLinkCreate'
  | 'loginLinkTake'
>

const WRONG = 'User name or password is wrong. Check both; after several failures a wait is imposed.'
const ADMIN = 'admin'
export const PASSWORD_LENGTH_MIN = 12

export function createAccounts(p: { store: AccountStore; passwords: Passwords; clock: Clock; logger: Logger }): Accounts {
  const { store, passwords, clock, logger } = p
  const throttle = createLoginThrottle(clock)
  let launch: { token_hash: string; username: string } | null = null

  function refuseIfThrottled(attempt: LoginAttempt): void {
    const wait = throttle.wait(attempt)
    if (wait === 0) return
    const seconds = Math.ceil(wait / 1000)
    throw new VortexError('rate_limited', `Too many failed sign-ins. Try again in ${seconds} s.`, { retry_after_seconds: seconds })
  }
  /** A new session id with every sign-in, so that a planted one is worth nothing. */
  async function openSession(user: UserRecord): Promise<SignedIn> {
    const now = clock.now()
    const token = newToken()
    await store.sessionDelete({ expired_before: now })
    await store.sessionCreate({
      token_hash: hashToken(token),
      username: user.username,
      created_at: now,
      last_used_at: now,
      expires_at: now + SESSION_LIFE_MS,
    })
    await store.userUpdate({ username: user.username, set: { last_login_at: now } })
    logger.info({ username: user.username }, 'signed in')
    return { user: { ...user, last_login_at: now }, token }
  }
  /** The note of the last use is not worth a failed request. */
  function touch(work: Promise<void>): void {
    work.catch((err: unknown) => logger.warn({ err }, 'could not note the last use of a session or API key'))
  }
  async function bySessionHash(session_hash: string): Promise<Principal | null> {
    const session = await store.sessionGet({ token_hash: session_hash })
    const now = clock.now()
    if (session === null || now >= session.expires_at || now >= session.last_used_at + SESSION_IDLE_MS) return null
    const user = await store.userGet({ username: session.username })
    if (user === null) return null
    if (now - session.last_used_at > TOUCH_INTERVAL_MS) touch(store.sessionTouch({ token_hash: session_hash, last_used_at: now }))
    return { username: user.username, role: user.role, session_hash, api_key: null }
  }

  return {
    async signIn({ username, password, address }) {
      const attempt = { username, address }
      refuseIfThrottled(attempt)
      // Counted before anything is waited for: parallel guesses must not all pass the check above.
      throttle.failed(attempt)
      const user = await store.userGet({ username })
      if (!(await passwords.verify({ password, stored: user?.password_hash ?? null })) || user === null) {
        logger.warn({ username, address }, 'sign-in failed')
        throw new VortexError('unauthorized', WRONG)
      }
      throttle.succeeded(attempt)
      return openSession(user)
    },
    async signInWithLink({ token, address }) {
      const attempt = { username: '', address }
      refuseIfThrottled(attempt)
      const link = await store.loginLinkTake({ token_hash: hashToken(token), now: clock.now() })
      const user = link && link.expires_at > clock.now() ? await store.userGet({ username: link.username }) : null
      if (user === null) {
        throttle.failed(attempt)
        throw new VortexError(
          'unauthorized',
          'This sign-in link was used already or is older than 15 minutes. Restart the server to print a new one, or sign in with a password.',
        )
      }
      return openSession(user)
    },
    async signOut({ session_hash }) {
      await store.sessionDelete({ token_hash: session_hash })
    },
    bySession: (token) => bySessionHash(hashToken(token)),
    bySessionHash,
    acceptLaunchToken({ token, username }) {
      launch = { token_hash: hashToken(token), username }
    },
    async byApiKey(token) {
      const token_hash = hashToken(token)
      if (launch !== null && token_hash === launch.token_hash) {
        const owner = await store.userGet({ username: launch.username })
        return owner === null ? null : { username: owner.username, role: owner.role, session_hash: null, api_key: null }
      }
      const record = await store.apiKeyByHash({ token_hash })
      const now = clock.now()
      if (record === null || (record.expires_at !== null && now >= record.expires_at)) return null
      const user = await store.userGet({ username: record.username })
      if (user === null) return null
      if (now - (record.last_used_at ?? 0) > TOUCH_INTERVAL_MS) touch(store.apiKeyTouch({ id: record.id, last_used_at: now }))
      return { username: user.username, role: user.role, session_hash: null, api_key: { expires_at: record.expires_at } }
    },
    async changePassword({ principal, old_password, new_password, address }) {
      const user = await store.userGet({ username: principal.username })
      const attempt = { username: principal.username, address }
      if (user !== null && user.password_hash !== null) {
        refuseIfThrottled(attempt)
        throttle.failed(attempt)
        if (!(await passwords.verify({ password: old_password ?? '', stored: user.password_hash })))
          throw new VortexError('invalid_request', 'The old password is wrong.', { field: 'old_password' })
        throttle.succeeded(attempt)
      } else if (principal.api_key !== null) {
        // A password outlives the key, also when the key is revoked.
        throw new VortexError(
          'forbidden',
          'An API key cannot set the first password. Sign in with a one-time link, or let an Admin set the password.',
        )
      }
      await store.userUpdate({ username: principal.username, set: { password_hash: await passwords.hash(new_password) } })
      await store.sessionDelete({
        username: principal.username,
        ...(principal.session_hash === null ? {} : { except_token_hash: principal.session_hash }),
      })
      logger.info({ username: principal.username }, 'password changed')
    },
    async createApiKey({ username, name, expires_at, by }) {
      const end = by?.api_key?.expires_at ?? null
      if (end !== null && (expires_at === null || expires_at > end))
        throw new VortexError(
          'invalid_request',
          `This request comes with an API key that ends at ${new Date(end).toISOString()}; a key that it makes ends no later. Give an earlier end, or sign in with the password.`,
          { field: 'expires_in_days' },
        )
      if ((await store.apiKeyList({ username })).length >= API_KEYS_PER_USER) {
        throw new VortexError('invalid_state', `You have ${API_KEYS_PER_USER} API keys, the most a user may have. Revoke one first.`)
      }
      const { api_key, token_hash, prefix } = newApiKey()
      const record = await store.apiKeyCreate({
        token_hash,
        username,
        name,
        prefix,
        created_at: clock.now(),
        expires_at,
        last_used_at: null,
      })
      return { record, api_key }
    },
    async createLoginLink(username) {
      if ((await store.userGet({ username })) === null) throw new VortexError('not_found', `There is no user "${username}".`)
      const token = newToken()
      await store.loginLinkCreate({ token_hash: hashToken(token), username, expires_at: clock.now() + LOGIN_LINK_LIFE_MS })
      return token
    },
    async ensureAdmin({ password }) {
      if (password !== null && password.length < PASSWORD_LENGTH_MIN)
        throw new VortexError('invalid_request', `VORTEX_ADMIN_PASSWORD must have at least ${PASSWORD_LENGTH_MIN} characters.`)
      const admins = (await store.userList()).filter((user) => user.role === 'Admin')
      const existing = admins.find((user) => user.username === ADMIN) ?? admins[0]
      if (existing !== undefined) {
        // A password that somebody chose is not overwritten by an old environment file.
        if (password === null || existing.password_hash !== null)
          return { username: existing.username, created: false, has_password: existing.password_hash !== null }
        await store.userUpdate({ username: existing.username, set: { password_hash: await passwords.hash(password) } })
        return { username: existing.username, created: false, has_password: true }
      }
      const password_hash = password === null ? null : await passwords.hash(password)
      const created = await store.userCreate({
        username: ADMIN,
        role: 'Admin',
        password_hash,
        created_at: clock.now(),
        last_login_at: null,
      })
      // The name is taken by somebody who is no Admin only if an Admin renamed roles by hand in the database.
      if (!created) await store.userUpdate({ username: ADMIN, set: { role: 'Admin' } })
      return { username: ADMIN, created, has_password: password_hash !== null }
    },
  }
}
