/** Texts of two runs side by side. */
import { plural } from './plural.ts'

export const compareRunsStrings = {
  compareRuns: {
    open: 'Compare with …',
    with: 'Compare with',
    choose: 'Choose a run',
    alone: 'The DAG has no other run to compare with',
    label: (left: string, right: string) => `Tasks of ${left} and ${right}`,
    task: 'Task',
    thisRun: 'This run',
    otherRun: 'Other run',
    difference: 'Difference',
    absent: 'not in it',
    onlyThis: 'only in this run',
    onlyOther: 'only in the other',
    otherState: 'other state',
    same: 'about the same',
    slower: (by: string) => `${by} slower`,
    faster: (by: string) => `${by} faster`,
    sum: (states: number, durations: number, total: number) =>
      states + durations === 0
        ? `No notable difference in ${plural(total, 'task')}`
        : `Of ${plural(total, 'task')}: ${states.toLocaleString('en')} with another state, ${durations.toLocaleString('en')} notably faster or slower`,
  },
}
