/** Statements on PostgreSQL and SQLite, without a driver in the tasks' Python. */
import { definePlugin, FailTask, operator, sensor, type TaskContext } from '../api/index.ts'
import { runWork, type Work } from './database.ts'
import { isOneOf, isTruthy } from './truth.ts'

const TEMPLATE_EXTENSIONS = ['.sql'] as const

const connId = { type: 'string', minLength: 1, description: 'A connection of type postgres or sqlite.' } as const
const timeoutSeconds = {
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 2_000_000,
  description: 'After so long the statements are cancelled on the server and the try fails. Default: they take the time that they take.',
} as const
const parameters = {
  anyOf: [{ type: 'array' }, { type: 'object' }],
  description: 'Values: an object for :name, or a list for $1, $2 (SQLite: ?1, ?2). They are never put into the text.',
} as const
const oneStatement = {
  type: 'string',
  minLength: 1,
  description: 'One statement, or the path of a .sql file beside the DAG file.',
} as const

const sqlConfig = {
  type: 'object',
  additionalProperties: false,
  required: ['conn_id', 'sql'],
  properties: {
    conn_id: connId,
    sql: {
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', items: { type: 'string' }, minItems: 1 },
      ],
      description: 'Statements as one text, or a list of texts, or the path of a .sql file beside the DAG file.',
    },
    parameters,
    autocommit: {
      type: 'boolean',
      default: false,
      description: 'true: each statement commits by itself. false: all of them are one transaction.',
    },
    fetch: { enum: ['all', 'first', 'none'], default: 'all', description: 'Which rows are the XCom. none: no rows are read.' },
    rows: { enum: ['lists', 'objects'], default: 'lists', description: 'A row as a list of cells, or as an object by column name.' },
    return_last: { type: 'boolean', default: true, description: 'Rows of the last statement only; false: a list with those of each.' },
    max_rows: { type: 'integer', minimum: 1, default: 10_000, description: 'More rows fail the task.' },
    max_bytes: { type: 'integer', minimum: 1, default: 4 * 1024 ** 2, description: 'Rows of more bytes as JSON fail the task.' },
    timeout_seconds: timeoutSeconds,
  },
} as const

const scalar = { type: ['string', 'number', 'boolean'] } as const
const outcomes = { anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }] } as const
const sensorConfig = {
  type: 'object',
  additionalProperties: false,
  required: ['conn_id', 'sql'],
  properties: {
    conn_id: connId,
    sql: oneStatement,
    parameters,
    success: { ...outcomes, description: 'What the first cell must be: a value or a list of values. Default: anything true.' },
    failure: { ...outcomes, description: 'What the first cell must not be: then the task fails.' },
    fail_on_empty: { type: 'boolean', default: false, description: 'No row at all fails the task.' },
    timeout_seconds: { ...timeoutSeconds, default: 60, description: 'How long one look may take.' },
  },
} as const

interface OneRow {
  conn_id: string
  sql: string
  parameters?: Work['parameters']
  timeout_seconds?: number
}

/** The first row; null if there is none. */
async function firstRow(config: OneRow, context: TaskContext): Promise<unknown[] | null> {
  const kept = { autocommit: false, fetch: 'first', rows: 'lists', return_last: true, max_rows: 1, max_bytes: 1024 ** 2 } as const
  return (await runWork({ ...kept, ...config }, context)) as unknown[] | null
}

export const plugin = definePlugin({
  api: 1,
  name: 'sql',
  operators: {
    SqlOperator: operator({
      description: 'Runs SQL statements on PostgreSQL or SQLite, in one transaction, and leaves the rows as XCom.',
      config: sqlConfig,
      templateFields: ['sql', 'parameters', 'conn_id'],
      templateExtensions: TEMPLATE_EXTENSIONS,
      execute: (config, context) => runWork(config, context),
    }),
  },
  sensors: {
    SqlSensor: sensor({
      description: 'Waits until the first cell of what a statement returns is true, or one of given values.',
      config: sensorConfig,
      templateFields: ['sql', 'parameters', 'conn_id', 'success', 'failure'],
      templateExtensions: TEMPLATE_EXTENSIONS,
      async poke(config, context) {
        const row = await firstRow(config, context)
        if (row === null) {
          if (config.fail_on_empty) throw new FailTask('The statement returned no row (fail_on_empty).')
          return false
        }
        const cell = row[0]
        if (config.failure !== undefined && isOneOf(cell, config.failure)) {
          throw new FailTask(`The statement returned ${JSON.stringify(cell)}, which is a failure here.`)
        }
        return config.success === undefined ? isTruthy(cell) : isOneOf(cell, config.success)
      },
    }),
  },
})
