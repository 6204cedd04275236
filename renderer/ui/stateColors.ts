/**
 * One colour per state, after Airflow's, adapted so that each holds in both themes: `fill` (bars, dots, borders) has at least 3:1
 * against the page, `ink` (words) at least 4.5:1 against its own tint. stateColors.test.ts computes it. Colour is never alone:
 * StateBadge.tsx adds an icon and the word.
 */
import type { AttemptState, BackfillState, DagRunState, TaskInstanceState, WorkerState } from '#contract/states.ts'

export type AnyState = TaskInstanceState | DagRunState | AttemptState | BackfillState | WorkerState

export interface StateColor {
  light: { fill: string; ink: string }
  dark: { fill: string; ink: string }
}

const green: StateColor = { light: { fill: '#2b9348', ink: '#1b6e33' }, dark: { fill: '#40c057', ink: '#69db7c' } }
const cyan: StateColor = { light: { fill: '#0c8599', ink: '#0b6374' }, dark: { fill: '#22b8cf', ink: '#66d9e8' } }
const red: StateColor = { light: { fill: '#e03131', ink: '#b42323' }, dark: { fill: '#fa5252', ink: '#ff9c9c' } }
const gray: StateColor = { light: { fill: '#7b848c', ink: '#495057' }, dark: { fill: '#868e96', ink: '#ced4da' } }
const orange: StateColor = { light: { fill: '#d9480f', ink: '#a83a0b' }, dark: { fill: '#ff922b', ink: '#ffa94d' } }
const purple: StateColor = { light: { fill: '#7048e8', ink: '#5a36c4' }, dark: { fill: '#9775fa', ink: '#b9a3fb' } }
const gold: StateColor = { light: { fill: '#b07d00', ink: '#7a5700' }, dark: { fill: '#fab005', ink: '#ffd43b' } }

export const STATE_COLORS: Record<AnyState, StateColor> = {
  none: { light: { fill: '#8a939b', ink: '#566068' }, dark: { fill: '#6f7880', ink: '#a9b1b8' } },
  scheduled: { light: { fill: '#9c7f4f', ink: '#6b5327' }, dark: { fill: '#c9a96e', ink: '#dcc08a' } },
  queued: gray,
  running: cyan,
  success: green,
  failed: red,
  skipped: { light: { fill: '#d6498f', ink: '#a02a66' }, dark: { fill: '#f783ac', ink: '#faa2c1' } },
  upstream_failed: orange,
  up_for_retry: gold,
  up_for_reschedule: { light: { fill: '#0a8f72', ink: '#076650' }, dark: { fill: '#20c997', ink: '#63e6be' } },
  deferred: purple,
  restarting: { light: { fill: '#ae3ec9', ink: '#862e9c' }, dark: { fill: '#da77f2', ink: '#e599f7' } },
  removed: { light: { fill: '#868e96', ink: '#545c63' }, dark: { fill: '#727a82', ink: '#adb5bd' } },
  rescheduled: { light: { fill: '#0a8f72', ink: '#076650' }, dark: { fill: '#20c997', ink: '#63e6be' } },
  lost: orange,
  killed: { light: { fill: '#5c636a', ink: '#3d4449' }, dark: { fill: '#909aa3', ink: '#ced4da' } },
  paused: gray,
  cancelled: gray,
  active: green,
  draining: gold,
  offline: gray,
}

/** CSS variables --state-<name>-fill and --state-<name>-ink; the browser picks the side by the page's colour scheme. */
export function stateVariables(): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [state, { light, dark }] of Object.entries(STATE_COLORS)) {
    variables[`--state-${state}-fill`] = `light-dark(${light.fill}, ${dark.fill})`
    variables[`--state-${state}-ink`] = `light-dark(${light.ink}, ${dark.ink})`
  }
  return variables
}

export const stateFill = (state: AnyState) => `var(--state-${state}-fill)`
export const stateInk = (state: AnyState) => `var(--state-${state}-ink)`
