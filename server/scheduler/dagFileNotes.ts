/** The ledger says who changed which file of the DAG folder. */
import type { Engine } from './engine.ts'
import type { EngineCommands } from './ports.ts'

/** A file that makes a thousand DAGs gets no thousand entries for each save; the first ones name it. */
const DAGS_NOTED_MAX = 50

export function noteDagFile(e: Engine, p: Parameters<EngineCommands['dagFileNoted']>[0]): void {
  const ids: (string | null)[] = p.dag_ids.length === 0 ? [null] : p.dag_ids.slice(0, DAGS_NOTED_MAX)
  for (const dag_id of ids) {
    e.ledger({
      kind: `dag_file.${p.change}`,
      dag_id,
      cause: 'user',
      actor: p.actor,
      message: p.message,
    })
  }
}
