/** Texts of the Gantt chart. */
import { plural } from './plural.ts'

export const ganttStrings = {
  gantt: {
    label: (run: string) => `Timeline of ${run}`,
    empty: 'Nothing has started in this run yet',
    emptyText: 'Bars appear as soon as a task waits for a worker or runs.',
    noRun: 'This DAG has no runs yet',
    task: 'Task',
    waiting: 'waiting',
    running: 'ran, in the colour of its state',
    group: 'group',
    sinceStart: 'since the start',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Show everything',
    unfoldAll: 'Unfold all',
    foldAll: 'Fold all',
    fold: (name: string) => `Fold ${name}`,
    unfold: (name: string) => `Unfold ${name}`,
    idle: 'Fold idle time',
    idleHint: (length: string) => `Nothing waited or ran for ${length}`,
    critical: 'Critical path',
    criticalHint: 'The tasks that decided when the run ended: each waited for the one before. Making others shorter changes nothing.',
    criticalSum: (tasks: number, total: number, ran: string, waited: string) =>
      `${tasks.toLocaleString('en')} of ${plural(total, 'task')} decided the end: ${ran} running, ${waited} waiting`,
    criticalStep: (waited: string) => `On the critical path, waited ${waited} after the one before`,
    attempt: (attempt: number, most: number) => (most > 0 ? `attempt ${attempt} of ${most}` : `attempt ${attempt}`),
    waitedFor: 'Waited',
    ranFor: 'Ran',
    from: 'From',
    to: 'To',
    now: 'now',
    afterStart: (offset: string) => `${offset} after the start of the run`,
    counts: (total: number) => plural(total, 'task instance'),
    keys: 'Ctrl and wheel zoom, drag pans, + and − zoom, 0 shows everything',
  },
}
