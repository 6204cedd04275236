/** What the scheduler would do at once if an edited DAG were saved: worked out only where the edit touches the schedule. */
import type { DagSpec } from '#contract/dagSpec.ts'
import type { SavedSchedule } from '#contract/dagFile.ts'
import type { DagSchedule } from '#scheduler/ports.ts'
import { outlookOf, presentOutlook } from './scheduleOutlook.ts'

/** Settings that decide which runs are due, and how many of them start. */
const DECIDING: ReadonlySet<string> = new Set<keyof DagSpec>(['timetable', 'catchup', 'start_date', 'end_date', 'max_active_runs'])

/** `known`: the DAG as the scheduler has it. Null = the same runs as before, or nobody can tell. */
export async function savedScheduleOf(p: {
  spec: DagSpec
  changed_settings: readonly string[]
  known: DagSchedule | null
  now: number
}): Promise<SavedSchedule | null> {
  const { spec, known, now } = p
  if (known === null || !p.changed_settings.some((name) => DECIDING.has(name))) return null
  const instant = (at: string | null): number | null => (at === null ? null : Date.parse(at))
  const saved = {
    ...known,
    spec: spec.timetable,
    dialect: spec.dialect,
    max_active_runs: spec.max_active_runs,
    restriction: { earliest: instant(spec.start_date), latest: instant(spec.end_date), catchup: spec.catchup ?? false },
  }
  try {
    return { is_paused: known.is_paused, ...presentOutlook(await outlookOf(saved, now), { ...saved, now }) }
  } catch {
    // A schedule that cannot be read is told as the error of the file.
    return null
  }
}
