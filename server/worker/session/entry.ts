/** One attempt or errand as the session holds it, and what the runner is told of it. */
import type { Assignment } from '#swarm/gen/vortex/swarm/v1/swarm.ts'
import type { AttemptRef } from '#scheduler/ports.ts'
import { UNSTARTED_END, type AttemptEnd, type AttemptStart } from '#worker/runner.ts'
import type { BundleUse } from '../bundles/bundleCache.ts'
import { OutputTail } from './outputTail.ts'

export interface Entry {
  key: string
  ref: AttemptRef
  kind: AttemptStart['kind']
  assignment: Assignment
  /** Of an errand, which has no log: the end of what it printed. */
  output: OutputTail | null
  state: 'waiting' | 'preparing' | 'running' | 'ended'
  bundle: BundleUse | null
  /** Why this worker killed it on its own account, whatever the runner then says. */
  killed: { outcome: 'failed' | 'killed'; reason: string; reason_code: string } | null
  /** Open questions. */
  asked: number
  /** How often its bundle could not be fetched. */
  fetchFailures: number
}

/** Classes of this package are the same in every bundle: their triggers need no DAG file, and share one host. */
const OWN_TRIGGERS = 'vortex.'

export function makeEntry(ref: AttemptRef, p: { key: string; assignment: Assignment }): Entry {
  const kind = kindOf(p.assignment)
  return {
    ...p,
    ref,
    kind,
    // A trigger of our own is to share its host with all others, whatever its DAG.
    assignment: kind === 'trigger' && isOwnTrigger(p.assignment) ? { ...p.assignment, bundle_hash: '', dag_file: '' } : p.assignment,
    output: kind === 'task' ? null : new OutputTail(),
    state: 'waiting',
    bundle: null,
    killed: null,
    asked: 0,
    fetchFailures: 0,
  }
}

function kindOf({ kind }: Assignment): Entry['kind'] {
  return kind === 'trigger' || kind === 'dag_callback' ? kind : 'task'
}

/** What cannot be read is left to the host of its DAG file, which says what is wrong. */
function isOwnTrigger({ job_json }: Assignment): boolean {
  try {
    const job = JSON.parse(job_json) as { deferral: { body: string } }
    const body = JSON.parse(job.deferral.body) as { trigger: string }
    return body.trigger.startsWith(OWN_TRIGGERS)
  } catch {
    return false
  }
}

export function needsBundle({ kind, assignment }: Entry): boolean {
  return assignment.bash === undefined && !(kind === 'trigger' && assignment.dag_file === '')
}

/** Takes from the entry what is not needed any more after the start: the job document and the secrets. */
export function takeStart(entry: Entry, p: { bundle_root: string; log_cap_bytes: number; xcom_cap_bytes: number }): AttemptStart {
  const { assignment: a, ref, kind } = entry
  entry.assignment = { ...a, job_json: '', secrets: {}, bash: undefined }
  return {
    ref,
    kind,
    dag_id: a.dag_id,
    run_id: a.run_id,
    task_id: a.task_id,
    map_index: a.map_index,
    bash: a.bash ?? null,
    bundle_hash: a.bundle_hash,
    dag_file: a.dag_file,
    job_json: a.job_json,
    execution_timeout_ms: a.execution_timeout_ms,
    secrets: a.secrets,
    ...p,
  }
}

/** The end of what no process ran. */
export function unstarted(p: { outcome: AttemptEnd['outcome']; reason: string; reason_code: string }): AttemptEnd {
  return { ...UNSTARTED_END, ...p }
}
