/**
 * The rows of a Gantt chart: task groups and mapped tasks folded with counts, a bar for each attempt with its waiting and its running
 * part. Pure, and without the present moment: what goes on has no end here.
 */
import type { DagTasks } from '#contract/dag.ts'
import type { AttemptSpan } from '#contract/insights.ts'
import type { AttemptState, TaskInstanceState } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import type { OpenGroups } from '../graph/model.ts'
import { summarise } from '../graph/taskStates.ts'
import type { TimedTask } from './criticalPath.ts'
import { joined } from './timeScale.ts'

export interface Bar {
  /** 0: it stands for several task instances. */
  attempt: number
  state: TaskInstanceState | AttemptState
  waiting_from: number | null
  /** null: it waits still. */
  start: number | null
  /** null: it goes on. */
  end: number | null
}

export interface GanttRow {
  id: string
  kind: 'group' | 'mapped' | 'task'
  depth: number
  label: string
  /** null: a group. */
  task_id: string | null
  map_index: number
  /** null: there is nothing to fold. */
  isOpen: boolean | null
  state: TaskInstanceState
  counts: ReadonlyMap<TaskInstanceState, number>
  total: number
  bars: readonly Bar[]
  /** Task instances that the row stands for, as `keyOf` names them. */
  members: readonly string[]
}

export interface GanttModel {
  rows: readonly GanttRow[]
  /** Everything foldable. */
  foldable: readonly string[]
  /** Every bar of the run, also of folded rows. */
  bars: readonly Bar[]
  tasks: readonly TimedTask[]
}

export const keyOf = ({ task_id, map_index }: { task_id: string; map_index: number }) => `${task_id} ${map_index}`
const ms = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso))

export function barsOf(instance: TaskInstance, spans: readonly AttemptSpan[]): Bar[] {
  const bars = spans
    .filter(({ attempt }) => attempt < instance.try_number)
    .map(({ attempt, state, queued_time, start_time, end_time }): Bar => {
      const start = ms(start_time)
      return { attempt, state, waiting_from: ms(queued_time), start: start ?? ms(end_time), end: ms(end_time) ?? start }
    })
  const newest = spans.find(({ attempt }) => attempt === instance.try_number)
  const own = newestBar(instance)
  if (own !== null) bars.push(own)
  // Cleared, or waiting for its next try: its own row says nothing of the attempt before.
  if (newest && (own === null || own.start === null) && newest.end_time !== null)
    bars.splice(own === null ? bars.length : -1, 0, {
      attempt: newest.attempt,
      state: newest.state,
      waiting_from: ms(newest.queued_time),
      start: ms(newest.start_time) ?? ms(newest.end_time),
      end: ms(newest.end_time),
    })
  return bars
}

const WAITING: ReadonlySet<TaskInstanceState> = new Set(['scheduled', 'queued'])

function newestBar({ state, try_number, ...times }: TaskInstance): Bar | null {
  const [start, end] = [ms(times.start_time), ms(times.end_time)]
  const waiting_from = ms(times.scheduled_time) ?? ms(times.queued_time)
  if (start === null && end === null) {
    // The number of an attempt is drawn when a worker gets it.
    const attempt = state === 'scheduled' ? try_number + 1 : try_number
    return WAITING.has(state) && waiting_from !== null ? { attempt, state, waiting_from, start, end } : null
  }
  return { attempt: try_number, state, waiting_from, start: start ?? end, end }
}

interface Item {
  row: Omit<GanttRow, 'depth'>
  first: number
  /** Place in the file. */
  position: number
  children: Item[]
}

export function buildGantt(
  dag: Pick<DagTasks, 'tasks' | 'task_groups'>,
  instances: readonly TaskInstance[],
  spans: readonly AttemptSpan[],
  open: OpenGroups,
): GanttModel {
  const spansOf = Map.groupBy(spans, keyOf)
  const instancesOf = Map.groupBy(instances, ({ task_id }) => task_id)
  const isOpen = (id: string) => open === 'all' || open.has(id)
  const positions = new Map(dag.tasks.map(({ id }, index) => [id, index]))
  const groups = new Set(dag.task_groups.map(({ group_id }) => group_id))
  const tasksIn = Map.groupBy(dag.tasks, ({ task_group }) => (task_group !== null && groups.has(task_group) ? task_group : null))
  const groupsIn = Map.groupBy(dag.task_groups, ({ parent_id }) => (parent_id !== null && groups.has(parent_id) ? parent_id : null))
  const bars: Bar[] = []
  const foldable: string[] = []

  const single = (instance: TaskInstance, label: string): Item => {
    const own = barsOf(instance, spansOf.get(keyOf(instance)) ?? [])
    for (const bar of own) bars.push(bar)
    const { task_id, map_index, state } = instance
    const row = { id: keyOf(instance), kind: 'task' as const, label, task_id, map_index, isOpen: null, state }
    return itemOf(
      { ...row, counts: new Map([[state, 1]]), total: 1, bars: own, members: [keyOf(instance)] },
      [],
      positions.get(task_id) ?? Infinity,
    )
  }
  const taskItem = (id: string, label: string): Item | null => {
    const own = instancesOf.get(id) ?? []
    const [only] = own
    if (only === undefined) return null
    if (own.length === 1 && only.map_index < 0) return single(only, label)
    const children = own.map((instance) => single(instance, `[${instance.map_index}]`))
    foldable.push(id)
    return folded({ id, kind: 'mapped', label, task_id: id, isOpen: isOpen(id) }, children, own)
  }
  const level = (group: string | null): { items: Item[]; instances: TaskInstance[] } => {
    const inside = groupsIn.get(group)?.map((each) => ({ each, ...level(each.group_id) })) ?? []
    const items = inside.flatMap(({ each, items: children, instances: members }) => {
      if (members.length === 0) return []
      foldable.push(each.group_id)
      return [
        folded({ id: each.group_id, kind: 'group', label: each.label, task_id: null, isOpen: isOpen(each.group_id) }, children, members),
      ]
    })
    const own = tasksIn.get(group) ?? []
    for (const task of own) {
      const item = taskItem(task.id, labelIn(task.name, group))
      if (item) items.push(item)
    }
    const members = [...inside.flatMap((each) => each.instances), ...own.flatMap(({ id }) => instancesOf.get(id) ?? [])]
    return { items, instances: members }
  }
  const { items } = level(null)
  // Tasks that the version does not have any more.
  for (const id of instancesOf.keys()) {
    const item = positions.has(id) ? null : taskItem(id, id)
    if (item) items.push(item)
  }
  const tasks = instances.map((instance) => timed(instance, barsOf(instance, spansOf.get(keyOf(instance)) ?? [])))
  return { rows: flatten(items, 0), foldable, bars, tasks }
}

const labelIn = (name: string, group: string | null) =>
  group !== null && name.startsWith(`${group}.`) ? name.slice(group.length + 1) : name

function timed({ task_id, map_index, state }: TaskInstance, bars: readonly Bar[]): TimedTask {
  const newest = bars.at(-1)
  // A retry that waits has the times of the attempt that failed; it is not over.
  const isOver = state !== 'up_for_retry' && state !== 'up_for_reschedule' && state !== 'deferred'
  const earlier_starts = bars.slice(0, -1).flatMap(({ start }) => (start === null ? [] : [start]))
  return { task_id, map_index, start: newest?.start ?? null, earlier_starts, end: isOver ? (newest?.end ?? null) : null }
}

function itemOf(row: Omit<GanttRow, 'depth'>, children: Item[], position: number): Item {
  const first = Math.min(Infinity, ...row.bars.slice(0, 1).map((bar) => bar.waiting_from ?? bar.start ?? Infinity))
  return { row, first, position, children }
}

function folded(
  row: Pick<GanttRow, 'id' | 'kind' | 'label' | 'task_id' | 'isOpen'>,
  children: Item[],
  instances: readonly TaskInstance[],
): Item {
  const summary = summarise(instances)
  const bars = foldedBars(
    children.flatMap((child) => child.row.bars),
    summary.state,
  )
  const members = children.flatMap((child) => child.row.members)
  const position = children.reduce((least, child) => Math.min(least, child.position), Infinity)
  const { state, counts, total } = summary
  return itemOf({ ...row, map_index: -1, state, counts, total, bars, members }, children, position)
}

/** When anything in it ran, and before that waited. */
function foldedBars(bars: readonly Bar[], state: TaskInstanceState): Bar[] {
  const ran = joined(bars.flatMap(({ start, end }) => (start === null ? [] : [{ from: start, to: end ?? Infinity }])))
  const waits = bars.flatMap(({ waiting_from }) => (waiting_from === null ? [] : [waiting_from]))
  const first = waits.length === 0 ? null : waits.reduce((least, each) => Math.min(least, each), Infinity)
  const [head] = ran
  if (head === undefined) return first === null ? [] : [{ attempt: 0, state, waiting_from: first, start: null, end: null }]
  return ran.map(({ from, to }) => ({
    attempt: 0,
    state,
    waiting_from: from === head.from && first !== null && first < from ? first : null,
    start: from,
    end: to === Infinity ? null : to,
  }))
}

/** What began first stands first; what has not begun keeps the order of the file. */
function flatten(items: readonly Item[], depth: number): GanttRow[] {
  return items
    .toSorted((a, b) => (a.first === b.first ? a.position - b.position || 0 : a.first - b.first))
    .flatMap(({ row, children }) => [{ ...row, depth }, ...(row.isOpen === true ? flatten(children, depth + 1) : [])])
}
