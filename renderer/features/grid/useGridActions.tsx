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
import { ClearDialog, MarkDialog } from '../clear/index.ts'
import { useMayOperate } from '../session/index.ts'
import { instancesOf, newestWith, type GridColumn, type Instance } from './columns.ts'
import classes from './grid.module.css'
import type { Place } from './keys.ts'
import type { RowTree } from './rows.ts'

const text = strings.grid
/** Rows of the list in the question; the number says how many there are. */
const LISTED = 100

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
  const [marking, setMarking] = useState<{ target: Target; state: Mark } | null>(null)
  const ask = (state: Mark) => {
    const target = findTarget()
    if (target === null) return
    if (!target.isRun) return setMarking({ target, state })
    const lead = text.markRun(target.run_id, strings.states[state])
    confirmAction({
      title: text.actions[state],
      text: <Affected lead={lead} instances={unfinishedOf(target)} none={text.allFinished} />,
      confirm: text.actions[state],
      danger: state === 'failed',
      onConfirm: () => {
        mark.mutate({ target, state })
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
  if (marking !== null) {
    const { target, state } = marking
    return (
      <MarkDialog
        run={target}
        taskIds={taskIdsOf(target)}
        mapIndex={mapIndexOf(target)}
        state={state}
        onClose={() => {
          setMarking(null)
        }}
      />
    )
  }
  if (clearing === null) return null
  return (
    <ClearDialog
      run={clearing}
      taskIds={clearing.isRun ? [] : taskIdsOf(clearing)}
      onClose={() => {
        setClearing(null)
      }}
    />
  )
}

/** A run takes its unfinished task instances along. */
const unfinishedOf = (target: Target): readonly Instance[] => target.instances.filter(({ state }) => !isFinished(state))

const taskIdsOf = (target: Target): string[] => [...new Set(target.instances.map(({ task_id }) => task_id))]

/** All instances of the tasks, unless it is one of several of one task. */
function mapIndexOf({ instances: [first, ...others] }: Target): number | undefined {
  return first === undefined || others.length > 0 || first.map_index < 0 ? undefined : first.map_index
}

async function sendMark({ target: { dag_id, run_id }, state }: { target: Target; state: Mark }): Promise<string> {
  await api.markRun({ params: { dag_id, run_id }, body: { state } })
  return text.markedRun(run_id, strings.states[state])
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
