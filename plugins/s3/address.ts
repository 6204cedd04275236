/** Bucket and key as people write them: apart, or as s3://bucket/key. */
import { FailTask } from '../api/index.ts'

export interface Address {
  bucket: string
  key: string
}

export interface Written {
  bucket: string | undefined
  key: string
  /** The config's names of the two, for messages. */
  names: { bucket: string; key: string }
  /** The connection's bucket, for what names none. */
  fallback: string | undefined
}

/** As in Airflow: a key that is a whole address has no bucket beside it. */
export function addressOf({ bucket, key, names, fallback }: Written): Address {
  const whole = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(key)
  if (whole !== null) {
    if (bucket !== undefined)
      throw new FailTask(`${names.key} is a whole address (${key}): leave ${names.bucket} out, or write the key alone.`)
    return checked({ bucket: whole[1] ?? '', key: whole[2] ?? '' }, names.key)
  }
  const found = bucket ?? fallback
  if (found === undefined) throw new FailTask(`${names.bucket} is missing. Give it, or write ${names.key} as s3://bucket/key.`)
  return checked({ bucket: found, key }, names.key)
}

/** S3's own limit; a longer key gets an answer that says less. */
const KEY_BYTES_MAX = 1024

function checked(address: Address, name: string): Address {
  if (address.key === '') throw new FailTask(`${name} is empty; an object's key has at least one character.`)
  const bytes = Buffer.byteLength(address.key)
  if (bytes > KEY_BYTES_MAX) throw new FailTask(`${name} has ${bytes} bytes; a key may have ${KEY_BYTES_MAX}.`)
  return address
}

export function shown({ bucket, key }: Address): string {
  return `s3://${bucket}/${key}`
}

/** `*`, `?` and `[...]` as in Python's fnmatch: a `*` goes over slashes, too. `prefix` is what stands before the first of them. */
export function wildcard(pattern: string): { prefix: string; matches: (key: string) => boolean } {
  const prefix = /^[^*?[]*/.exec(pattern)?.[0] ?? ''
  const source = pattern.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[^]/gu, (part, not?: string, set?: string) => {
    if (part.startsWith('*')) return '.*'
    if (part === '?') return '.'
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`
    return part.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
  })
  const expression = new RegExp(`^${source}$`, 'su')
  return { prefix, matches: (key) => expression.test(key) }
}
