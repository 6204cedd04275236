/** Texts of the runs of all DAGs. */
import { plural } from './plural.ts'

export const allRunsStrings = {
  allRuns: {
    count: (total: number) => plural(total, 'run'),
    dag: 'DAG',
    allDags: 'All DAGs',
    noDag: 'No DAG fits',
    when: 'Time',
    anyTime: 'Any time',
    since: { '1h': 'In the last hour', '24h': 'In the last 24 hours', '7d': 'In the last 7 days', '30d': 'In the last 30 days' },
    between: 'Between two days',
    from: 'From day',
    to: 'To day',
    hint: 'Runs that ended within it, and those that go on.',
    emptyText: 'Runs appear here as soon as a DAG is triggered or its schedule is due.',
    columns: {
      state: 'State',
      run: 'DAG and run',
      type: 'Type',
      start: 'Started',
      duration: 'Duration',
      tasks: 'Tasks',
      actions: 'Actions',
    },
  },
}
