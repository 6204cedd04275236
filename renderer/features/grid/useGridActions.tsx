/** Airflow's keys on the place of the keyboard: clear, mark success, mark failed. Each says first what it will change. */
import { Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { isFinished } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { useCommands } from '../../commands/index.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { StateIcon } from '../../ui/StateBadge.tsx'
import { ClearDialog } from '../clear/index.ts'
import { useMayOperate } from '../session/index.ts'
import { instancesOf, newestWith, type GridColumn, type Instance } from './columns.ts'
import classes from './grid.module.css'
import type { Place } from './keys.ts'
import type { RowTree } from './rows.ts'

const text = strings.grid
/** Rows of the list in the question; the number says how many there are. */
const LISTED = 100
/** Marks sent at once: a group of hundreds must not fill the server's queue. */
const AT_ONCE = 4

/** What the keys act on: all of a run, or some of its task instances. */
interface Target {
  dag_id: string
  run_id: string
  isRun: boolean
  instances: readonly Instance[]
}
type Mark = 'success' | 'failed'

interface Shown {
  dag_id: string
  tree: RowTree
  columns: readonly GridColumn[]
  visible: Int32Array
}

/** The run of a bar, the instances of a cell; of a name those of the newest run that has it. */
export function targetAt({ dag_id, tree, columns, visible }: Shown, focus: Place | null): Target | null {
  if (focus === null) return null
  const row = visible[focus.row] ?? null
  const column = columns[focus.column < 0 && row !== null ? newestWith(tree, columns, row) : focus.column]
  const instances = column === undefined ? [] : instancesOf(tree, column, row)
  return column === undefined || instances.length === 0 ? null : { dag_id, run_id: column.run.run_id, isRun: row === null, instances }
}

/** `findTarget` is asked when a key is pressed: a run of thousands of tasks is not gone through at each of its events. */
export function useGridActions(hasPlace: boolean, findTarget: () => Target | null): ReactNode {
  const mayOperate = useMayOperate()
  const [clearing, setClearing] = useState<Target | null>(null)
  const mark = useMutation({
    mutationFn: sendMark,
    onError: tellError,
    onSuccess: (message) => {
      tell(message)
    },
  })
  const ask = (state: Mark) => {
    const target = findTarget()
    if (target === null) return
    const affected = affectedBy(target, state)
    const words = strings.states[state]
    if (affected.length === 0 && !target.isRun) return tell(text.markNothing(words))
    confirmAction({
      title: text.actions[state],
      text: (
        <Affected
          lead={target.isRun ? text.markRun(target.run_id, words) : text.markTasks(affected.length, words)}
          instances={affected}
          none={text.allFinished}
        />
      ),
      confirm: target.isRun ? text.actions[state] : text.confirmMark(affected.length),
      danger: state === 'failed',
      onConfirm: () => {
        mark.mutate({ target, state, affected })
      },
    })
  }
  useCommands(
    mayOperate && hasPlace
      ? [
          {
            id: 'grid-clear',
            title: text.actions.clear,
            group: 'act',
            keys: ['shift+c'],
            run: () => {
              setClearing(findTarget())
            },
          },
          ...(['success', 'failed'] as const).map((state) => ({
            id: `grid-mark-${state}`,
            title: text.actions[state],
            group: 'act' as const,
            keys: [state === 'success' ? 'shift+s' : 'shift+f'],
            run: () => {
              ask(state)
            },
          })),
        ]
      : [],
  )
  if (clearing === null) return null
  return (
    <ClearDialog
      run={clearing}
      taskIds={clearing.isRun ? [] : [...new Set(clearing.instances.map(({ task_id }) => task_id))]}
      onClose={() => {
        setClearing(null)
      }}
    />
  )
}

/** A run takes its unfinished task instances along; chosen ones change whatever they are. */
function affectedBy(target: Target, state: Mark): readonly Instance[] {
  return target.instances.filter((each) => (target.isRun ? !isFinished(each.state) : each.state !== state))
}

async function sendMark(p: { target: Target; state: Mark; affected: readonly Instance[] }): Promise<string> {
  const { dag_id, run_id } = p.target
  const words = strings.states[p.state]
  if (p.target.isRun) {
    await api.markRun({ params: { dag_id, run_id }, body: { state: p.state } })
    return text.markedRun(run_id, words)
  }
  const waiting = [...p.affected]
  const send = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { task_id, map_index } = next
      await api.markTaskInstance({ params: { dag_id, run_id, task_id }, body: { state: p.state, map_index } })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  return text.marked(p.affected.length, words)
}

function Affected({ lead, instances, none }: { lead: string; instances: readonly Instance[]; none: string }) {
  return (
    <>
      {lead}
      {instances.length === 0 ? (
        <Text size="sm" c="dimmed" component="span" display="block" mt={6}>
          {none}
        </Text>
      ) : (
        <span className={classes['affected']} role="list">
          {instances.slice(0, LISTED).map(({ task_id, map_index, state }) => (
            <span key={`${task_id} ${map_index}`} role="listitem" className={classes['count']}>
              <StateIcon state={state} size={14} label />
              {task_id}
              {map_index < 0 ? '' : strings.tasks.mapIndex(map_index)}
            </span>
          ))}
          {instances.length > LISTED ? <span>{text.more(instances.length - LISTED)}</span> : null}
        </span>
      )}
    </>
  )
}
