/** Texts of rendered templates, XComs, notes, mapped instances, and of marking and clearing. */
import { plural } from './plural.ts'

export const taskViewsStrings = {
  rendered: {
    none: 'No template fields',
    noneText: 'This operator has no fields that templates could fill.',
    raw: 'In the DAG',
    rendered: 'Rendered',
    same: 'as in the DAG',
    copy: (side: string) => `Copy: ${side}`,
    cut: 'It was longer; the beginning is kept.',
    plain: 'No field holds a template: the task gets what the DAG says.',
    notYet: 'The fields are rendered when an attempt starts.',
    missing: 'This attempt has rendered nothing: it has not come to it, or ended before.',
  },
  xcom: {
    copy: (key: string) => `Copy the value of ${key}`,
    download: 'Download',
    tooLarge: (size: string) => `The value is larger than ${size}: download it.`,
  },
  json: {
    more: (count: number) => `${count.toLocaleString('en')} more …`,
    copy: (name: string | null) => (name === null ? 'Copy the value' : `Copy ${name}`),
  },
  note: {
    label: 'Note',
    add: 'Add a note',
    edit: 'Edit',
    save: 'Save',
    hint: (left: number) => `Markdown; ${plural(left, 'character')} left. Everybody who may see the run reads it.`,
  },
  mapped: { index: 'Index', none: 'No instance is in this state' },
  mark: {
    title: (state: string) => `Mark ${state}`,
    killTitle: 'Kill the running attempt',
    lead: {
      success: 'These count as done. Nothing of them runs; what waits for them may start.',
      failed: 'These count as failed. Tasks downstream that need them fail with them.',
      skipped: 'These count as skipped, and tasks downstream that need them are skipped.',
    },
    killLead: 'Its process and all that it started are ended, at first politely. The task counts as failed and is not tried again.',
    running: (count: number) =>
      count === 1
        ? 'One of them runs now; its process is killed.'
        : `${count.toLocaleString('en')} of them run now; their processes are killed.`,
    affected: (count: number) => `${plural(count, 'task instance')} will change`,
    none: 'Nothing would change with these choices.',
    submit: (count: number, state: string) => `Mark ${count.toLocaleString('en')} ${state}`,
    kill: 'Kill',
    killed: (id: string) => `${id} is being killed.`,
    done: (count: number, state: string) => `${plural(count, 'task instance')} marked ${state}.`,
  },
  clear: {
    title: 'Clear tasks',
    titleRuns: (count: number) => `Clear ${plural(count, 'run')}`,
    lead: 'Cleared tasks run again as new attempts. Their earlier attempts and logs are kept.',
    which: 'Also',
    upstream: 'Upstream',
    downstream: 'Downstream',
    past: 'Past runs',
    future: 'Future runs',
    onlyFailed: 'Only failed',
    version: 'Run with',
    original: (version: number | null) => (version === null ? 'Their own versions' : `Original, version ${version}`),
    newest: (version: number | null) => (version === null ? 'Newest version' : `Newest, version ${version}`),
    sameVersion: (version: number) => `Version ${version}, which is the newest, runs.`,
    note: 'Note',
    notePlaceholder: 'Why it is cleared; kept with the task instances and in the events',
    affected: (count: number, runs: number) =>
      `${plural(count, 'task instance')}${runs > 1 ? ` of ${runs.toLocaleString('en')} runs` : ''} will run again`,
    none: 'Nothing to clear with these choices.',
    submit: (count: number) => `Clear ${count.toLocaleString('en')}`,
    done: (count: number) => `${plural(count, 'task instance')} cleared.`,
    more: (count: number) => `and ${count.toLocaleString('en')} more`,
    ofRun: (count: number) => plural(count, 'task instance'),
  },
}
