/** Sign-in, sign-out, who-am-I, own password. */
import { SIGN_IN_KEY_LIFE_MS } from '#runtime/limits.ts'
import type { Handlers } from '../handlers.ts'
import type { ApiServices } from '../services.ts'

export function sessionHandlers({
  accounts,
  clock,
  events,
}: ApiServices): Pick<Handlers, 'login' | 'loginWithLink' | 'logout' | 'me' | 'changePassword'> {
  return {
    async login({ body }, { address, setSession }) {
      const { user, token } = await accounts.signIn({ username: body.username, password: body.password, address })
      setSession(token)
      const { username, role } = user
      if (body.issue_api_key !== true) return { username, role, api_key: null }
      const { api_key } = await accounts.createApiKey({ username, name: 'sign-in', expires_at: clock.now() + SIGN_IN_KEY_LIFE_MS })
      return { username, role, api_key }
    },
    async loginWithLink({ body }, { address, setSession }) {
      const { user, token } = await accounts.signInWithLink({ token: body.token, address })
      setSession(token)
      return { username: user.username, role: user.role }
    },
    async logout(_, { principal, setSession }) {
      if (principal.session_hash !== null) await accounts.signOut({ session_hash: principal.session_hash })
      setSession(null)
      return { message: 'Signed out.' }
    },
    me: async (_, { principal }) => ({ username: principal.username, role: principal.role, events_id: events.newest() }),
    async changePassword({ body }, { principal, address }) {
      await accounts.changePassword({ principal, ...body, address })
      return { message: 'Password changed. All other sessions were ended.' }
    },
  }
}
