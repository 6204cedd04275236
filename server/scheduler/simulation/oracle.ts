/**
 * An independent judge of runs that no command touched. Of calm seeds it knows all; where there were faults it takes the outcome of
 * the newest attempt as given and judges what follows from it. It knows the DAG, what its tasks do (behaviour.ts) and
 * Airflow's words on trigger rules, restated here as sentences over the final states of the upstream tasks; it knows nothing of
 * counters, order of events or attempts under way. Where Airflow's own answer depends on the order of events, it allows each.
 */
import type { DagSpec, TaskSpec } from '#contract/dagSpec.ts'
import type { TaskInstanceState, TriggerRule } from '#contract/states.ts'
import type { DagRunRecord, TaskInstanceRecord } from '#db/records.ts'
import { allDownstreamOf, behave, BRANCH, downstreamOf } from './behaviour.ts'
import type { Violation } from './invariants.ts'
import type { SimDatabase } from './simDatabase.ts'

type End = 'success' | 'failed' | 'skipped' | 'upstream_failed'
type Verdict = 'run' | 'skipped' | 'upstream_failed'

/** What may come of a rule, given how all upstream tasks ended. */
const RULES: Record<Exclude<TriggerRule, 'all_done_setup_success'>, (ups: End[]) => Verdict[]> = {
  always: () => ['run'],
  all_done: () => ['run'],
  all_success(ups) {
    const out: Verdict[] = []
    if (ups.some(isFailure)) out.push('upstream_failed')
    if (ups.includes('skipped')) out.push('skipped')
    return out.length > 0 ? out : ['run']
  },
  all_failed: (ups) => (ups.every(isFailure) ? ['run'] : ['skipped']),
  all_skipped: (ups) => (ups.every((up) => up === 'skipped') ? ['run'] : ['skipped']),
  one_success: (ups) => (ups.includes('success') ? ['run'] : ups.every((up) => up === 'skipped') ? ['skipped'] : ['upstream_failed']),
  one_failed: (ups) => (ups.some(isFailure) ? ['run'] : ['skipped']),
  one_done: (ups) => (ups.includes('success') || ups.includes('failed') ? ['run'] : ['skipped']),
  none_failed: (ups) => (ups.some(isFailure) ? ['upstream_failed'] : ['run']),
  none_failed_min_one_success: (ups) => (ups.some(isFailure) ? ['upstream_failed'] : ups.includes('success') ? ['run'] : ['skipped']),
  none_skipped: (ups) => (ups.includes('skipped') ? ['skipped'] : ['run']),
  all_done_min_one_success: (ups) => (ups.includes('skipped') ? ['skipped'] : ups.includes('success') ? ['run'] : ['upstream_failed']),
}
/** May begin before all upstream tasks have ended, and so before a branch names it. */
const EARLY: readonly TriggerRule[] = ['always', 'one_success', 'one_failed', 'one_done']

/** What people do, and what ends a run as a whole. */
const TOUCHING = new Set(['cleared', 'marked', 'cancelled', 'new_version', 'timed_out', 'fail_fast', 'data_refused'])

function isFailure(state: End): boolean {
  return state === 'failed' || state === 'upstream_failed'
}

interface Known {
  db: SimDatabase
  seed: number
  fail_rate: number
  isCalm: boolean
  /** Runs that were moved to another version. */
  moved: ReadonlySet<number>
}

export function judgeRuns(p: Known): Violation[] {
  const found: Violation[] = []
  const touched = new Set(p.db.ledger.filter(({ cause }) => TOUCHING.has(cause)).map(({ dag_run_id }) => dag_run_id))
  for (const run of p.db.runs.values()) {
    const spec = p.db.versions.get(run.dag_version_id)?.spec
    if (spec === undefined || touched.has(run.id) || p.moved.has(run.id) || (run.state !== 'success' && run.state !== 'failed')) continue
    if (isMapped(spec)) found.push(...judgeLengths(p.db, run, spec))
    else if (!spec.tasks.some((task) => task.depends_on_past || task.wait_for_downstream)) found.push(...new Judge(p, run, spec).judge())
  }
  return found
}

function isMapped(spec: DagSpec): boolean {
  return (
    spec.tasks.some(({ map_length }) => map_length !== undefined) || spec.task_groups.some(({ map_length }) => map_length !== undefined)
  )
}

/** Of mapped tasks only the number of their instances is judged: one of index -1 that never ran, or 0 to n - 1 for a length of n. */
function judgeLengths(db: SimDatabase, run: DagRunRecord, spec: DagSpec): Violation[] {
  const found: Violation[] = []
  const wrong = (detail: string) => found.push({ kind: 'ORACLE', detail: `${run.dag_id} ${run.run_id}: ${detail}` })
  const rows = [...db.instances.values()].filter((row) => row.dag_run_id === run.id && row.state !== 'removed')
  for (const task of spec.tasks) {
    const program = task.map_length ?? spec.task_groups.find(({ group_id }) => group_id === task.group_id)?.map_length
    const own = rows.filter((row) => row.task_id === task.task_id)
    const indexes = own.map((row) => row.map_index).sort((a, b) => a - b)
    if (program === undefined) {
      if (indexes.join() !== '-1') wrong(`${task.task_id} is not mapped and has the indexes ${indexes.join()}`)
      continue
    }
    if (indexes.join() === '-1') {
      if ((own[0]?.try_number ?? 0) > 0) wrong(`${task.task_id} ran without a map index`)
      continue
    }
    const [step] = program
    const sources = step?.step === 'xcom' ? rows.filter((row) => row.task_id === step.task_id && row.state === 'success') : []
    const length = step?.step === 'literal' ? step.length : sources.reduce((sum, row) => sum + (row.map_length ?? 0), 0)
    const expected = Array.from({ length }, (_, i) => i)
    if (indexes.join() !== expected.join()) wrong(`${task.task_id} is mapped over ${length} items and has the indexes ${indexes.join()}`)
  }
  return found
}

class Judge {
  readonly #p: Known
  readonly #run: DagRunRecord
  readonly #spec: DagSpec
  readonly #rows: Map<string, TaskInstanceRecord>
  readonly #found: Violation[] = []

  constructor(p: Known, run: DagRunRecord, spec: DagSpec) {
    this.#p = p
    this.#run = run
    this.#spec = spec
    this.#rows = new Map([...p.db.instances.values()].filter(({ dag_run_id }) => dag_run_id === run.id).map((row) => [row.task_id, row]))
  }

  judge(): Violation[] {
    for (const task of this.#spec.tasks) {
      const row = this.#rows.get(task.task_id)
      if (row === undefined) this.#wrong(task.task_id, 'has no row')
      else this.#judgeTask(task, row)
    }
    const leaves = this.#spec.tasks.filter(({ task_id }) => downstreamOf(this.#spec, task_id).length === 0)
    const expected = leaves.some(({ task_id }) => isFailure(this.#stateOf(task_id))) ? 'failed' : 'success'
    if (this.#run.state !== expected) this.#wrong('the run', `is ${this.#run.state}, its leaves say ${expected}`)
    return this.#found
  }

  #judgeTask(task: TaskSpec, row: TaskInstanceRecord): void {
    const allowed = this.#verdicts(task)
    const ran = this.#play(task)
    // A branch that ends later skips also what waits for its next try.
    const isCutShort = row.state === 'skipped' && row.try_number < ran.attempts
    const hasRun = (row.try_number > 0 && !isCutShort) || (task.kind === 'empty' && row.state === 'success')
    const verdict: TaskInstanceState | 'run' = hasRun ? 'run' : row.state
    if (!allowed.includes(verdict as Verdict))
      return this.#wrong(
        task.task_id,
        `(${task.trigger_rule}) is ${row.state} after ${row.try_number} attempts, allowed: ${allowed.join(' or ')}`,
      )
    if (verdict !== 'run') return
    if (row.state !== ran.state || row.try_number !== ran.attempts)
      this.#wrong(task.task_id, `is ${row.state} after ${row.try_number} attempts; its attempts give ${ran.state} after ${ran.attempts}`)
  }

  #verdicts(task: TaskSpec): Verdict[] {
    const ups = this.#spec.edges.filter(([, down]) => down === task.task_id).map(([up]) => up)
    if (ups.length === 0) return ['run']
    const rule = task.trigger_rule
    if (rule === 'all_done_setup_success') throw new Error('no setups here')
    const byRule = RULES[rule](ups.map((up) => this.#stateOf(up)))
    const skips = this.#skippedBy(task.task_id)
    if (skips === 'no') return byRule
    // Named by a task right above it that it has to wait for: it cannot have begun before.
    if (skips === 'direct' && !EARLY.includes(rule)) return ['skipped', ...byRule.filter((verdict) => verdict !== 'run')]
    return ['skipped', ...byRule]
  }

  #skippedBy(task_id: string): 'no' | 'direct' | 'far' {
    let found: 'no' | 'far' = 'no'
    for (const task of this.#spec.tasks) {
      if (this.#rows.get(task.task_id)?.state !== 'success' || !this.#play(task).skips.includes(task_id)) continue
      if (downstreamOf(this.#spec, task.task_id).includes(task_id)) return 'direct'
      if (task.operator === BRANCH || !allDownstreamOf(this.#spec, task.task_id).includes(task_id))
        throw new Error('a branch skips its neighbours')
      found = 'far'
    }
    return found
  }

  /** Plays the attempts of a task through until they end it. */
  #play(task: TaskSpec): { state: End; attempts: number; skips: string[] } {
    if (task.kind === 'empty') return { state: 'success', attempts: 0, skips: [] }
    if (!this.#p.isCalm) return this.#newest(task)
    for (let attempt = 1, failures = 0; ; attempt++) {
      const { outcome, skip_task_ids } = behave({ ...this.#p, run_id: this.#run.run_id, spec: this.#spec, task, attempt })
      if (outcome === 'rescheduled' || outcome === 'deferred') continue
      if (outcome === 'success' || outcome === 'skipped') return { state: outcome, attempts: attempt, skips: skip_task_ids }
      if (outcome === 'failed_final' || ++failures > task.retries) return { state: 'failed', attempts: attempt, skips: [] }
    }
  }

  /** Which attempts were lost or given back, only the faults know. */
  #newest(task: TaskSpec): { state: End; attempts: number; skips: string[] } {
    const attempts = this.#rows.get(task.task_id)?.try_number ?? 0
    const { outcome, skip_task_ids } = behave({ ...this.#p, run_id: this.#run.run_id, spec: this.#spec, task, attempt: attempts })
    const state = this.#stateOf(task.task_id)
    // A lost attempt's task waits for its next one, and a branch may skip it meanwhile.
    if (state === 'skipped' && outcome !== 'skipped') return { state: 'success', attempts: attempts + 1, skips: [] }
    return {
      state: outcome === state || state === 'failed' ? state : 'success',
      attempts,
      skips: outcome === 'success' ? skip_task_ids : [],
    }
  }

  #stateOf(task_id: string): End {
    return (this.#rows.get(task_id)?.state ?? 'failed') as End
  }

  #wrong(what: string, detail: string): void {
    this.#found.push({ kind: 'ORACLE', detail: `${this.#run.dag_id} ${this.#run.run_id}: ${what} ${detail}` })
  }
}
