/** A small form in a dialog: errors at their fields, those of no field above the buttons, Enter submits. */
import { Alert, Button, Group, Stack } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { errorCode } from '../../api/errors.ts'
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
  /** `replaces`: what is there already may go. */
  save: (replaces: boolean) => Promise<T>
  /** The name that a conflict is about. Then replacing what has it is offered, as a choice of its own. */
  taken?: string
  onSaved: (result: T) => void
  onClose: () => void
  children: (errors: Record<string, string>) => ReactNode
}

export function FormDialog<T>({ title, submit, danger, fields, check, save, taken, onSaved, onClose, children }: FormDialogProps<T>) {
  const [isTried, setTried] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  const mutation = useMutation({
    mutationFn: ({ replaces }: { replaces: boolean; name: string | null }) => save(replaces),
    onSuccess: onSaved,
    onError: (error, { name }) => {
      setRefused(errorCode(error) === 'conflict' ? name : null)
    },
  })
  const wrong = check?.() ?? {}
  const errors = { ...fieldErrors(mutation.error, fields), ...(isTried ? wrong : {}) }
  const submitAs = (replaces: boolean) => {
    setTried(true)
    if (Object.keys(wrong).length === 0) mutation.mutate({ replaces, name: taken ?? null })
  }
  return (
    <Dialog onClose={onClose} title={title} size="md">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submitAs(false)
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
            {taken !== undefined && refused === taken ? (
              <Button
                color="red"
                loading={mutation.isPending}
                onClick={() => {
                  submitAs(true)
                }}
              >
                {strings.admin.replace(taken)}
              </Button>
            ) : null}
            <Button type="submit" loading={mutation.isPending} {...(danger === true ? { color: 'red' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
