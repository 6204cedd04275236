import { describe, expect, it } from 'vitest'
import { ATTEMPT_STATES, BACKFILL_STATES, DAG_RUN_STATES, TASK_INSTANCE_STATES, WORKER_STATES } from '#contract/states.ts'
import { STATE_COLORS } from './stateColors.ts'

/** Page backgrounds of styles/tokens.css, and the share of `fill` in a badge's tint. */
const PAGE = { light: '#ffffff', dark: '#16181d' }
const TINT = 0.12

const channels = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))
const luminance = (rgb: number[]) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
const contrast = (a: number[], b: number[]) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}
const mix = (over: number[], under: number[], share: number) => over.map((c, i) => c * share + under[i]! * (1 - share))

describe('state colours', () => {
  it('name every state of the contract and no other', () => {
    const states = new Set<string>([...TASK_INSTANCE_STATES, ...DAG_RUN_STATES, ...ATTEMPT_STATES, ...BACKFILL_STATES, ...WORKER_STATES])
    expect(Object.keys(STATE_COLORS).sort()).toEqual([...states].sort())
  })
  for (const theme of ['light', 'dark'] as const) {
    it(`have enough contrast in the ${theme} theme`, () => {
      const weak: string[] = []
      for (const [state, color] of Object.entries(STATE_COLORS)) {
        const fill = channels(color[theme].fill)
        const page = channels(PAGE[theme])
        if (contrast(fill, page) < 3) weak.push(`${state} fill ${contrast(fill, page).toFixed(2)}`)
        const ink = contrast(channels(color[theme].ink), mix(fill, page, TINT))
        if (ink < 4.5) weak.push(`${state} ink ${ink.toFixed(2)}`)
      }
      expect(weak).toEqual([])
    })
  }
})
