/**
 * Whether a file speaks of DAGs, told from its text alone. Python: the safe mode of Airflow 3, which looks for assets, too: @asset makes a DAG.
 * YAML and JSON: a top-level `dags` mapping whose DAGs have tasks, or `id` and `tasks`; anything else in the DAG folder is left alone. Twin of
 * python/vortex/loading/says_dags.py: both are tested by saysDagsExamples.json.
 */
import { isDataDagName } from '#contract/dagFileNames.ts'

/** Twice what a YAML or JSON DAG file may have: a larger one is told so by the parser, what is larger still is data. */
export const DATA_BYTES_MAX = 2 * 1024 * 1024

/** `dags:` at the margin, with nothing or a flow mapping behind it, and no list below it. */
const DAGS = /^(?:dags|"dags"|'dags')[ \t]*:[ \t]*(?:[{&#][^\n]*)?\r?(?:\n(?!(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-[ \t])|$(?![\s\S]))/m
const TASKS = /(?:^|[\s{,])["']?(?:tasks|task_groups)["']?[ \t]*:/m
const ID = /^(?:id|dag_id)[ \t]*:[ \t]*\S/m
const OWN_TASKS = /^tasks[ \t]*:/m
const JSON_TASKS = /"(?:tasks|task_groups)"\s*:/
const JSON_BROKEN = /^\s*\{\s*"dags"\s*:\s*\{/

export function mentionsDag(path: string, content: Buffer): boolean {
  if (isDataDagName(path)) return content.length <= DATA_BYTES_MAX && dataSaysDags(path, content.toString('utf8'))
  const text = content.toString('latin1').toLowerCase()
  return (text.includes('dag') || text.includes('asset')) && (text.includes('airflow') || text.includes('vortex'))
}

export function dataSaysDags(name: string, text: string): boolean {
  if (name.toLowerCase().endsWith('.json')) return jsonSaysDags(text)
  return (DAGS.test(text) && TASKS.test(text)) || (ID.test(text) && OWN_TASKS.test(text))
}

function jsonSaysDags(text: string): boolean {
  if (!JSON_TASKS.test(text)) return false
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // One that was a DAG file stays one while it is being edited.
    return JSON_BROKEN.test(text)
  }
  if (!isMapping(found)) return false
  const dags = found['dags']
  if (isMapping(dags)) return Object.values(dags).some((dag) => isMapping(dag) && ('tasks' in dag || 'task_groups' in dag))
  return ('id' in found || 'dag_id' in found) && 'tasks' in found
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
