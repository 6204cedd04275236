/**
 * Envelope encryption: each secret has a data key of its own, wrapped by the key-encryption key (KEK). Both layers are
 * AES-256-GCM with a random 96-bit nonce and a whole 16-byte tag at the end of the ciphertext.
 *
 * The associated data name format, table, row key, key id and layer, so that swapped rows, a renamed row or an exchanged
 * wrapped key do not open. A data key seals one value only; the KEK seals one data key per write, far from the 2^32 writes
 * that random nonces allow.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { SecretRecord } from '#db/records.ts'

export type Sealed = SecretRecord['sealed']

export const SEAL_FORMAT = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key-encryption key with its public id. */
export interface Kek {
  id: string
  key: Buffer
}

/** It does not open: tampered with, another row's, or another key's. Deliberately without a hint at which. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
  constructor() {
    super('The sealed value does not open with this key.')
  }
}

/** Makes a KEK of 32 bytes; its id is a digest under the key itself and tells nothing about it. */
export function kekOf(key: Buffer): Kek {
  if (key.length !== KEY_BYTES) throw new RangeError(`a key-encryption key has ${KEY_BYTES} bytes, not ${key.length}`)
  return { id: createHmac('sha256', key).update('vortex key-encryption key id').digest('hex').slice(0, 16), key }
}

/** What a seal is bound to. */
export interface SealedFor {
  table: string
  key: string
}

function associatedData(p: SealedFor & { format: number; key_id: string; layer: 'data key' | 'value' }): Buffer {
  // JSON keeps the parts apart, whatever characters a name has.
  return Buffer.from(JSON.stringify([p.format, p.table, p.key, p.key_id, p.layer]))
}

function encrypt(p: { key: Buffer; nonce: Buffer; plain: Buffer; aad: Buffer }): string {
  const cipher = createCipheriv('aes-256-gcm', p.key, p.nonce, { authTagLength: TAG_BYTES }).setAAD(p.aad)
  return Buffer.concat([cipher.update(p.plain), cipher.final(), cipher.getAuthTag()]).toString('base64')
}

function decrypt(p: { key: Buffer; nonce: string; sealed: string; aad: Buffer }): Buffer {
  const nonce = Buffer.from(p.nonce, 'base64')
  const sealed = Buffer.from(p.sealed, 'base64')
  // Base64 has spare bits and skips foreign characters: only the one canonical spelling opens.
  if (nonce.toString('base64') !== p.nonce || sealed.toString('base64') !== p.sealed) throw new SealBroken()
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) throw new SealBroken()
  const decipher = createDecipheriv('aes-256-gcm', p.key, nonce, { authTagLength: TAG_BYTES }).setAAD(p.aad)
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()])
  } catch {
    throw new SealBroken()
  }
}

export function seal(p: { kek: Kek; plain: string; for: SealedFor }): Sealed {
  const bound = { ...p.for, format: SEAL_FORMAT, key_id: p.kek.id }
  const dataKey = randomBytes(KEY_BYTES)
  const wrapNonce = randomBytes(NONCE_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const sealed: Sealed = {
    format: SEAL_FORMAT,
    key_id: p.kek.id,
    wrapped_key: encrypt({ key: p.kek.key, nonce: wrapNonce, plain: dataKey, aad: associatedData({ ...bound, layer: 'data key' }) }),
    wrap_nonce: wrapNonce.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: encrypt({ key: dataKey, nonce, plain: Buffer.from(p.plain), aad: associatedData({ ...bound, layer: 'value' }) }),
  }
  dataKey.fill(0)
  return sealed
}

/** Throws SealBroken unless every byte is as it was sealed, for this row and this key. */
export function open(p: { kek: Kek; sealed: Sealed; for: SealedFor }): string {
  const { sealed, kek } = p
  if (sealed.format !== SEAL_FORMAT || sealed.key_id !== kek.id) throw new SealBroken()
  const bound = { ...p.for, format: sealed.format, key_id: sealed.key_id }
  const dataKey = decrypt({
    key: kek.key,
    nonce: sealed.wrap_nonce,
    sealed: sealed.wrapped_key,
    aad: associatedData({ ...bound, layer: 'data key' }),
  })
  if (dataKey.length !== KEY_BYTES) throw new SealBroken()
  const plain = decrypt({ key: dataKey, nonce: sealed.nonce, sealed: sealed.ciphertext, aad: associatedData({ ...bound, layer: 'value' }) })
  dataKey.fill(0)
  return plain.toString()
}
