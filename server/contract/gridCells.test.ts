import { describe, expect, it } from 'vitest'
import { decodeDuration, encodeDuration, moreTelling, mostTelling, NO_INSTANCE, stateByte, stateOfByte } from './gridCells.ts'
import { TASK_INSTANCE_STATES } from './states.ts'

describe('cells of the grid', () => {
  it('hold every state in a byte of its own, and none for no instance', () => {
    const bytes = TASK_INSTANCE_STATES.map(stateByte)
    expect(new Set([...bytes, NO_INSTANCE]).size).toBe(TASK_INSTANCE_STATES.length + 1)
    expect(bytes.map(stateOfByte)).toEqual([...TASK_INSTANCE_STATES])
    expect(stateOfByte(NO_INSTANCE)).toBeNull()
    expect(stateOfByte(200)).toBeNull()
  })
  it('show the state that matters most, each before no instance', () => {
    const bytes = (...states: (typeof TASK_INSTANCE_STATES)[number][]) => states.map(stateByte)
    expect(stateOfByte(mostTelling(bytes('success', 'failed', 'running')))).toBe('failed')
    expect(stateOfByte(mostTelling(bytes('success', 'running', 'skipped')))).toBe('running')
    expect(stateOfByte(mostTelling(bytes('skipped', 'success')))).toBe('success')
    expect(mostTelling([])).toBe(NO_INSTANCE)
    for (const byte of TASK_INSTANCE_STATES.map(stateByte)) expect(moreTelling(NO_INSTANCE, byte)).toBe(byte)
  })
  it('keep durations within 0.05 %, short ones exactly, from nothing to a century', () => {
    for (let ms = 0; ms < 4000; ms++) expect(decodeDuration(encodeDuration(ms))).toBe(ms)
    for (let ms = 4000; ms < 3e12; ms *= 1.37) {
      const decoded = decodeDuration(encodeDuration(ms)) ?? 0
      expect(Math.abs(decoded - ms) / ms).toBeLessThan(0.0006)
    }
    expect(encodeDuration(null)).toBe(0)
    expect(decodeDuration(0)).toBeNull()
    expect(decodeDuration(encodeDuration(-50))).toBe(0)
    expect(encodeDuration(1e18)).toBe(0xffff)
  })
  it('order durations as they are', () => {
    let before = 0
    for (let ms = 0; ms < 1e11; ms = ms * 1.01 + 1) {
      const code = encodeDuration(ms)
      expect(code).toBeGreaterThanOrEqual(before)
      before = code
    }
  })
})
