import { describe, expect, it } from 'vitest'
import { createRedactor } from './redact.ts'

describe('redaction', () => {
  it('hides values, their lines and their usual encodings', () => {
    const redact = createRedactor(['s3cr3t/value+"x"', 'line one\nline two is long'])
    for (const text of [
      's3cr3t/value+"x"',
      JSON.stringify({ a: 's3cr3t/value+"x"' }),
      encodeURIComponent('s3cr3t/value+"x"'),
      Buffer.from('s3cr3t/value+"x"').toString('base64'),
      'line two is long',
    ]) {
      expect(redact(`before ${text} after`)).toContain('***')
      expect(redact(`before ${text} after`)).not.toMatch(/s3cr3t|czNjcjN0|line two/)
    }
    expect(redact('nothing of it')).toBe('nothing of it')
  })
  it('hides the whole of a secret that contains another one', () => {
    expect(createRedactor(['inner', 'outer-inner-outer'])('x outer-inner-outer y')).toBe('x *** y')
  })
  it('leaves short values alone: hiding every "1" hides the log', () => {
    expect(createRedactor(['1', 'true', ''])('1 true')).toBe('1 true')
  })
})
