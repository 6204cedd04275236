/**
 * Which failed runs of one connection become which notification. Pure but for the timer that it is given: failures that come together are
 * told together, and a flood of them is one notification in a while. Stopped, it tells nothing any more, also not what it has gathered.
 */
export interface FailedRun {
  dag_id: string
  run_id: string
}
export interface FailureNotice {
  title: string
  body: string
  /** Where a click goes. */
  path: string
}

/** Runs that fail for one reason fail together. */
export const GATHER_MS = 1_500
/** Two notifications are at least so far apart. */
export const APART_MS = 15_000
const NAMES_SHOWN = 3

export class FailureDigest {
  readonly #show: (notice: FailureNotice) => void
  readonly #after: (ms: number, action: () => void) => void
  #failed = new Map<string, FailedRun>()
  #isWaiting = false
  #isQuiet = false
  #isStopped = false

  constructor(p: { show: (notice: FailureNotice) => void; after: (ms: number, action: () => void) => void }) {
    this.#show = p.show
    this.#after = p.after
  }

  stop(): void {
    this.#isStopped = true
    this.#failed.clear()
  }

  add(run: FailedRun): void {
    if (this.#isStopped) return
    this.#failed.set(`${run.dag_id}\n${run.run_id}`, run)
    if (!this.#isQuiet) this.#gather()
  }

  #gather(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#after(GATHER_MS, () => {
      this.#isWaiting = false
      if (this.#failed.size === 0) return
      const runs = [...this.#failed.values()]
      this.#failed = new Map()
      this.#show(noticeOf(runs))
      this.#isQuiet = true
      this.#after(APART_MS, () => {
        this.#isQuiet = false
        if (this.#failed.size > 0) this.#gather()
      })
    })
  }
}

export function noticeOf(runs: readonly FailedRun[]): FailureNotice {
  const [first] = runs
  if (first === undefined) throw new Error('A notice of no failure.')
  if (runs.length === 1)
    return {
      title: `${first.dag_id} failed`,
      body: `Run ${first.run_id}`,
      path: `/dags/${encodeURIComponent(first.dag_id)}/runs/${encodeURIComponent(first.run_id)}`,
    }
  const dags = [...new Set(runs.map(({ dag_id }) => dag_id))]
  const more = dags.length - NAMES_SHOWN
  const names = `${dags.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return {
    title: `${runs.length} runs failed`,
    body: names,
    path: dags.length === 1 ? `/dags/${encodeURIComponent(first.dag_id)}/runs` : '/runs?state=failed',
  }
}
