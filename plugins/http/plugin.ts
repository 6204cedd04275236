/** HTTP: HttpOperator sends a request, HttpSensor waits for an answer. Node's own fetch. */
import { definePlugin, operator, sensor } from 'vortex/plugin'
import { isMet, valueAt } from './condition.ts'
import { type Answer, send } from './request.ts'

const REQUEST = {
  url: { type: 'string', description: 'A whole address, instead of http_conn_id and endpoint' },
  http_conn_id: { type: 'string', description: 'Connection with address and sign-in. Default: http_default, unless there is a url' },
  endpoint: { type: 'string', description: "A path below the connection's address, or a whole address" },
  headers: { type: 'object', additionalProperties: { type: 'string' }, description: "Headers; they win over the connection's" },
  query: { type: 'object', description: 'Added to the address; a list repeats its name' },
  timeout_seconds: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 86400,
    default: 60,
    description: 'For the whole answer, redirects included',
  },
  max_response_bytes: { type: 'integer', minimum: 1, default: 1048576, description: 'A longer answer fails the task' },
  max_redirects: { type: 'integer', minimum: 0, maximum: 50, default: 10, description: '0 = a redirect is the answer' },
  verify_tls: { type: 'boolean', default: true, description: "Whether the server's certificate must be good" },
  ca_file: { type: 'string', description: 'File with a further authority of certificates (PEM)' },
} as const
const DATA = { description: 'Sent as JSON, a text as it is; of GET and HEAD an object is added to the address' } as const
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const
const STATUS = {
  anyOf: [
    { type: 'integer', minimum: 100, maximum: 599 },
    { type: 'array', items: { type: 'integer', minimum: 100, maximum: 599 }, minItems: 1 },
  ],
} as const
/** Of an answer that fails the task, this much is shown. */
const SHOWN_CHARS = 500

const SUCCESSES = Array.from({ length: 100 }, (_, index) => 200 + index)

function isExpected(status: number, expected: number | readonly number[] = SUCCESSES): boolean {
  return typeof expected === 'number' ? status === expected : expected.includes(status)
}

function refusal({ place, status, status_text, text }: Answer): Error {
  const words = text.trim().slice(0, SHOWN_CHARS)
  return new Error(`${place} answered ${status} ${status_text}${words === '' ? '.' : `: ${words}`}`)
}

function jsonOf({ place, text }: Answer): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Error(`${place} answered with no JSON (${(error as Error).message}): ${text.slice(0, SHOWN_CHARS)}`)
  }
}

export const plugin = definePlugin({
  api: 1,
  name: 'http',
  operators: {
    HttpOperator: operator({
      description: 'Sends an HTTP request; the answer is the XCom.',
      config: {
        type: 'object',
        properties: {
          ...REQUEST,
          method: { enum: METHODS, description: 'Default: GET, or POST if there is data' },
          data: DATA,
          expected_status: { ...STATUS, description: 'Statuses that are a success. Default: 200 to 299' },
          response_as: { enum: ['text', 'json', 'none'], default: 'text', description: 'What becomes the XCom' },
          log_response: { type: 'boolean', default: false, description: 'Whether the answer goes to the log' },
        },
        additionalProperties: false,
      },
      async execute(config, context) {
        const answer = await send(config, context)
        context.log.info(`${answer.place} answered ${answer.status} ${answer.status_text} (${answer.text.length} characters)`)
        if (config.log_response) context.log.info(answer.text)
        if (!isExpected(answer.status, config.expected_status)) throw refusal(answer)
        if (config.response_as === 'none') return null
        return config.response_as === 'json' ? jsonOf(answer) : answer.text
      },
    }),
  },
  sensors: {
    HttpSensor: sensor({
      description: 'Waits until a request is answered with a status, and with a value in its JSON.',
      config: {
        type: 'object',
        properties: {
          ...REQUEST,
          method: { enum: METHODS, default: 'GET' },
          data: DATA,
          expected_status: { ...STATUS, description: 'Statuses that it waits for. Default: 200 to 299' },
          not_yet_status: { ...STATUS, default: 404, description: 'Statuses that mean "not yet"; any other fails the sensor' },
          condition: {
            type: 'object',
            description: 'What the JSON of the answer must say, beside the status',
            properties: {
              path: { type: 'string', description: 'Names and indexes: data.jobs[0].state; empty = the whole answer' },
              equals: { description: 'The value that it waits for' },
              one_of: { type: 'array', minItems: 1, description: 'Several such values' },
              fails_on: { type: 'array', minItems: 1, description: 'Values that fail the sensor at once' },
            },
            required: ['path'],
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
      async poke(config, context) {
        const answer = await send(config, context)
        context.log.info(`${answer.place} answered ${answer.status} ${answer.status_text}`)
        if (!isExpected(answer.status, config.expected_status)) {
          if (isExpected(answer.status, config.not_yet_status)) return false
          throw refusal(answer)
        }
        const { condition } = config
        if (condition === undefined) return true
        const value = valueAt(jsonOf(answer), condition.path)
        context.log.info(`${condition.path} is ${JSON.stringify(value) ?? 'not there'}`)
        return { done: isMet(condition, value), value }
      },
    }),
  },
})
