import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import { createFakeClock } from '#testkit/fakeClock.ts'
import { createLiveEvents, type EventBatch } from './liveEvents.ts'

const task = (task_id: string, state: 'running' | 'success', dag_id = 'etl'): LiveEvent => ({
  type: 'task_instance',
  dag_id,
  run_id: 'r',
  task_id,
  map_index: -1,
  state,
  try_number: 1,
  start_time: null,
  end_time: null,
})
const dag = (dag_id: string): LiveEvent => ({ type: 'dag', dag_id })

function setUp(options: { kept?: number } = {}) {
  const clock = createFakeClock()
  const bus = createLiveEvents({ clock, ...options })
  const batches: EventBatch[] = []
  bus.subscribe({ dag_id: null, onBatch: (batch) => void batches.push(batch) })
  const data = (frames: string) =>
    frames
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as LiveEvent)
  return { clock, bus, batches, data }
}

describe('the live-event bus', () => {
  it('sends the first change at once and joins what follows within 50 ms', () => {
    const { clock, bus, batches, data } = setUp()
    bus.publish([task('a', 'running')])
    clock.advance(0)
    expect(batches.length).toBe(1)
    bus.publish([task('a', 'success'), task('b', 'running')])
    bus.publish([task('b', 'success'), dag('etl')])
    clock.advance(49)
    expect(batches.length).toBe(1)
    clock.advance(1)
    expect(data(batches[1]!.frames)).toEqual([task('a', 'success'), task('b', 'success'), dag('etl')])
  })
  it('keeps the newest state of each object only, and the order of the newest changes', () => {
    const { clock, bus, batches, data } = setUp()
    bus.publish([task('a', 'running'), task('b', 'running'), task('a', 'success')])
    clock.advance(0)
    expect(data(batches[0]!.frames)).toEqual([task('b', 'running'), task('a', 'success')])
  })
  it('numbers events without gaps, far above those of an earlier process', () => {
    const { clock, bus, batches } = setUp()
    bus.publish([dag('a'), dag('b')])
    clock.advance(0)
    const ids = [...batches[0]!.frames.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))
    expect(ids).toEqual([bus.newest() - 1, bus.newest()])
    const next = createLiveEvents({ clock: createFakeClock(clock.now() + 1000) })
    expect(next.newest()).toBeGreaterThan(bus.newest() + 1_000_000)
    expect(next.since({ id: bus.newest(), dag_id: null, max_bytes: 1e9 })).toBeNull()
  })
  it('replays exactly what came after an id, in pieces', () => {
    const { clock, bus, data } = setUp()
    const start = bus.newest()
    bus.publish(Array.from({ length: 100 }, (_, i) => dag(`d${i}`)))
    clock.advance(0)
    const seen: LiveEvent[] = []
    let at = start
    while (at < bus.newest()) {
      const piece = bus.since({ id: at, dag_id: null, max_bytes: 500 })!
      seen.push(...data(piece.frames))
      at = piece.last_id
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => dag(`d${i}`)))
  })
  it('says so when an id is older than the ring, unknown, or no number', () => {
    const { clock, bus } = setUp({ kept: 10 })
    const start = bus.newest()
    bus.publish(Array.from({ length: 11 }, (_, i) => dag(`d${i}`)))
    clock.advance(0)
    expect(bus.since({ id: start, dag_id: null, max_bytes: 1e9 })).toBeNull()
    expect(bus.since({ id: start + 1, dag_id: null, max_bytes: 1e9 })).not.toBeNull()
    for (const id of [bus.newest() + 1, Number.NaN, -1, 0.5]) expect(bus.since({ id, dag_id: null, max_bytes: 1e9 })).toBeNull()
  })
  it('sends a filtered client its DAG and what belongs to no DAG', () => {
    const { clock, bus, data } = setUp()
    const frames: string[] = []
    bus.subscribe({ dag_id: 'etl', onBatch: (batch) => void frames.push(batch.frames) })
    bus.publish([dag('other'), dag('etl'), { type: 'import_errors', count: 2 }])
    clock.advance(0)
    expect(data(frames.join(''))).toEqual([dag('etl'), { type: 'import_errors', count: 2 }])
  })
  it('serialises each batch once for all clients', () => {
    const { clock, bus } = setUp()
    const frames = new Set<string>()
    let calls = 0
    const counted = {
      ...dag('etl'),
      toJSON() {
        calls += 1
        return dag('etl')
      },
    }
    for (let i = 0; i < 50; i += 1) bus.subscribe({ dag_id: null, onBatch: (batch) => void frames.add(batch.frames) })
    bus.publish([counted])
    clock.advance(0)
    expect([calls, frames.size]).toEqual([1, 1])
  })
})
