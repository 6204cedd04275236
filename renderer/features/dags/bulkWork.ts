/** A bulk action in parts: first what would happen to each DAG, then the doing, a part at a time so that it can be followed. */
import { BULK_DAGS_MAX, type BulkAction, type BulkItem, type DagListFilter } from '#contract/dagList.ts'
import { api } from '../../api/client.ts'
import type { Selection } from './selection.ts'

/** DAGs of one request while it is done: a few hundred milliseconds, so that progress is seen and an error stops soon. */
const PART = 100

/** What would happen. All that match are found by the server, with the filter of the list. */
export async function dryRun(action: BulkAction, selection: Selection, filter: DagListFilter): Promise<BulkItem[]> {
  if (selection.all) return (await api.bulkDags({ body: { action, filter, dry_run: true } })).data
  const items: BulkItem[] = []
  for (const dag_ids of partsOf([...selection.ids], BULK_DAGS_MAX))
    items.push(...(await api.bulkDags({ body: { action, dag_ids, dry_run: true } })).data)
  return items
}

/** Does it to exactly these DAGs. `onPart` gets each part's results; a request that fails ends it. */
export async function carryOut(action: BulkAction, dag_ids: readonly string[], onPart: (items: BulkItem[]) => void): Promise<BulkItem[]> {
  const all: BulkItem[] = []
  for (const part of partsOf(dag_ids, PART)) {
    const { data } = await api.bulkDags({ body: { action, dag_ids: part } })
    all.push(...data)
    onPart(data)
  }
  return all
}

function partsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
