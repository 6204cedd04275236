/** DAGs with a timetable class of the author's own: which of their files should be parsed again, because their list of runs ends or is old. */
import { needsNewList } from '#domain/schedule/computedTimetable.ts'
import type { Engine } from './engine.ts'
import { lastScheduled } from './schedule.ts'

export function filesWithOldLists(e: Engine | null, now: number): string[] {
  const files = new Set<string>()
  for (const dag of e?.dags.values() ?? [])
    if (!dag.record.is_stale && needsNewList(dag.version.spec.timetable, lastScheduled(dag), now)) files.add(dag.record.file)
  return [...files]
}
