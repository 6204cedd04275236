/** A small form in a dialog: errors at their fields, those of no field above the buttons, Enter submits. */
import { Alert, Button, Group, Stack } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { strings } from '../../strings.ts'
import { fieldErrors } from './fieldErrors.ts'
import { Dialog } from '../../ui/Dialog.tsx'

interface FormDialogProps<T> {
  title: string
  submit: string
  danger?: boolean
  /** Names of the fields, as the API has them. */
  fields: readonly string[]
  /** What is wrong before anything is sent: field -> message. */
  check?: () => Record<string, string>
  save: () => Promise<T>
  onSaved: (result: T) => void
  onClose: () => void
  children: (errors: Record<string, string>) => ReactNode
}

export function FormDialog<T>({ title, submit, danger, fields, check, save, onSaved, onClose, children }: FormDialogProps<T>) {
  const [isTried, setTried] = useState(false)
  const mutation = useMutation({ mutationFn: save, onSuccess: onSaved })
  const wrong = check?.() ?? {}
  const errors = { ...fieldErrors(mutation.error, fields), ...(isTried ? wrong : {}) }
  return (
    <Dialog onClose={onClose} title={title} size="md">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (Object.keys(wrong).length === 0) mutation.mutate()
        }}
      >
        <Stack gap="sm">
          {children(errors)}
          {errors[''] === undefined ? null : (
            <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
              {errors['']}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={mutation.isPending} {...(danger === true ? { color: 'red' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
