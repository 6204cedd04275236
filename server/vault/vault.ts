/**
 * The vault: named secrets, sealed in the database, readable only with the key-encryption key.
 *
 * States: available (a key is configured and fits the database) or not (no key: every call but `available` fails with
 * vault_unavailable; rows are kept).
 * Invariants: a plain value leaves only through `resolve` and `open`, as `Secret`; a key that does not fit the database refuses at
 * start, and nothing is rewritten.
 */
import { VortexError } from '#contract/errors.ts'
import type { SecretRecord } from '#db/records.ts'
import type { Store } from '#db/store.ts'
import type { Clock } from '#runtime/clock.ts'
import { open, seal, SealBroken, type Kek, type Sealed, type SealedFor } from './cipher.ts'
import { loadKek, VaultKeyError, type KeySource } from './keySource.ts'
import { Secret } from './secretValue.ts'

type VaultStore = Pick<Store, 'secretList' | 'secretGet' | 'secretCreate' | 'secretPut' | 'secretDelete' | 'settingGet' | 'settingInit'>

export interface Vault {
  readonly available: boolean
  /** Makes it, or replaces the one of that key. */
  set(p: { key: string; value: string }): Promise<void>
  /** False = there is one already; it stays. */
  create(p: { key: string; value: string }): Promise<boolean>
  list(): Promise<Omit<SecretRecord, 'sealed'>[]>
  /** False = no such secret. */
  delete(p: { key: string }): Promise<boolean>
  /** Values by name. Fails with not_found if one is missing, and never returns some of them only. */
  resolve(names: readonly string[]): Promise<Map<string, Secret>>
  /** For values that lie in other tables than the secrets'. */
  seal(p: { for: SealedFor; plain: string }): Sealed
  open(p: { for: SealedFor; sealed: Sealed; what: string }): Secret
}

/** It was sealed with another key, or is not what was sealed. */
function brokenSeal(what: string, cause: unknown): VortexError {
  return new VortexError('vault_unavailable', `${what} does not open with the vault's key. Set it again.`, null, { cause })
}

const KEY_CHECK = 'vault_key_check'
const KEY_CHECK_TEXT = 'this key fits this database'
const CHECK_FOR = { table: 'settings', key: KEY_CHECK }
const secretFor = (key: string) => ({ table: 'secrets', key })

/** Opens the vault. Throws VaultKeyError if the key is wrong, missing or badly kept. */
export async function createVault(p: { store: VaultStore; source: KeySource; clock: Clock }): Promise<Vault> {
  const { store, clock } = p
  const stored = await store.settingGet({ name: KEY_CHECK })
  const kek = await loadKek(p.source, { may_create: stored === null })
  if (kek !== null) await checkKey(store, kek, stored)

  const required = (): Kek => {
    if (kek !== null) return kek
    throw new VortexError(
      'vault_unavailable',
      'The vault has no key. Set VORTEX_KEK_FILE (or VORTEX_KEK) to a key made with "openssl rand -base64 32" and start the server again.',
    )
  }
  const opened: Vault['open'] = ({ what, ...p }) => {
    try {
      return new Secret(open({ kek: required(), ...p }))
    } catch (cause) {
      if (!(cause instanceof SealBroken)) throw cause
      throw brokenSeal(what, cause)
    }
  }
  const resolveOne = async (key: string): Promise<Secret> => {
    const record = await store.secretGet({ key })
    if (record === null) throw new VortexError('not_found', `There is no secret "${key}". Set it with: vortex secrets set ${key}`)
    return opened({ for: secretFor(key), sealed: record.sealed, what: `The secret "${key}"` })
  }
  const sealedOne = ({ key, value }: { key: string; value: string }): SecretRecord => {
    const now = clock.now()
    return { key, sealed: seal({ kek: required(), plain: value, for: secretFor(key) }), created_at: now, updated_at: now }
  }
  return {
    available: kek !== null,
    async set(secret) {
      const before = await store.secretGet(secret)
      const record = sealedOne(secret)
      await store.secretPut({ ...record, created_at: before?.created_at ?? record.created_at })
    },
    create: async (secret) => store.secretCreate(sealedOne(secret)),
    async list() {
      return (await store.secretList()).map(({ key, created_at, updated_at }) => ({ key, created_at, updated_at }))
    },
    delete: (secret) => store.secretDelete(secret),
    seal: (p) => seal({ kek: required(), ...p }),
    open: opened,
    async resolve(names) {
      required()
      const unique = [...new Set(names)]
      return new Map(await Promise.all(unique.map(async (name) => [name, await resolveOne(name)] as const)))
    },
  }
}

/** The first key that opens the vault leaves a check value; every later start must open that value. */
async function checkKey(store: VaultStore, kek: Kek, stored: string | null): Promise<void> {
  const inForce =
    stored ?? (await store.settingInit({ name: KEY_CHECK, value: JSON.stringify(seal({ kek, plain: KEY_CHECK_TEXT, for: CHECK_FOR })) }))
  try {
    const sealed = JSON.parse(inForce) as Sealed
    if (open({ kek, sealed, for: CHECK_FOR }) === KEY_CHECK_TEXT) return
  } catch (cause) {
    if (!(cause instanceof SealBroken) && !(cause instanceof SyntaxError)) throw cause
  }
  throw new VaultKeyError(
    'The vault key does not fit this database: its secrets were sealed with another key. Configure that key again (VORTEX_KEK_FILE or VORTEX_KEK). Nothing was changed.',
  )
}
