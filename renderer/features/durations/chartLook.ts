/** What both charts share: axes, grid, margins, colours of lines. Colours are CSS, so they follow the theme by themselves. */
import { formatDuration } from '../../lib/time.ts'

export const SYNC = 'durations'
export const MARGIN = { top: 12, right: 12, bottom: 0, left: 0 }
export const GRID = { vertical: false, stroke: 'var(--line)' } as const
export const AXIS = { stroke: 'var(--line-strong)', tick: { fill: 'var(--text-dim)', fontSize: 11.5 }, tickLine: false } as const

/** Told apart by hue, lightness and dashes alike; each has 3:1 against its page. */
export const LINES = [
  { color: 'light-dark(#1c5fb0, #74b0ff)', dash: '' },
  { color: 'light-dark(#c2410c, #ffa05c)', dash: '6 3' },
  { color: 'light-dark(#157a4a, #5fd69a)', dash: '' },
  { color: 'light-dark(#a21c8f, #f09be4)', dash: '2 3' },
  { color: 'light-dark(#7a5a00, #f2c94c)', dash: '' },
  { color: 'light-dark(#0d7490, #5cd3ea)', dash: '8 3 2 3' },
  { color: 'light-dark(#5b3fc4, #b8a4ff)', dash: '4 2' },
  { color: 'light-dark(#4b5563, #c0c8d2)', dash: '1 3' },
] as const
export const lineLook = (index: number) => LINES[index % LINES.length] ?? LINES[0]

/** Round values are told shortly: `1 min`, not `1 min 00 s`. */
export const axisDuration = (ms: number): string =>
  ms === 0
    ? '0'
    : formatDuration(ms)
        .replace(/ 00 (s|min)$/, '')
        .replace(/\.0 s$/, ' s')
/** Room for `12 min 30 s`, on one line. */
export const AXIS_WIDTH = 78

const SECOND = 1_000
const STEPS_MS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  ...[1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1_440, 2_880, 10_080].map((minutes) => minutes * 60 * SECOND),
]
const TICKS_MAX = 5

/** Marks that are round as durations are: 5 min, not 6 min 40 s. */
export function durationTicks(longest: number): number[] {
  const step = STEPS_MS.find((ms) => longest / ms <= TICKS_MAX) ?? Math.ceil(longest / TICKS_MAX)
  return Array.from({ length: Math.max(1, Math.ceil(longest / step)) + 1 }, (_, at) => at * step)
}
