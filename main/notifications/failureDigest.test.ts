import { describe, expect, it } from 'vitest'
import { APART_MS, FailureDigest, GATHER_MS, type FailureNotice } from './failureDigest.ts'

/** Timers that a test ends by hand. */
function digest(): { digest: FailureDigest; shown: FailureNotice[]; pass: (ms: number) => void } {
  const timers: { at: number; action: () => void }[] = []
  let now = 0
  const shown: FailureNotice[] = []
  return {
    shown,
    digest: new FailureDigest({ show: (notice) => shown.push(notice), after: (ms, action) => timers.push({ at: now + ms, action }) }),
    pass(ms) {
      now += ms
      for (let due = timers.findIndex(({ at }) => at <= now); due >= 0; due = timers.findIndex(({ at }) => at <= now))
        timers.splice(due, 1)[0]?.action()
    },
  }
}
const run = (dag_id: string, run_id = 'manual 1') => ({ dag_id, run_id })

describe('notices of failed runs', () => {
  it('names a single run and leads to it', () => {
    const { digest: it, shown, pass } = digest()
    it.add(run('etl'))
    pass(GATHER_MS)
    expect(shown).toEqual([{ title: 'etl failed', body: 'Run manual 1', path: '/dags/etl/runs/manual%201' }])
  })

  it('tells runs that fail together once, each run once', () => {
    const { digest: it, shown, pass } = digest()
    for (const dag of ['a', 'b', 'c', 'd', 'e', 'a']) it.add(run(dag))
    pass(GATHER_MS)
    expect(shown).toEqual([{ title: '5 runs failed', body: 'a, b, c and 2 more', path: '/runs?state=failed' }])
  })

  it('makes one notice of a flood in a while', () => {
    const { digest: it, shown, pass } = digest()
    it.add(run('a'))
    pass(GATHER_MS)
    for (let i = 0; i < 1000; i++) it.add(run('a', String(i)))
    pass(APART_MS - 1)
    expect(shown).toHaveLength(1)
    pass(1)
    pass(GATHER_MS)
    expect(shown).toHaveLength(2)
    expect(shown[1]).toEqual({ title: '1000 runs failed', body: 'a', path: '/dags/a/runs' })
    pass(APART_MS + GATHER_MS)
    expect(shown).toHaveLength(2)
  })

  it('tells nothing more when its connection is left, whatever it has gathered', () => {
    const { digest: it, shown, pass } = digest()
    it.add(run('a'))
    it.stop()
    it.add(run('b'))
    pass(GATHER_MS + APART_MS)
    expect(shown).toEqual([])
  })
})
