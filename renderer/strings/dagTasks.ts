/** Texts of the list of a DAG's tasks. */
import { plural } from './plural.ts'

export const dagTasksStrings = {
  dagTasks: {
    columns: {
      task: 'Task',
      last: 'Last state',
      duration: 'Duration',
      operator: 'Operator',
      rule: 'Trigger rule',
      pool: 'Pool',
      retries: 'Retries',
    },
    search: 'Search tasks',
    count: (shown: number, all: number) =>
      shown === all ? plural(all, 'task') : `${shown.toLocaleString('en')} of ${plural(all, 'task')}`,
    lastRun: 'Last states are of',
  },
}
