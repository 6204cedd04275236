/**
 * The controllers that a worker asks: those it was given, and those that a controller told it of (docs/decisions/0003-leases.md). It
 * decides in which order, how long each may take to welcome, and whether all that could lead were asked.
 */
import { BadAddressError, type ControllerAddress, parseController } from './controllerAddress.ts'

/** A leader that reads a large hello's logs from a slow database may take a while. */
const WELCOME_LONGEST_MS = 15_000
/** While there are others to ask, a controller that is frozen must not cost the lease: a quarter of it, doubled with each failure. */
const PART_OF_LEASE = 0.25
/** More controllers than anybody runs on one database. */
const TOLD_MAX = 16

export class ControllerList {
  readonly #given: readonly ControllerAddress[]
  #told: ControllerAddress[] = []
  #hasUnknown = false
  #leader: ControllerAddress | null = null
  #isLeaderUnknown = false
  /** The controller that was lost last is asked last. */
  #lost: string | null = null
  readonly #slow = new Map<string, number>()

  constructor(given: readonly ControllerAddress[]) {
    this.#given = given
  }

  /** A round over all controllers begins; what is heard of the leader in an earlier one is a hint where to begin. */
  beginRound(): void {
    this.#isLeaderUnknown = false
  }

  /** The next controller to ask in this round; null = all were asked. */
  next(asked: ReadonlySet<string>): ControllerAddress | null {
    const open = this.#all().filter(({ text }) => !asked.has(text))
    return open.find(({ text }) => text === this.#leader?.text) ?? open.find(({ text }) => text !== this.#lost) ?? open[0] ?? null
  }

  /** True if nobody else could lead than those that were asked in this round. */
  get isComplete(): boolean {
    return !this.#hasUnknown && !this.#isLeaderUnknown
  }

  welcomeWait(address: ControllerAddress, lease_ms: number | null): number {
    if (lease_ms === null || this.#all().length === 1) return WELCOME_LONGEST_MS
    return Math.min(WELCOME_LONGEST_MS, lease_ms * PART_OF_LEASE * 2 ** (this.#slow.get(address.text) ?? 0))
  }
  tookTooLong(address: ControllerAddress): void {
    this.#slow.set(address.text, Math.min(10, (this.#slow.get(address.text) ?? 0) + 1))
  }

  welcomed(address: ControllerAddress): void {
    this.#slow.delete(address.text)
    this.#lost = null
    this.#leader = address
  }
  lost(address: ControllerAddress): void {
    this.#lost = address.text
    this.#leader = null
  }

  /** A standby says who leads; '' = nobody, as far as it knows. */
  leaderIs(text: string): void {
    if (text === '') return
    const address = this.#usable(text)
    if (address === null) this.#isLeaderUnknown = true
    else if (address.text !== this.#lost) this.#leader = address
    if (address !== null && !this.#all().some((known) => known.text === address.text)) this.#tell([...this.#told, address])
  }

  /** The leader says which other controllers there are. */
  othersAre(texts: readonly string[]): void {
    const addresses = texts.map((text) => this.#usable(text))
    const usable = addresses.filter((address) => address !== null)
    this.#hasUnknown = usable.length < texts.length
    this.#tell(usable)
  }

  #tell(addresses: ControllerAddress[]): void {
    if (addresses.length > TOLD_MAX) this.#hasUnknown = true
    this.#told = addresses.slice(0, TOLD_MAX)
  }

  #all(): ControllerAddress[] {
    const given = new Set(this.#given.map(({ text }) => text))
    return [...this.#given, ...this.#told.filter(({ text }) => !given.has(text))]
  }

  /** Null = not an address, or one that would show the token on the network although the given ones do not. */
  #usable(text: string): ControllerAddress | null {
    try {
      const address = parseController(text)
      const isSafe = this.#given.every((given) => given.kind === 'tcp' && given.tls)
      if (address.kind === 'socket' || !/^https?:/.test(text) || (isSafe && !address.tls)) return null
      return address
    } catch (error) {
      if (error instanceof BadAddressError) return null
      throw error
    }
  }
}
