/**
 * The connections that the app knows, kept in its own folder. `local` is always there and always first.
 *
 * Invariants: a key reaches the disk only encrypted by the keychain; a key that cannot be is kept in memory until the app ends. The
 * address of a connection that has a key never changes under it: another address drops the key.
 */
import { randomBytes } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { Strict, Nullable, Enum } from '#contract/schema.ts'
import { CONNECTION_COLORS, CONNECTIONS_MAX, ENVIRONMENTS, SAFE_MODES, type Connection, type ConnectionDraft } from '../bridge/channels.ts'
import { readJsonFile, writeJsonFile } from '../jsonFile.ts'
import { parseServerUrl } from './serverUrl.ts'
import type { Keychain } from './keychain.ts'

export const LOCAL = 'local'

const Kept = Strict({
  id: Type.String(),
  name: Type.String(),
  url: Nullable(Type.String()),
  color: Enum(CONNECTION_COLORS),
  environment: Enum(ENVIRONMENTS),
  encrypted_key: Nullable(Type.String()),
  last_used_at: Nullable(Type.String()),
  // Files of before they were have neither.
  safe_mode: Type.Optional(Enum(SAFE_MODES)),
  notifies: Type.Optional(Type.Boolean()),
})
type Kept = Static<typeof Kept>
const File = Strict({ connections: Type.Array(Kept), current: Type.String() })

const LOCAL_CONNECTION: Kept = {
  id: LOCAL,
  name: 'This computer',
  url: null,
  color: 'gray',
  environment: 'local',
  encrypted_key: null,
  last_used_at: null,
}

export class ConnectionStore {
  readonly #path: string
  readonly #keychain: Keychain
  readonly #entered = new Map<string, string>()
  #connections: Kept[]
  #current: string

  constructor(p: { path: string; keychain: Keychain }) {
    this.#path = p.path
    this.#keychain = p.keychain
    const { connections, current } = readJsonFile(p.path, File, { connections: [], current: LOCAL })
    const local = connections.find(({ id }) => id === LOCAL) ?? LOCAL_CONNECTION
    this.#connections = [local, ...connections.filter(({ id, url }) => id !== LOCAL && url !== null)]
    this.#current = this.#connections.some(({ id }) => id === current) ? current : LOCAL
  }

  get current(): string {
    return this.#current
  }

  /** Local first, then by the last use. */
  list(): Connection[] {
    const [local, ...remote] = this.#connections.map((kept) => this.#present(kept))
    const byUse = remote.toSorted((a, b) => (b.last_used_at ?? '').localeCompare(a.last_used_at ?? '') || a.name.localeCompare(b.name))
    return local === undefined ? byUse : [local, ...byUse]
  }

  get(id: string): Connection | null {
    const kept = this.#find(id)
    return kept === undefined ? null : this.#present(kept)
  }

  /** By id, or by name as it stands in a link (`vortex://production-eu/...`). */
  named(word: string): Connection | null {
    const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
    return this.get(word) ?? this.list().find(({ name }) => slug(name) === slug(word)) ?? null
  }

  async save(draft: ConnectionDraft): Promise<Connection> {
    const before = draft.id === null ? undefined : this.#find(draft.id)
    if (draft.id !== null && before === undefined) throw new Error('This connection was removed meanwhile.')
    if (before?.id === LOCAL) throw new Error('The server on this computer has no address to change.')
    if (before === undefined && this.#connections.length >= CONNECTIONS_MAX)
      throw new Error(`There are ${CONNECTIONS_MAX} connections, the most that are kept. Remove one first.`)
    const url = parseServerUrl(draft.url)
    const id = before?.id ?? randomBytes(4).toString('hex')
    const hasMoved = before !== undefined && before.url !== url
    if (hasMoved) this.#entered.delete(id)
    const encrypted = draft.api_key === null ? null : await this.#encrypt(draft.api_key)
    if (draft.api_key !== null) this.#entered.set(id, draft.api_key)
    const kept: Kept = {
      id,
      name: draft.name.trim(),
      url,
      color: draft.color,
      environment: draft.environment,
      encrypted_key: draft.api_key !== null ? encrypted : hasMoved ? null : (before?.encrypted_key ?? null),
      last_used_at: before?.last_used_at ?? null,
      safe_mode: draft.safe_mode,
      notifies: before?.notifies ?? true,
    }
    this.#connections = before === undefined ? [...this.#connections, kept] : this.#connections.map((one) => (one === before ? kept : one))
    this.#write()
    return this.#present(kept)
  }

  remove(id: string): void {
    if (id === LOCAL) throw new Error('The server on this computer cannot be removed.')
    this.#connections = this.#connections.filter((one) => one.id !== id)
    this.#entered.delete(id)
    if (this.#current === id) this.#current = LOCAL
    this.#write()
  }

  use(id: string, now: Date): void {
    this.#connections = this.#connections.map((one) => (one.id === id ? { ...one, last_used_at: now.toISOString() } : one))
    this.#current = id
    this.#write()
  }

  /** Kept by the keychain, or where there is none until the app ends. */
  async enterKey(id: string, key: string): Promise<void> {
    this.#entered.set(id, key)
    const encrypted_key = await this.#encrypt(key)
    this.#connections = this.#connections.map((one) => (one.id === id && one.url !== null ? { ...one, encrypted_key } : one))
    this.#write()
  }

  /**
   * The server refused the key: it is forgotten, and must be asked for. False if another one was entered meanwhile, or it is gone already:
   * several requests were on their way with it.
   */
  dropKey(id: string, refused: string): boolean {
    // Who sent it had it from `key`, which keeps it here.
    if (this.#entered.get(id) !== refused) return false
    this.#entered.delete(id)
    this.#connections = this.#connections.map((one) => (one.id === id ? { ...one, encrypted_key: null } : one))
    this.#write()
    return true
  }

  setNotifies(id: string, notifies: boolean): void {
    this.#connections = this.#connections.map((one) => (one.id === id ? { ...one, notifies } : one))
    this.#write()
  }

  /** null = it must be asked for. */
  async key(id: string): Promise<string | null> {
    const entered = this.#entered.get(id)
    if (entered !== undefined) return entered
    const encrypted = this.#find(id)?.encrypted_key ?? null
    if (encrypted === null) return null
    try {
      const key = await this.#keychain.decrypt(encrypted)
      this.#entered.set(id, key)
      return key
    } catch {
      // Another user's keychain, or one that was made anew: the text is worth nothing.
      return null
    }
  }

  keychainProblem(): Promise<string | null> {
    return this.#keychain.problem()
  }

  async #encrypt(key: string): Promise<string | null> {
    return (await this.#keychain.problem()) === null ? this.#keychain.encrypt(key) : null
  }

  #find(id: string): Kept | undefined {
    return this.#connections.find((one) => one.id === id)
  }

  #present({ encrypted_key, ...kept }: Kept): Connection {
    const key =
      kept.url === null ? 'not_needed' : encrypted_key !== null ? 'kept' : this.#entered.has(kept.id) ? 'entered' : ('missing' as const)
    return { ...kept, key, safe_mode: kept.safe_mode ?? 'allow', notifies: kept.notifies ?? true }
  }

  #write(): void {
    writeJsonFile(this.#path, { connections: this.#connections, current: this.#current })
  }
}
