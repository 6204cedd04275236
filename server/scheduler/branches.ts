/**
 * What a branch excluded stays excluded: a task that is cleared while the branch above it is not is skipped again, whatever it was
 * marked as meanwhile (Airflow's NotPreviouslySkippedDep). The decision is the branch's XCom `skipmixin_key`: {"skipped": [task ids]}, or {"followed": [task ids]}.
 */
import type { EngineStore } from '#db/store.ts'
import type { ActiveRun, Instance } from './model.ts'

const SKIP_KEY = 'skipmixin_key'

/** Of instances that shall be cleared: those that a branch excluded that is not cleared with them, and by which one. */
export async function excludedByBranches(
  store: Pick<EngineStore, 'xcomGet'>,
  run: ActiveRun,
  cleared: readonly Instance[],
): Promise<Map<Instance, Instance>> {
  const excluded = new Map<Instance, Instance>()
  const again = new Set(cleared)
  const decisions = new Map<Instance, (task_id: string) => boolean>()
  for (const instance of cleared) {
    for (const task of run.graph.upstream[instance.task] ?? []) {
      for (const branch of run.byTask[task] ?? []) {
        // Only Python decides.
        if (branch.spec.kind !== 'python' || branch.record.state !== 'success' || again.has(branch)) continue
        if (branch.record.map_index >= 0 && branch.record.map_index !== instance.record.map_index) continue
        let excludes = decisions.get(branch)
        if (excludes === undefined) decisions.set(branch, (excludes = await decisionOf(store, branch)))
        if (excludes(instance.record.task_id)) excluded.set(instance, branch)
      }
    }
  }
  return excluded
}

async function decisionOf(store: Pick<EngineStore, 'xcomGet'>, { record }: Instance): Promise<(task_id: string) => boolean> {
  const { dag_run_id, task_id, map_index } = record
  const row = await store.xcomGet({ dag_run_id, task_id, map_index, key: SKIP_KEY })
  const { skipped, followed } = row === null ? {} : listsIn(row.value)
  return (id) => skipped?.includes(id) === true || followed?.includes(id) === false
}

/** Authors can push under this key too: anything but lists of names is no decision. */
function listsIn(json: string): { skipped?: unknown[]; followed?: unknown[] } {
  try {
    const value = JSON.parse(json) as { skipped?: unknown; followed?: unknown } | null
    return {
      ...(Array.isArray(value?.skipped) ? { skipped: value.skipped } : {}),
      ...(Array.isArray(value?.followed) ? { followed: value.followed } : {}),
    }
  } catch {
    return {}
  }
}
