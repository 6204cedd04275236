/** Random tokens for sessions, API keys and sign-in links. The database keeps their SHA-256 only. */
import { createHash, randomBytes } from 'node:crypto'

const API_KEY_PREFIX = 'vx_'
/** Characters of an API key that are shown in lists: enough to recognise it, 30 of 256 bits. */
const SHOWN = API_KEY_PREFIX.length + 5

/** 256 random bits, safe in URLs and cookies. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}
/** A random token has no structure to guess at, so one fast hash is enough to make a stolen table useless. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
export function newApiKey(): { api_key: string; token_hash: string; prefix: string } {
  const api_key = API_KEY_PREFIX + newToken()
  return { api_key, token_hash: hashToken(api_key), prefix: api_key.slice(0, SHOWN) }
}
