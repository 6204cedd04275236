/** Asks before a page with unsaved changes is left. A tab that is closed loses nothing as long as the draft could be kept. */
import { Button, Group, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/Dialog.tsx'

interface LeaveGuardProps {
  path: string
  isDirty: boolean
  /** Keeps the draft; false = it could not be. */
  keepNow: () => boolean
  onDiscard: () => void
}

export function LeaveGuard({ path, isDirty, keepNow, onDiscard }: LeaveGuardProps) {
  const leave = useBlocker({
    // What changes in the address of this page is a view of it.
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty && !keepNow(),
    withResolver: true,
  })
  if (leave.status !== 'blocked') return null
  return (
    <Dialog onClose={leave.reset} title={strings.editor.leave} size="md">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {strings.editor.leaveText(path)}
      </Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" data-autofocus onClick={leave.reset}>
          {strings.editor.stay}
        </Button>
        <Button
          variant="default"
          color="red"
          onClick={() => {
            onDiscard()
            leave.proceed()
          }}
        >
          {strings.editor.leaveDiscard}
        </Button>
        <Button onClick={leave.proceed}>{strings.editor.leaveKeep}</Button>
      </Group>
    </Dialog>
  )
}
