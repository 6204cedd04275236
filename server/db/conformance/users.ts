import { describe, expect, test } from 'vitest'
import type { Role } from '#contract/states.ts'
import { AT } from '#testkit/makeRecords.ts'
import type { SubjectOf } from './subject.ts'

const DAY = 86_400_000
const user = (username: string, role: Role = 'Operator') => ({
  username,
  role,
  password_hash: 'scrypt$1$2$3$s$h',
  created_at: AT,
  last_login_at: null,
})
const session = (token_hash: string, username: string) => ({ token_hash, username, created_at: AT, last_used_at: AT, expires_at: AT + DAY })
const key = (token_hash: string, username: string) => ({
  token_hash,
  username,
  name: 'ci',
  prefix: 'vx_1',
  created_at: AT,
  expires_at: null,
  last_used_at: null,
})

export function usersConformance(subject: SubjectOf): void {
  accounts(subject)
  sessions(subject)
  keys(subject)
}

function accounts(subject: SubjectOf): void {
  describe('userCreate', () => {
    test('refuses a name that is taken', async () => {
      const { store } = subject()
      expect(await store.userCreate(user('create'))).toBe(true)
      expect(await store.userCreate(user('create', 'Admin'))).toBe(false)
      expect(await store.userGet({ username: 'create' })).toEqual(user('create'))
    })
  })

  describe('userGet', () => {
    test('answers null for an unknown name', async () => {
      expect(await subject().store.userGet({ username: 'unknown' })).toBeNull()
    })
  })

  describe('userList', () => {
    test('lists by name', async () => {
      const { store } = subject()
      for (const name of ['list_b', 'list_a']) await store.userCreate(user(name))
      expect((await store.userList()).map((row) => row.username).filter((name) => name.startsWith('list'))).toEqual(['list_a', 'list_b'])
    })
  })

  describe('userUpdate', () => {
    test('changes what is set, and says whether the user exists', async () => {
      const { store } = subject()
      await store.userCreate(user('update'))
      expect(await store.userUpdate({ username: 'update', set: { role: 'Viewer', last_login_at: AT } })).toBe('updated')
      expect(await store.userGet({ username: 'update' })).toEqual({ ...user('update', 'Viewer'), last_login_at: AT })
      expect(await store.userUpdate({ username: 'unknown', set: { role: 'Admin' } })).toBe('missing')
      expect(await store.userUpdate({ username: 'update', set: {} })).toBe('updated')
    })
  })

  describe('userDelete', () => {
    test('takes sessions, keys and links along', async () => {
      const { store } = subject()
      await store.userCreate(user('delete'))
      await store.sessionCreate(session('delete-s', 'delete'))
      await store.apiKeyCreate(key('delete-k', 'delete'))
      await store.loginLinkCreate({ token_hash: 'delete-l', username: 'delete', expires_at: AT })
      expect(await store.userDelete({ username: 'delete' })).toBe('deleted')
      expect(await store.userDelete({ username: 'delete' })).toBe('missing')
      expect([
        await store.sessionGet({ token_hash: 'delete-s' }),
        await store.apiKeyByHash({ token_hash: 'delete-k' }),
        await store.loginLinkTake({ token_hash: 'delete-l', now: 0 }),
      ]).toEqual([null, null, null])
    })

    test('never leaves the server without an Admin, even if two are deleted or demoted at once', async () => {
      const { store } = subject()
      await store.userCreate(user('admin_1', 'Admin'))
      await store.userCreate(user('admin_2', 'Admin'))
      const answers = await Promise.all(['admin_1', 'admin_2'].map((username) => store.userDelete({ username })))
      expect([...answers].sort()).toEqual(['deleted', 'last_admin'])
      await store.userCreate(user('admin_3', 'Admin'))
      const admins = (await store.userList()).filter(({ role }) => role === 'Admin')
      expect(admins.length).toBe(2)
      // A new password does not save it: nothing is changed of the one that is refused.
      const set = { role: 'Viewer', password_hash: 'new' } as const
      const updates = await Promise.all(admins.map(({ username }) => store.userUpdate({ username, set })))
      expect([...updates].sort()).toEqual(['last_admin', 'updated'])
      expect((await store.userList()).filter(({ role }) => role === 'Admin')).toEqual([admins[updates.indexOf('last_admin')]])
    })
  })
}

function sessions(subject: SubjectOf): void {
  describe('sessionCreate', () => {
    test('needs a user', async () => {
      await expect(subject().store.sessionCreate(session('orphan', 'nobody'))).rejects.toThrow()
    })
  })

  describe('sessionGet', () => {
    test('returns the session, or null', async () => {
      const { store } = subject()
      await store.userCreate(user('session_get'))
      await store.sessionCreate(session('get', 'session_get'))
      expect(await store.sessionGet({ token_hash: 'get' })).toEqual(session('get', 'session_get'))
      expect(await store.sessionGet({ token_hash: 'unknown' })).toBeNull()
    })
  })

  describe('sessionTouch', () => {
    test('moves the time of last use', async () => {
      const { store } = subject()
      await store.userCreate(user('session_touch'))
      await store.sessionCreate(session('touch', 'session_touch'))
      await store.sessionTouch({ token_hash: 'touch', last_used_at: AT + 7 })
      expect((await store.sessionGet({ token_hash: 'touch' }))?.last_used_at).toBe(AT + 7)
    })
  })

  describe('sessionDelete', () => {
    test('deletes what meets every condition, and nothing without one', async () => {
      const { store } = subject()
      await store.userCreate(user('session_delete'))
      for (const token of ['d1', 'd2', 'd3', 'd4'])
        await store.sessionCreate({ ...session(token, 'session_delete'), expires_at: token === 'd4' ? AT - 1 : AT + DAY })
      expect(await store.sessionDelete({})).toBe(0)
      expect(await store.sessionDelete({ except_token_hash: 'd1' })).toBe(0)
      expect(await store.sessionDelete({ expired_before: AT })).toBe(1)
      expect(await store.sessionDelete({ token_hash: 'd3' })).toBe(1)
      expect(await store.sessionDelete({ username: 'session_delete', except_token_hash: 'd1' })).toBe(1)
      expect(await store.sessionGet({ token_hash: 'd1' })).not.toBeNull()
    })
  })
}

function keys(subject: SubjectOf): void {
  describe('apiKeyCreate', () => {
    test('gives every key an id of its own', async () => {
      const { store } = subject()
      await store.userCreate(user('key_create'))
      const first = await store.apiKeyCreate(key('create-1', 'key_create'))
      const second = await store.apiKeyCreate(key('create-2', 'key_create'))
      expect(first).toEqual({ id: first.id, ...key('create-1', 'key_create') })
      expect(second.id).not.toBe(first.id)
    })
  })

  describe('apiKeyByHash', () => {
    test('returns the key, or null', async () => {
      const { store } = subject()
      await store.userCreate(user('key_hash'))
      const made = await store.apiKeyCreate({ ...key('hash', 'key_hash'), expires_at: AT + DAY })
      expect(await store.apiKeyByHash({ token_hash: 'hash' })).toEqual(made)
      expect(await store.apiKeyByHash({ token_hash: 'unknown' })).toBeNull()
    })
  })

  describe('apiKeyList', () => {
    test('lists those of one user or of all', async () => {
      const { store } = subject()
      await store.userCreate(user('key_list'))
      const made = await store.apiKeyCreate(key('list', 'key_list'))
      expect(await store.apiKeyList({ username: 'key_list' })).toEqual([made])
      expect((await store.apiKeyList({ username: null })).length).toBeGreaterThan(1)
    })
  })

  describe('apiKeyTouch', () => {
    test('moves the time of last use', async () => {
      const { store } = subject()
      await store.userCreate(user('key_touch'))
      const { id } = await store.apiKeyCreate(key('touch', 'key_touch'))
      await store.apiKeyTouch({ id, last_used_at: AT + 3 })
      expect((await store.apiKeyByHash({ token_hash: 'touch' }))?.last_used_at).toBe(AT + 3)
    })
  })

  describe('apiKeyDelete', () => {
    test('says whether there was one', async () => {
      const { store } = subject()
      await store.userCreate(user('key_delete'))
      const { id } = await store.apiKeyCreate(key('delete', 'key_delete'))
      expect([await store.apiKeyDelete({ id }), await store.apiKeyDelete({ id })]).toEqual([true, false])
    })
  })

  describe('loginLinkCreate', () => {
    test('needs a user', async () => {
      await expect(subject().store.loginLinkCreate({ token_hash: 'x', username: 'nobody', expires_at: AT })).rejects.toThrow()
    })
  })

  describe('loginLinkTake', () => {
    test('gives a link once, to one of many that ask at once, and never after its time', async () => {
      const { store } = subject()
      await store.userCreate(user('link'))
      await store.loginLinkCreate({ token_hash: 'link', username: 'link', expires_at: AT })
      const answers = await Promise.all([1, 2, 3].map(() => store.loginLinkTake({ token_hash: 'link', now: AT - 1 })))
      expect(answers.filter((answer) => answer !== null)).toEqual([{ token_hash: 'link', username: 'link', expires_at: AT }])
      await store.loginLinkCreate({ token_hash: 'late', username: 'link', expires_at: AT })
      expect(await store.loginLinkTake({ token_hash: 'late', now: AT })).toBeNull()
    })
  })
}
