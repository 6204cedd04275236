/** Doing things: one way to confirm, one way to tell that it worked or why not. */
import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { ReactNode } from 'react'
import { errorText } from '../api/errors.ts'
import { strings } from '../strings.ts'

export function confirmAction(options: { title: string; text: ReactNode; confirm: string; danger?: boolean; onConfirm: () => void }): void {
  modals.openConfirmModal({
    title: options.title,
    children: (
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {options.text}
      </Text>
    ),
    labels: { confirm: options.confirm, cancel: strings.common.cancel },
    confirmProps: options.danger === true ? { color: 'red' } : {},
    closeButtonProps: { 'aria-label': strings.common.close },
    size: 'md',
    onConfirm: options.onConfirm,
  })
}

const closeButtonProps = { 'aria-label': strings.common.close }

export function tell(message: ReactNode): void {
  notifications.show({ message, color: 'green', autoClose: 4000, withBorder: true, closeButtonProps })
}

/** A failure stays until it is closed: the person may be looking elsewhere. */
export function tellError(error: unknown): void {
  notifications.show({ title: strings.common.failed, message: errorText(error), color: 'red', autoClose: false, withBorder: true, closeButtonProps })
}
