/** A task's context for tests that call a plugin's functions as they are; the connections are given, and the log's lines are kept. */
import type { Connection, NotifierContext } from '../api/index.ts'

export interface TestContext extends NotifierContext {
  readonly lines: string[]
}

export function testContext(connections: readonly Partial<Connection>[], signal: AbortSignal = new AbortController().signal): TestContext {
  const lines: string[] = []
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return {
    dag_id: 'reports',
    run_id: 'manual__1',
    task_id: 'load',
    map_index: -1,
    attempt: 1,
    logical_date: null,
    data_interval_start: null,
    data_interval_end: null,
    params: {},
    state: 'failed',
    reason: 'exit code 1',
    lines,
    log: { debug: write('DEBUG'), info: write('INFO'), warning: write('WARNING'), error: write('ERROR') },
    signal,
    async connection(conn_id) {
      const found = connections.find((one) => one.conn_id === conn_id)
      if (found === undefined) throw new Error(`The conn_id ${conn_id} isn't defined.`)
      return { conn_id, conn_type: null, host: null, port: null, login: null, password: null, schema: null, extra: {}, ...found }
    },
    variable: async () => null,
    xcom: { pull: async () => null, push: async () => undefined },
    mask: async () => undefined,
  }
}
