import { describe, expect, it } from 'vitest'
import { createLogger, readableLine } from './logger.ts'

function logged(write: (logger: ReturnType<typeof createLogger>) => void, readable = false): string {
  let text = ''
  write(createLogger({ level: 'info', stream: { write: (line) => void (text += line) }, readable }))
  return text
}

describe('the log', () => {
  it('is one JSON object a line, with an ISO time', () => {
    const line = JSON.parse(logged((logger) => logger.info({ dag_id: 'etl' }, 'run created'))) as Record<string, unknown>
    expect(line).toEqual({ level: 30, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string, dag_id: 'etl', msg: 'run created' })
  })
  it("never holds what has a secret's name, down to two levels", () => {
    const text = logged((logger) =>
      logger.info(
        {
          password: 'canary',
          headers: { authorization: 'canary', cookie: 'canary' },
          request: { body: { value: 'canary', token: 'canary' } },
        },
        'x',
      ),
    )
    expect(text).not.toContain('canary')
    expect(text.match(/\[redacted\]/g)?.length).toBe(5)
  })
  it('reads well on a terminal, with the stack of an error and without control characters', () => {
    const text = logged((logger) => logger.warn({ err: new Error('broken \u001b[2J pipe'), worker_id: 'w1' }, 'worker \u0007lost\r'), true)
    const plain = text.replace(/\u001b\[\d+m/g, '')
    expect(plain).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}worker \\x07lost\\x0d \{"worker_id":"w1"\}\nError: broken \\x1b\[2J pipe\n {4}at /,
    )
  })
  it('shows an entry without a message', () => {
    expect(readableLine('{"level":30,"time":"2026-01-01T10:00:00.000Z","a":1}')).toContain('10:00:00.000 info')
  })
})
