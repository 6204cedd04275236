import { expect, it } from 'vitest'
import { idleWatch } from './idleMemory.ts'

function watched(p: { heap: number }) {
  const state = { cpu_ms: 0, heap: p.heap, collections: 0 }
  const tick = idleWatch(
    { cpu_ms: () => state.cpu_ms, heap_bytes: () => state.heap },
    () => {
      state.collections += 1
      state.heap = 20e6
    },
    1_000,
  )
  return { state, tick }
}

it('collects once after a busy time, in the first quiet interval', () => {
  const { state, tick } = watched({ heap: 60e6 })
  state.cpu_ms += 700
  tick()
  expect(state.collections).toBe(0)
  state.cpu_ms += 5
  tick()
  tick()
  tick()
  expect(state.collections).toBe(1)
  state.heap += 10e6
  state.cpu_ms += 5
  tick()
  expect(state.collections).toBe(2)
})

it('leaves a large heap alone: its collection would stop the server for long', () => {
  const { state, tick } = watched({ heap: 400e6 })
  tick()
  expect(state.collections).toBe(0)
})
