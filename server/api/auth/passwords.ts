/**
 * Password hashes: scrypt with N = 2^17, r = 8, p = 1 (OWASP's floor; 128 MiB and about 0.4 s each). At most two are
 * computed at once and sixteen wait, so that a flood of sign-ins costs neither memory nor the API's latency.
 */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { VortexError } from '#contract/errors.ts'
import { PASSWORD_JOBS_MAX, PASSWORD_QUEUE_MAX } from '#runtime/limits.ts'

const COST = 2 ** 17
const BLOCK_SIZE = 8
const HASH_BYTES = 32

export interface Passwords {
  /** `scrypt$N$r$p$salt$hash` with base64 parts. */
  hash(password: string): Promise<string>
  /** With null (no such user, or no password set) it does the same work and answers false. */
  verify(p: { password: string; stored: string | null }): Promise<boolean>
}

/** `cost` is N; only tests lower it. */
export function createPasswords(options: { cost?: number } = {}): Passwords {
  const cost = options.cost ?? COST
  const decoy = `scrypt$${cost}$${BLOCK_SIZE}$1$${randomBytes(16).toString('base64')}$${randomBytes(HASH_BYTES).toString('base64')}`
  let running = 0
  const waiting: (() => void)[] = []

  async function derive(p: { password: string; salt: Buffer; options: ScryptOptions }): Promise<Buffer> {
    if (running >= PASSWORD_JOBS_MAX) {
      if (waiting.length >= PASSWORD_QUEUE_MAX)
        throw new VortexError('rate_limited', 'Too many sign-ins at once. Try again in a few seconds.', { retry_after_seconds: 5 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        // NFKC, so that the same password typed on another keyboard layout or system is the same bytes.
        scrypt(p.password.normalize('NFKC'), p.salt, HASH_BYTES, p.options, (error, key) => (error ? reject(error) : resolve(key)))
      })
    } finally {
      const next = waiting.shift()
      // The place passes on directly; `running` falls only when nobody waits.
      if (next) next()
      else running -= 1
    }
  }

  return {
    async hash(password) {
      const salt = randomBytes(16)
      const key = await derive({ password, salt, options: scryptOptions({ N: cost, r: BLOCK_SIZE, p: 1 }) })
      return `scrypt$${cost}$${BLOCK_SIZE}$1$${salt.toString('base64')}$${key.toString('base64')}`
    },
    async verify({ password, stored }) {
      const [kind, n, r, p, salt, hash] = (stored ?? decoy).split('$')
      if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false
      const expected = Buffer.from(hash, 'base64')
      const key = await derive({
        password,
        salt: Buffer.from(salt, 'base64'),
        options: scryptOptions({ N: Number(n), r: Number(r), p: Number(p) }),
      })
      return key.length === expected.length && timingSafeEqual(key, expected) && stored !== null
    },
  }
}

function scryptOptions(p: { N: number; r: number; p: number }): ScryptOptions {
  return { ...p, maxmem: 128 * p.N * p.r * p.p + 2 ** 20 }
}
