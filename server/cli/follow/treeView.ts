/** Draws a run as a tree of task groups and tasks, cut to what fits. Pure: model in, lines out. */
import { TASK_INSTANCE_STATES, type TaskInstanceState } from '#contract/states.ts'
import { duration, plain, span, stateStyle, type Screen } from '../output.ts'
import { countStates, taskKey, tryOf, type RunModel, type TaskLine } from './runModel.ts'

const MARKS: Record<TaskInstanceState, string> = {
  none: '·',
  scheduled: '○',
  queued: '○',
  running: '●',
  success: '✓',
  failed: '✗',
  skipped: '↷',
  upstream_failed: '✗',
  up_for_retry: '↻',
  up_for_reschedule: '↻',
  deferred: '◌',
  restarting: '↻',
  removed: '·',
}
/** What is shown first when not everything fits: what somebody looks for. */
const URGENCY: readonly TaskInstanceState[] = [
  'failed',
  'running',
  'up_for_retry',
  'restarting',
  'queued',
  'deferred',
  'up_for_reschedule',
  'upstream_failed',
  'scheduled',
  'success',
  'skipped',
  'none',
  'removed',
]

interface Size {
  rows: number
  columns: number
}

export function drawRun(model: RunModel, { screen, size, now }: { screen: Screen; size: Size; now: number }): string[] {
  const head = headline(model, screen, now)
  const room = Math.max(1, size.rows - 3)
  const tasks = [...model.tasks.values()]
  const chosen = tasks.length <= room ? tasks : mostUrgent(tasks, room - 1)
  const lines: string[] = []
  let path: readonly string[] = []
  for (const task of chosen) {
    // Group headings take room as well; without room the tasks carry their full names.
    if (tasks.length + countGroups(tasks) <= room) {
      for (const [depth, group] of task.groups.entries())
        if (path[depth] !== group || depth >= path.length) lines.push(`${'  '.repeat(depth + 1)}${screen.paint('bold', lastPart(group))}`)
      path = task.groups
      lines.push(taskText(task, { screen, now, columns: size.columns, depth: task.groups.length }))
    } else {
      lines.push(taskText(task, { screen, now, columns: size.columns, depth: 0 }))
    }
  }
  if (chosen.length < tasks.length) lines.push(screen.paint('dim', `  … and ${tasks.length - chosen.length} more`))
  return [head, ...lines]
}

export function headline(model: RunModel, screen: Screen, now: number): string {
  const { counts, finished, total } = countStates(model)
  const parts = TASK_INSTANCE_STATES.filter((state) => (counts.get(state) ?? 0) > 0 && state !== 'none').map((state) => {
    const text = `${counts.get(state) ?? 0} ${state}`
    const style = stateStyle(state)
    return style ? screen.paint(style, text) : text
  })
  const style = stateStyle(model.state)
  const state = style ? screen.paint(style, model.state) : model.state
  const took = duration(span(model.start_time, model.end_time, now))
  return [`${plain(model.dag_id)} ${plain(model.run_id)} ${state}`, `${finished}/${total}`, took, ...parts]
    .filter((part) => part !== null)
    .join('  ')
}

interface TextOptions {
  screen: Screen
  now: number
  columns: number
  depth: number
}

function taskText(task: TaskLine, { screen, now, columns, depth }: TextOptions): string {
  const key = taskKey(task)
  // Within its group a task goes by its own name.
  const group = depth > 0 ? task.groups.at(-1) : undefined
  const name = plain(group !== undefined && key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key)
  const took = duration(span(task.start_time, task.end_time, now)) ?? ''
  const retry = tryOf(task) > 1 ? ` try ${tryOf(task)}` : ''
  const indent = '  '.repeat(depth + 1)
  const tail = `${task.state === 'success' ? '' : ` ${task.state}`}${retry}${took === '' ? '' : ` ${took}`}`
  const room = Math.max(8, columns - indent.length - 2 - tail.length - 1)
  const shown = name.length > room ? `${name.slice(0, room - 1)}…` : name
  const style = stateStyle(task.state)
  const mark = style ? screen.paint(style, MARKS[task.state]) : MARKS[task.state]
  return `${indent}${mark} ${shown}${screen.paint('dim', tail)}`
}

function mostUrgent(tasks: readonly TaskLine[], room: number): TaskLine[] {
  const chosen = new Set([...tasks].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state)).slice(0, Math.max(0, room)))
  return tasks.filter((task) => chosen.has(task))
}

function countGroups(tasks: readonly TaskLine[]): number {
  return new Set(tasks.flatMap((task) => task.groups)).size
}

function lastPart(group: string): string {
  return plain(group.slice(group.lastIndexOf('.') + 1))
}
