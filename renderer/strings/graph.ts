/** Texts of the graph. */
import { plural } from './plural.ts'

export const graphStrings = {
  graph: {
    find: 'Find a task',
    expandAll: 'Unfold all groups',
    foldAll: 'Fold all groups',
    direction: 'Direction',
    horizontal: 'Left to right',
    vertical: 'Top to bottom',
    fit: 'Fit to window',
    newestRun: 'Newest run',
    run: 'Run',
    noRun: 'No run yet',
    layingOut: 'Laying out the graph …',
    empty: 'This DAG has no tasks',
    tasks: (count: number) => plural(count, 'task'),
    mapped: (count: number) => `${count.toLocaleString('en')}×`,
    unfold: (label: string) => `Unfold ${label}`,
    fold: (label: string) => `Fold ${label}`,
    found: (at: number, count: number) => (count === 0 ? 'none' : `${at} of ${count}`),
    label: 'Task graph',
    failed: 'The graph could not be laid out',
  },
}
