/** Says that a list of task instances is only the beginning of what there is: nobody shall take the part for the whole. */
import { Text } from '@mantine/core'
import { strings } from '../strings.ts'

export function CutNote({ shown, total }: { shown: number; total: number }) {
  return (
    <Text size="xs" c="dimmed" px={24} pb={4} role="note">
      {strings.tasks.cut(shown, total)}
    </Text>
  )
}
