/** Users and what proves that somebody is one: sessions, API keys, one-time sign-in links. */
import type { ApiKeyRecord, LoginLinkRecord, SessionRecord, UserRecord } from '../records.ts'
import type { Database, Session } from '../database.ts'
import { assignments, columns, insertRow, raw, sql, where } from '../sql.ts'

export function userList(db: Database): Promise<UserRecord[]> {
  return db.read((s) => s.records('users', sql`SELECT ${columns('users')} FROM users ORDER BY username`))
}

export async function userGet(db: Database, p: { username: string }): Promise<UserRecord | null> {
  const rows = await db.read((s) => s.records('users', sql`SELECT ${columns('users')} FROM users WHERE username = ${p.username}`))
  return rows[0] ?? null
}

export function userCreate(db: Database, p: UserRecord): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`${insertRow('users', p)} ON CONFLICT (username) DO NOTHING`)) > 0)
}

export async function userUpdate(
  db: Database,
  p: { username: string; set: Partial<Omit<UserRecord, 'username'>> },
): Promise<'updated' | 'missing' | 'last_admin'> {
  if (Object.keys(p.set).length === 0) return (await userGet(db, p)) === null ? 'missing' : 'updated'
  const isDemotion = p.set.role !== undefined && p.set.role !== 'Admin'
  return db.write(
    async (s) => {
      if (isDemotion && (await isLastAdmin(s, p.username))) return 'last_admin'
      const changed = await s.run(sql`UPDATE users SET ${assignments('users', p.set)} WHERE username = ${p.username}`)
      return changed > 0 ? 'updated' : 'missing'
    },
    isDemotion ? { lock: ADMINS_LOCK } : {},
  )
}

export function userDelete(db: Database, p: { username: string }): Promise<'deleted' | 'missing' | 'last_admin'> {
  return db.write(
    async (s) => {
      if (await isLastAdmin(s, p.username)) return 'last_admin'
      return (await s.run(sql`DELETE FROM users WHERE username = ${p.username}`)) > 0 ? 'deleted' : 'missing'
    },
    { lock: ADMINS_LOCK },
  )
}

/** Two Admins who delete or demote each other at once would leave none. */
const ADMINS_LOCK = 'users'

async function isLastAdmin(s: Session, username: string): Promise<boolean> {
  const admins = await s.records('users', sql`SELECT ${columns('users')} FROM users WHERE role = 'Admin' LIMIT 2`)
  return admins.length === 1 && admins[0]?.username === username
}

export async function sessionCreate(db: Database, p: SessionRecord): Promise<void> {
  await db.write((s) => s.run(insertRow('sessions', p)))
}

export async function sessionGet(db: Database, p: { token_hash: string }): Promise<SessionRecord | null> {
  const rows = await db.read((s) =>
    s.records('sessions', sql`SELECT ${columns('sessions')} FROM sessions WHERE token_hash = ${p.token_hash}`),
  )
  return rows[0] ?? null
}

export async function sessionTouch(db: Database, p: { token_hash: string; last_used_at: number }): Promise<void> {
  await db.write((s) => s.run(sql`UPDATE sessions SET last_used_at = ${{ time: p.last_used_at }} WHERE token_hash = ${p.token_hash}`))
}

/** Deletes the sessions that match every condition given; without any condition it deletes nothing. */
export function sessionDelete(
  db: Database,
  p: { token_hash?: string; username?: string; except_token_hash?: string; expired_before?: number },
): Promise<number> {
  const conditions = [
    p.token_hash === undefined ? null : sql`token_hash = ${p.token_hash}`,
    p.username === undefined ? null : sql`username = ${p.username}`,
    p.expired_before === undefined ? null : sql`expires_at < ${{ time: p.expired_before }}`,
  ].filter((condition) => condition !== null)
  if (conditions.length === 0) return Promise.resolve(0)
  if (p.except_token_hash !== undefined) conditions.push(sql`token_hash <> ${p.except_token_hash}`)
  return db.write((s) => s.run(sql`DELETE FROM sessions ${where(conditions)}`))
}

export function apiKeyCreate(db: Database, p: Omit<ApiKeyRecord, 'id'>): Promise<ApiKeyRecord> {
  return db.write(async (s) => {
    const rows = await s.records('api_keys', sql`${insertRow('api_keys', p)} RETURNING ${columns('api_keys')}`)
    const created = rows[0]
    if (created === undefined) throw new Error('INSERT ... RETURNING gave no row')
    return created
  })
}

export async function apiKeyByHash(db: Database, p: { token_hash: string }): Promise<ApiKeyRecord | null> {
  const rows = await db.read((s) =>
    s.records('api_keys', sql`SELECT ${columns('api_keys')} FROM api_keys WHERE token_hash = ${p.token_hash}`),
  )
  return rows[0] ?? null
}

export function apiKeyList(db: Database, p: { username: string | null }): Promise<ApiKeyRecord[]> {
  const condition = p.username === null ? null : sql`username = ${p.username}`
  return db.read((s) => s.records('api_keys', sql`SELECT ${columns('api_keys')} FROM api_keys ${where([condition])} ORDER BY id`))
}

export async function apiKeyTouch(db: Database, p: { id: number; last_used_at: number }): Promise<void> {
  await db.write((s) => s.run(sql`UPDATE api_keys SET last_used_at = ${{ time: p.last_used_at }} WHERE id = ${p.id}`))
}

export function apiKeyDelete(db: Database, p: { id: number }): Promise<boolean> {
  return db.write(async (s) => (await s.run(sql`DELETE FROM api_keys WHERE id = ${p.id}`)) > 0)
}

export async function loginLinkCreate(db: Database, p: LoginLinkRecord): Promise<void> {
  await db.write((s) => s.run(insertRow('login_links', p)))
}

/** An expired link is taken away too, but not returned. */
export function loginLinkTake(db: Database, p: { token_hash: string; now: number }): Promise<LoginLinkRecord | null> {
  return db.write(async (s) => {
    const rows = await s.records(
      'login_links',
      sql`DELETE FROM login_links WHERE token_hash = ${p.token_hash} RETURNING ${raw('token_hash, username, expires_at')}`,
    )
    const link = rows[0]
    return link !== undefined && link.expires_at > p.now ? link : null
  })
}
