import { describe, expect, test } from 'vitest'
import type { SubjectOf } from './subject.ts'

export function logsConformance(subject: SubjectOf): void {
  const bytes = (text: string): Uint8Array => Buffer.from(text)
  const text = (read: Uint8Array): string => Buffer.from(read).toString()

  describe('logAppend', () => {
    test('appends, ignores what is stored already, and refuses a gap', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      expect(await store.logAppend({ ...log, offset: 0, bytes: bytes('one ') })).toBe(4)
      expect(await store.logAppend({ ...log, offset: 4, bytes: bytes('two ') })).toBe(8)
      expect(await store.logAppend({ ...log, offset: 4, bytes: bytes('two ') })).toBe(8)
      expect(await store.logAppend({ ...log, offset: 4, bytes: bytes('two three') })).toBe(13)
      await expect(store.logAppend({ ...log, offset: 14, bytes: bytes('gap') })).rejects.toThrow(/13 bytes/)
      expect(await store.logAppend({ ...log, offset: 0, bytes: new Uint8Array(0) })).toBe(13)
      expect(text(await store.logRead({ ...log, offset: 0, limit: 100 }))).toBe('one two three')
    })

    test('stores the same bytes once when they are sent many times at once', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      const sizes = await Promise.all([1, 2, 3, 4].map(() => store.logAppend({ ...log, offset: 0, bytes: bytes('same') })))
      expect(sizes).toEqual([4, 4, 4, 4])
      expect((await store.logStat(log))?.size).toBe(4)
    })

    test('keeps attempts apart and any bytes as they are', async () => {
      const { store } = subject()
      const task_instance_id = subject().id()
      const every = Uint8Array.from({ length: 256 }, (_, i) => i)
      await store.logAppend({ task_instance_id, attempt: 1, offset: 0, bytes: every })
      await store.logAppend({ task_instance_id, attempt: 2, offset: 0, bytes: bytes('second') })
      expect([...(await store.logRead({ task_instance_id, attempt: 1, offset: 0, limit: 1000 }))]).toEqual([...every])
      expect(text(await store.logRead({ task_instance_id, attempt: 2, offset: 0, limit: 1000 }))).toBe('second')
    })
  })

  describe('logFinish', () => {
    test('marks the log as complete, also an empty one, and a later finish does not take truncation back', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 3 }
      await store.logFinish({ ...log, truncated: true })
      await store.logFinish({ ...log, truncated: false })
      expect(await store.logStat(log)).toEqual({ ...log, size: 0, complete: true, truncated: true })
    })
  })

  describe('logWhole', () => {
    test('stores a short log at once, once, and it is read like any other', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      await store.logWhole({ ...log, bytes: bytes('all of it'), truncated: false })
      await store.logWhole({ ...log, bytes: bytes('all of it'), truncated: false })
      expect(await store.logStat(log)).toEqual({ ...log, size: 9, complete: true, truncated: false })
      expect(text(await store.logRead({ ...log, offset: 4, limit: 2 }))).toBe('of')
      expect((await store.logRead({ ...log, offset: 9, limit: 10 })).length).toBe(0)
    })

    test('many at once are all there, also an empty one and one after the first bytes of it', async () => {
      const { store } = subject()
      const ids = Array.from({ length: 50 }, () => subject().id())
      const begun = subject().id()
      await store.logAppend({ task_instance_id: begun, attempt: 1, offset: 0, bytes: bytes('line 1\n') })
      await Promise.all([
        ...ids.map((id, i) => store.logWhole({ task_instance_id: id, attempt: 1, bytes: bytes('x'.repeat(i)), truncated: i === 7 })),
        store.logWhole({ task_instance_id: begun, attempt: 1, bytes: bytes('line 1\nline 2\n'), truncated: false }),
      ])
      const stats = await Promise.all(ids.map((id) => store.logStat({ task_instance_id: id, attempt: 1 })))
      expect(stats.map((stat) => stat?.size)).toEqual(ids.map((_, i) => i))
      expect(stats.map((stat) => stat?.truncated)).toEqual(ids.map((_, i) => i === 7))
      expect(text(await store.logRead({ task_instance_id: begun, attempt: 1, offset: 0, limit: 100 }))).toBe('line 1\nline 2\n')
      await store.logDelete({ task_instance_ids: ids })
      expect(await store.logStat({ task_instance_id: ids[3] ?? 0, attempt: 1 })).toBeNull()
    })
  })

  describe('logStat', () => {
    test('answers null before the first byte', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      expect(await store.logStat(log)).toBeNull()
      await store.logAppend({ ...log, offset: 0, bytes: bytes('x') })
      expect(await store.logStat(log)).toEqual({ ...log, size: 1, complete: false, truncated: false })
    })
  })

  describe('logRead', () => {
    test('reads any part, across appends and beyond the end', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      let offset = 0
      for (const part of ['abc', 'defg', 'h', 'ijklm']) offset = await store.logAppend({ ...log, offset, bytes: bytes(part) })
      const whole = 'abcdefghijklm'
      for (const [from, limit] of [
        [0, 13],
        [0, 3],
        [2, 4],
        [3, 1],
        [7, 100],
        [12, 1],
        [13, 5],
        [99, 5],
        [5, 0],
      ] as const) {
        expect(text(await store.logRead({ ...log, offset: from, limit })), `${from}+${limit}`).toBe(whole.slice(from, from + limit))
      }
      expect((await store.logRead({ task_instance_id: subject().id(), attempt: 1, offset: 0, limit: 10 })).length).toBe(0)
    })
  })

  describe('logTimes', () => {
    const marks = (...of: [number, number][]) => of.map(([offset, at]) => ({ offset, at }))
    const AT = 1_763_900_000_000

    test('answers the mark that holds at the beginning of a range and those within, over appends with and without marks', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      expect(await store.logTimes({ ...log, from: 0, to: 100 })).toEqual([])
      await store.logAppend({ ...log, offset: 0, bytes: bytes('0123456789'), times: marks([0, AT], [4, AT + 100]) })
      await store.logAppend({ ...log, offset: 10, bytes: bytes('0123456789') })
      await store.logAppend({ ...log, offset: 20, bytes: bytes('0123456789'), times: marks([27, AT + 300]) })
      for (const [from, to, expected] of [
        [0, 30, marks([0, AT], [4, AT + 100], [27, AT + 300])],
        [3, 30, marks([0, AT], [4, AT + 100], [27, AT + 300])],
        [4, 27, marks([4, AT + 100])],
        [15, 20, marks([4, AT + 100])],
        // Its chunk begins with bytes of a line that came before.
        [22, 28, marks([4, AT + 100], [27, AT + 300])],
        [30, 90, marks([27, AT + 300])],
      ] as const)
        expect(await store.logTimes({ ...log, from, to }), `${from}-${to}`).toEqual(expected)
    })

    test('a repeat of bytes with their marks changes nothing', async () => {
      const { store } = subject()
      const log = { task_instance_id: subject().id(), attempt: 1 }
      const all = { ...log, offset: 0, bytes: bytes('one\ntwo\nthree\n'), times: marks([0, AT], [4, AT + 100], [8, AT + 200]) }
      await store.logAppend({ ...log, offset: 0, bytes: bytes('one\ntwo\n'), times: all.times.slice(0, 2) })
      await store.logAppend(all)
      await store.logAppend(all)
      expect(await store.logTimes({ ...log, from: 0, to: 14 })).toEqual(all.times)
    })

    test('a log that comes whole has its marks, once, also one whose first bytes came before', async () => {
      const { store } = subject()
      const [fresh, begun] = [subject().id(), subject().id()]
      const times = marks([0, AT], [4, AT + 100])
      const whole = { attempt: 1, bytes: bytes('one\ntwo\n'), times, truncated: false }
      await store.logAppend({ task_instance_id: begun, attempt: 1, offset: 0, bytes: bytes('one\n'), times: times.slice(0, 1) })
      for (const task_instance_id of [fresh, begun, fresh]) await store.logWhole({ ...whole, task_instance_id })
      for (const task_instance_id of [fresh, begun]) {
        expect(await store.logTimes({ task_instance_id, attempt: 1, from: 0, to: 8 })).toEqual(times)
        expect(await store.logTimes({ task_instance_id, attempt: 1, from: 5, to: 8 })).toEqual(times.slice(1))
      }
    })

    test('go with their log', async () => {
      const { store } = subject()
      const [short, long] = [subject().id(), subject().id()]
      const name = { attempt: 1, bytes: bytes('x\n'), times: marks([0, AT]) }
      await store.logWhole({ ...name, task_instance_id: short, truncated: false })
      await store.logAppend({ ...name, task_instance_id: long, offset: 0 })
      await store.logDelete({ task_instance_ids: [short, long] })
      for (const task_instance_id of [short, long])
        expect(await store.logTimes({ task_instance_id, attempt: 1, from: 0, to: 9 })).toEqual([])
    })
  })

  describe('logDelete', () => {
    test('deletes all attempts of the task instances that are named', async () => {
      const { store } = subject()
      const [gone, kept] = [subject().id(), subject().id()]
      for (const task_instance_id of [gone, kept]) {
        for (const attempt of [1, 2]) await store.logAppend({ task_instance_id, attempt, offset: 0, bytes: bytes('x') })
        await store.logFinish({ task_instance_id, attempt: 1, truncated: false })
      }
      await store.logDelete({ task_instance_ids: [gone] })
      expect([
        await store.logStat({ task_instance_id: gone, attempt: 1 }),
        await store.logStat({ task_instance_id: gone, attempt: 2 }),
      ]).toEqual([null, null])
      expect((await store.logStat({ task_instance_id: kept, attempt: 2 }))?.size).toBe(1)
      expect(await store.logAppend({ task_instance_id: gone, attempt: 1, offset: 0, bytes: bytes('new') })).toBe(3)
    })
  })
}
