/** Names of runs on the command line: a run id, or `latest`. */
import type { Client } from '#contract/client.ts'
import { CliError, EXIT } from './exit.ts'

/** The run id that is meant; without one the newest run of the DAG. */
export async function resolveRun(client: Client, dagId: string, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== 'latest') return given
  const { data } = await client.listRuns({ params: { dag_id: dagId }, query: { limit: 1 } })
  const [newest] = data
  if (newest === undefined) throw new CliError(EXIT.failed, `${dagId} has no runs yet. Start one with: vortex dags trigger ${dagId}`)
  return newest.run_id
}
