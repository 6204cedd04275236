/** Texts of the graph. */
import { plural } from './plural.ts'

export const graphStrings = {
  graph: {
    find: 'Find a task',
    expandAll: 'Unfold all groups',
    foldAll: 'Fold all groups',
    direction: 'Direction',
    directions: { LR: 'Left to right', TB: 'Top to bottom', RL: 'Right to left', BT: 'Bottom to top' },
    chosen: 'chosen',
    export: 'Save as an image',
    exportSvg: 'Save the graph as SVG',
    exportPng: 'Save the graph as PNG',
    overview: 'Overview: press to go there',
    keys: 'Arrow keys go from task to task along the edges, Enter opens one, Escape closes it.',
    upstream: (count: number) => `${plural(count, 'task')} upstream`,
    downstream: (count: number) => `${plural(count, 'task')} downstream`,
    fit: 'Fit to window',
    newestRun: 'Newest run',
    run: 'Run',
    noRun: 'No run yet',
    layingOut: 'Laying out the graph …',
    empty: 'This DAG has no tasks',
    tasks: (count: number) => plural(count, 'task'),
    /** A mapped task has several instances. */
    groupOf: (tasks: number, instances: number) =>
      instances > tasks ? `${plural(tasks, 'task')} · ${instances.toLocaleString('en')}×` : plural(tasks, 'task'),
    mapped: (count: number) => `${count.toLocaleString('en')}×`,
    unfold: (label: string) => `Unfold ${label}`,
    fold: (label: string) => `Fold ${label}`,
    found: (at: number, count: number) => (count === 0 ? 'none' : `${at} of ${count}`),
    label: 'Task graph',
    failed: 'The graph could not be laid out',
  },
}
