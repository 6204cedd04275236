/** Who may speak to the swarm: holders of the worker token. Only its SHA-256 is kept. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Metadata } from '@grpc/grpc-js'

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest()
}

/** True if the call carries the token. Hashes are compared, in constant time, so the length of a guess tells nothing either. */
export function isAuthentic(metadata: Metadata, tokenHash: Buffer): boolean {
  const values = metadata.get('authorization')
  const value = values[0]
  if (values.length !== 1 || typeof value !== 'string' || !value.startsWith('Bearer ')) return false
  return timingSafeEqual(hashToken(value.slice('Bearer '.length)), tokenHash)
}
