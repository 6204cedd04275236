/** Operations of sign-in and the own account. */
import { Type } from 'typebox'
import { Me, SignedIn } from '../admin.ts'
import { ROLES } from '../states.ts'
import { Enum, Nullable, Strict } from '../schema.ts'
import { Message, type Operation } from './operation.ts'

export const sessionOperations = {
  login: {
    method: 'POST',
    path: '/api/login',
    role: null,
    tag: 'session',
    summary: 'Signs in with a password; sets the session cookie. With issue_api_key, also makes an API key and shows it once.',
    body: Strict({
      username: Type.String({ maxLength: 100 }),
      password: Type.String({ maxLength: 1000 }),
      issue_api_key: Type.Optional(Type.Boolean({ default: false })),
    }),
    ok: Strict({ username: Type.String(), role: Enum(ROLES), api_key: Nullable(Type.String()) }),
  },
  loginWithLink: {
    method: 'POST',
    path: '/api/login/link',
    role: null,
    tag: 'session',
    summary: 'Signs in with the token of a one-time sign-in link.',
    body: Strict({ token: Type.String({ minLength: 20, maxLength: 200 }) }),
    ok: Me,
  },
  logout: { method: 'POST', path: '/api/logout', role: 'Viewer', tag: 'session', summary: 'Ends the session at once.', ok: Message },
  me: { method: 'GET', path: '/api/me', role: 'Viewer', tag: 'session', summary: 'Who is signed in.', ok: SignedIn },
  changePassword: {
    method: 'POST',
    path: '/api/me/password',
    role: 'Viewer',
    tag: 'session',
    summary: 'Changes the own password and ends all other sessions.',
    body: Strict({
      old_password: Nullable(Type.String({ maxLength: 1000 })),
      new_password: Type.String({ minLength: 12, maxLength: 1000 }),
    }),
    ok: Message,
  },
} as const satisfies Record<string, Operation>
