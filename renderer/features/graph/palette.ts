/** The page's colours as a canvas takes them: what CSS makes of variables, light-dark() and color-mix() in the theme of the moment. */
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import { stateWord } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import type { Palette } from './paint.ts'

/** Colours of edges on the way to the selected task and from it; no state has them. */
export const UPSTREAM_COLOR = 'light-dark(#1971c2, #74c0fc)'
export const DOWNSTREAM_COLOR = 'light-dark(#9c36b5, #e599f7)'
export const EDGE_COLOR = 'light-dark(#98a1ab, #5b6472)'

const COLORS = {
  page: 'var(--page)',
  raised: 'var(--surface-raised)',
  frame: 'color-mix(in srgb, var(--line) 30%, transparent)',
  line: 'var(--line)',
  lineStrong: 'var(--line-strong)',
  text: 'var(--mantine-color-text)',
  dim: 'var(--text-dim)',
  edge: EDGE_COLOR,
  upstream: UPSTREAM_COLOR,
  downstream: DOWNSTREAM_COLOR,
  selected: 'var(--mantine-primary-color-filled)',
  current: 'var(--mantine-color-yellow-5)',
}

/** 0 = no run is shown. */
export const stateNumber = (state: TaskInstanceState): number => TASK_INSTANCE_STATES.indexOf(state) + 1

export function readPalette(): Palette {
  const probe = document.createElement('span')
  document.body.append(probe)
  const colorOf = (css: string): string => {
    probe.style.color = css
    return getComputedStyle(probe).color
  }
  const colors = Object.fromEntries(Object.entries(COLORS).map(([name, css]) => [name, colorOf(css)])) as Record<
    keyof typeof COLORS,
    string
  >
  const states = TASK_INSTANCE_STATES.map((state) => ({ fill: colorOf(stateFill(state)), word: stateWord(state) }))
  probe.remove()
  return { ...colors, states, font: getComputedStyle(document.body).fontFamily }
}
