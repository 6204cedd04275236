/** What commands about DAGs say beside their answer: that files are still being read, and that a file fails to load now. */
import type { Health } from '#contract/admin.ts'
import type { Client } from '#contract/client.ts'
import type { DagDetail } from '#contract/dag.ts'
import { VortexError } from '#contract/errors.ts'
import type { Screen } from './output.ts'

/** Making a Python environment takes 5 to 30 s; behind a slow line or for a thousand files longer. */
const WAIT_MS = 120_000
const ASK_MS = 300

type Reading = Health['dag_files']

/** Waits, and says so, while the server prepares Python or reads its DAG files for the first time. */
export async function untilDagsAreRead({ client, screen }: { client: Client; screen: Screen }): Promise<Reading> {
  const end = Date.now() + WAIT_MS
  let told: Reading['state'] | null = null
  for (;;) {
    const { dag_files } = await client.health()
    const { state } = dag_files
    if (state === 'ready' || state === 'failed' || Date.now() > end) return dag_files
    if (state !== told) screen.note(WAITING[state])
    told = state
    await new Promise((resolve) => setTimeout(resolve, ASK_MS))
  }
}

const WAITING = {
  preparing: 'The server is preparing its Python environment (once, up to a minute); waiting for it ...',
  reading: 'The server is reading its DAG files; waiting for it ...',
}

/** The remark on a list of DAGs that may not be whole. */
export function readingNote({ state, waiting }: Reading): string | null {
  if (state === 'failed') return 'The server has no Python to read DAG files with; its log says why. On its machine run: vortex doctor'
  if (state === 'preparing') return 'The server is still preparing its Python environment; its DAG files come after that.'
  if (state === 'reading') return `${waiting} DAG ${waiting === 1 ? 'file is' : 'files are'} still being read; more DAGs may follow.`
  return null
}

/** A DAG; if it is not there, after the server has read its files. */
export async function findDag({ client, screen }: { client: Client; screen: Screen }, id: string): Promise<DagDetail> {
  const ask = () => client.getDag({ params: { dag_id: id } })
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof VortexError) || error.code !== 'not_found') throw error
    const { dag_files } = await client.health()
    if (dag_files.state === 'ready') throw error
    const note = readingNote(await untilDagsAreRead({ client, screen }))
    if (note !== null) screen.note(note)
    return await ask()
  }
}

/** `etl.py:12 fails to load: ...`, or null. */
export function importFailure(dag: { import_error: { file: string; line: number | null; message: string } | null }): string | null {
  const error = dag.import_error
  return error === null
    ? null
    : `${error.file}${error.line === null ? '' : `:${error.line}`} fails to load: ${error.message.replace(/[.\s]*$/, '')}.`
}
