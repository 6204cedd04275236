/** What can be done to the chosen DAGs; it stands above the list while some are chosen. */
import { Button, Group, Text } from '@mantine/core'
import { IconEraser, IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext, type Icon } from '@tabler/icons-react'
import { BULK_ACTIONS, type BulkAction } from '#contract/dagList.ts'
import { strings } from '../../strings.ts'
import classes from './BulkBar.module.css'
import { countOf, type Selection } from './selection.ts'

const text = strings.bulk
const ICONS: Record<BulkAction, Icon> = {
  pause: IconPlayerPause,
  unpause: IconPlayerTrackNext,
  trigger: IconPlayerPlay,
  clear_failed: IconEraser,
}

interface BulkBarProps {
  selection: Selection
  /** DAGs that match, and those of them that are loaded. */
  total: number
  loaded: number
  onAll: () => void
  onNone: () => void
  onAction: (action: BulkAction) => void
}

export function BulkBar({ selection, total, loaded, onAll, onNone, onAction }: BulkBarProps) {
  const count = countOf(selection, total)
  if (count === 0) return null
  const canTakeAll = !selection.all && total > loaded && count >= loaded
  return (
    <div className={classes['bar']} role="toolbar" aria-label={text.label}>
      <Text size="sm" fw={550} role="status">
        {selection.all ? text.allSelected(total) : text.selected(count)}
      </Text>
      {canTakeAll ? (
        <Button size="compact-xs" variant="subtle" onClick={onAll}>
          {text.all(total)}
        </Button>
      ) : null}
      <Group gap={6}>
        {BULK_ACTIONS.map((action) => {
          const Shape = ICONS[action]
          return (
            <Button
              key={action}
              size="compact-sm"
              variant="default"
              leftSection={<Shape size={14} />}
              onClick={() => {
                onAction(action)
              }}
            >
              {text.actions[action]}
            </Button>
          )
        })}
      </Group>
      <Button size="compact-xs" variant="subtle" color="gray" ml="auto" onClick={onNone}>
        {text.none}
      </Button>
    </div>
  )
}
