import { describe, expect, it } from 'vitest'
import { VortexError } from '#contract/errors.ts'
import { describeError } from './exit.ts'

const words = (code: 'database_unavailable' | 'invalid_request', message: string) => describeError(new VortexError(code, message)).message

describe('the sentence of an error', () => {
  it('gives its advice once', () => {
    const said = 'The database does not answer. Nothing was changed; try again in a few seconds.'
    expect(words('database_unavailable', said)).toBe(said)
    expect(words('database_unavailable', 'The database does not answer.')).toBe('The database does not answer. Try again in a few seconds.')
  })
  it('names options and arguments, not the fields of the request', () => {
    expect(words('invalid_request', 'body.run_id is wrong.')).toBe('--run-id is wrong.')
    expect(words('invalid_request', 'params.dag_id is wrong.')).toBe('dag_id is wrong.')
    expect(words('invalid_request', 'querystring.limit is wrong.')).toBe('--limit is wrong.')
  })
})
