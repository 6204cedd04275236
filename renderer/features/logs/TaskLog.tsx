/** The log of a task instance: of the attempt that is chosen, or why there is none. */
import { IconFileText } from '@tabler/icons-react'
import { isFinished } from '#contract/states.ts'
import type { TaskInstance } from '#contract/taskInstance.ts'
import type { TaskChange, TaskSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty } from '../../ui/PageState.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import { AttemptLog } from './AttemptLog.tsx'

interface TaskLogProps {
  task: TaskInstance
  search: TaskSearch
  onChange: (change: TaskChange) => void
}

export function TaskLog({ task, search, onChange }: TaskLogProps) {
  if (task.try_number === 0) {
    const words = isFinished(task.state) ? strings.tasks.neverRanText(stateWord(task.state)) : strings.tasks.neverTriedText
    return <Empty title={strings.tasks.neverTried} text={words} icon={IconFileText} />
  }
  const shown = search.attempt ?? task.try_number
  return <AttemptLog key={`${task.id} ${shown}`} task={task} attempt={shown} search={search} onChange={onChange} />
}
