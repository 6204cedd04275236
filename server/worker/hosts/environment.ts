/** What attempts find in their environment, and what they must not. */
import { join } from 'node:path'
import { pluginEnvironment } from '#runtime/pluginHost.ts'
import type { AttemptStart } from '../runner.ts'

/** Of the product itself or of the launcher (npm, a debugger): may hold tokens, and means nothing to a task. */
const OWN_PREFIXES = ['VORTEX_', 'npm_']
const OWN_NAMES = new Set([
  'DATABASE_URL',
  'PGPASSWORD',
  'PGPASSFILE',
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
])
/** Connections and Variables that an operator hands to all tasks by environment. */
const TASK_PREFIXES = ['VORTEX_CONN_', 'VORTEX_VAR_']

/** With `folder`, the worker's own, attempts may use plugins. */
export function environmentForHosts(env: Readonly<Record<string, string | undefined>>, folder?: string): Record<string, string> {
  const kept: Record<string, string> =
    folder === undefined ? {} : pluginEnvironment({ environment: env, cache_folder: join(folder, 'cache') })
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || OWN_NAMES.has(name)) continue
    if (OWN_PREFIXES.some((prefix) => name.startsWith(prefix)) && !TASK_PREFIXES.some((prefix) => name.startsWith(prefix))) continue
    kept[name] = value
  }
  return kept
}

/** The attempt's own variables; AIRFLOW_CTX_* as Airflow names them. */
export function attemptVariables(p: { start: AttemptStart; job: Record<string, unknown> }): Record<string, string> {
  const { start, job } = p
  const attempt = String(start.ref.attempt)
  // The attempt names the process; authors count tries.
  const try_number = typeof job['try_number'] === 'number' ? String(job['try_number']) : attempt
  const variables: Record<string, string> = {
    AIRFLOW_CTX_DAG_ID: start.dag_id,
    AIRFLOW_CTX_TASK_ID: start.task_id,
    AIRFLOW_CTX_DAG_RUN_ID: start.run_id,
    AIRFLOW_CTX_TRY_NUMBER: try_number,
    VORTEX_DAG_ID: start.dag_id,
    VORTEX_RUN_ID: start.run_id,
    VORTEX_TASK_ID: start.task_id,
    VORTEX_MAP_INDEX: String(start.map_index),
    VORTEX_ATTEMPT: attempt,
    VORTEX_TRY_NUMBER: try_number,
  }
  if (typeof job['logical_date'] === 'string') {
    variables['AIRFLOW_CTX_EXECUTION_DATE'] = job['logical_date']
    variables['AIRFLOW_CTX_LOGICAL_DATE'] = job['logical_date']
  }
  return variables
}
