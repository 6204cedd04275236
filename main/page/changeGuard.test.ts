import { describe, expect, it } from 'vitest'
import { ChangeGuard, GRANT_MS, isChange } from './changeGuard.ts'

const body = (content: unknown): ArrayBuffer => new TextEncoder().encode(JSON.stringify(content)).buffer as ArrayBuffer
const TRIGGER = { method: 'POST', path: '/api/dags/etl/trigger' }

describe('what counts as a change', () => {
  it.each([
    ['GET', '/api/dags', null, false],
    ['POST', '/api/dags/etl/trigger', {}, true],
    ['PATCH', '/api/dags/etl/pause', {}, true],
    ['DELETE', '/api/dags/etl', null, true],
    ['POST', '/api/dags/etl/backfill', { dry_run: true }, false],
    ['POST', '/api/dags/etl/backfill', { dry_run: 'true' }, true],
    ['POST', '/api/dag-files/preview', { text: '' }, false],
    ['PUT', '/api/me/favourites/etl?x=1', {}, false],
    ['POST', '/api/me/password', {}, true],
  ] as const)('%s %s %j: %s', (method, path, content, expected) => {
    expect(isChange({ method, path, body: content === null ? null : body(content) })).toBe(expected)
  })
})

describe('the safe mode of a connection', () => {
  function guard(answers: { may: boolean; remember: boolean }[]) {
    const asked: string[] = []
    let now = 0
    const made = new ChangeGuard({
      now: () => now,
      ask: ({ method, path }) => {
        asked.push(`${method} ${path}`)
        return Promise.resolve(answers.shift() ?? { may: false, remember: false })
      },
    })
    return { asked, guard: made, pass: (ms: number) => (now += ms) }
  }

  it('asks where it is to ask, once for requests that come together', async () => {
    const { guard: it, asked } = guard([{ may: true, remember: false }])
    expect(await Promise.all([it.refusal('ask', TRIGGER), it.refusal('ask', TRIGGER)])).toEqual([null, null])
    expect(await it.refusal('ask', TRIGGER)).toMatch(/not confirmed/)
    expect(asked).toEqual(['POST /api/dags/etl/trigger', 'POST /api/dags/etl/trigger'])
  })

  it('does not ask again for a while if the person says so', async () => {
    const { guard: it, asked, pass } = guard([{ may: true, remember: true }])
    await it.refusal('ask', TRIGGER)
    pass(GRANT_MS - 1)
    expect(await it.refusal('ask', TRIGGER)).toBeNull()
    expect(asked).toHaveLength(1)
    pass(1)
    expect(await it.refusal('ask', TRIGGER)).not.toBeNull()
    expect(asked).toHaveLength(2)
  })

  it('asks nothing where all is allowed or all is refused', async () => {
    const { guard: it, asked } = guard([])
    expect(await it.refusal('allow', TRIGGER)).toBeNull()
    expect(await it.refusal('refuse', TRIGGER)).toMatch(/looking only/)
    expect(asked).toEqual([])
  })
})
