/** Users and API keys. */
import { VortexError } from '#contract/errors.ts'
import type { UserRecord } from '#db/records.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'
import { presentApiKey, presentUser } from '../present/admin.ts'

type UserHandlers = Pick<
  Handlers,
  'listUsers' | 'createUser' | 'updateUser' | 'deleteUser' | 'listApiKeys' | 'createApiKey' | 'deleteApiKey'
>
const DAY_MS = 86_400_000

export function userHandlers({ store, accounts, passwords, clock, logger }: ApiServices): UserHandlers {
  const lastAdmin = (username: string): VortexError =>
    new VortexError('invalid_state', `"${username}" is the last Admin. Make another user an Admin first.`)
  return {
    listUsers: async () => (await store.userList()).map(presentUser),
    async createUser({ body: { username, password, role } }, { principal }) {
      const user: UserRecord = {
        username,
        role,
        password_hash: await passwords.hash(password),
        created_at: clock.now(),
        last_login_at: null,
      }
      if (!(await store.userCreate(user))) throw new VortexError('conflict', `There is a user "${username}" already.`)
      logger.info({ username, role, actor: principal.username }, 'user created')
      return presentUser(user)
    },
    async updateUser({ body }, { object: user, principal }) {
      const set = {
        ...(body.role === undefined ? {} : { role: body.role }),
        ...(body.password === undefined ? {} : { password_hash: await passwords.hash(body.password) }),
      }
      if (Object.keys(set).length > 0) {
        const outcome = await store.userUpdate({ username: user.username, set })
        if (outcome === 'last_admin') throw lastAdmin(user.username)
        if (outcome === 'missing') throw new VortexError('not_found', `There is no user "${user.username}".`)
        await store.sessionDelete({ username: user.username })
        logger.info(
          { username: user.username, role: set.role, password_changed: body.password !== undefined, actor: principal.username },
          'user changed',
        )
      }
      if (body.revoke_api_keys === true) {
        for (const { id } of await store.apiKeyList({ username: user.username })) await store.apiKeyDelete({ id })
        logger.info({ username: user.username, actor: principal.username }, 'API keys revoked')
      }
      return presentUser({ ...user, ...set })
    },
    async deleteUser(_, { object: user, principal }) {
      const outcome = await store.userDelete({ username: user.username })
      if (outcome === 'last_admin') throw lastAdmin(user.username)
      logger.info({ username: user.username, actor: principal.username }, 'user deleted')
      return { message: `User "${user.username}" was deleted with its sessions and API keys.` }
    },
    async listApiKeys(_, { principal }) {
      return { data: (await store.apiKeyList({ username: principal.role === 'Admin' ? null : principal.username })).map(presentApiKey) }
    },
    async createApiKey({ body }, { principal }) {
      const expires_at = body.expires_in_days === undefined ? null : clock.now() + body.expires_in_days * DAY_MS
      const { record, api_key } = await accounts.createApiKey({ username: principal.username, name: body.name, expires_at, by: principal })
      return { ...presentApiKey(record), api_key }
    },
    async deleteApiKey(_, { object: key }) {
      await store.apiKeyDelete({ id: key.id })
      return { message: `API key "${key.name}" was revoked.` }
    },
  }
}
