/** The buttons that every admin list has: to make something, and to delete it after a question. */
import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'

const text = strings.admin

export function CreateButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button size="xs" leftSection={<IconPlus size={15} />} onClick={onClick}>
      {label}
    </Button>
  )
}

export function EditButton({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <ActionIcon size="lg" aria-label={text.edit(name)} onClick={onClick}>
      <IconPencil size={17} />
    </ActionIcon>
  )
}

interface DeleteButtonProps {
  name: string
  question: { title: string; text: string }
  remove: () => Promise<{ message: string }>
  /** The list that it is in. */
  invalidates: QueryKey
  /** The verb, where it is not "delete". */
  verb?: string
  /** Why it stays. */
  staysBecause?: string | null
}

export function DeleteButton({ name, question, remove, invalidates, verb, staysBecause = null }: DeleteButtonProps) {
  const client = useQueryClient()
  const { mutate } = useMutation({
    mutationFn: remove,
    onSuccess: ({ message }) => {
      tell(message)
      void client.invalidateQueries({ queryKey: invalidates })
    },
    onError: tellError,
  })
  return (
    <Tooltip label={staysBecause} disabled={staysBecause === null}>
      <ActionIcon
        size="lg"
        aria-label={verb === undefined ? text.delete(name) : `${verb} ${name}`}
        disabled={staysBecause !== null}
        onClick={() => {
          confirmAction({
            ...question,
            confirm: verb ?? text.deleteWord,
            danger: true,
            onConfirm: () => {
              mutate()
            },
          })
        }}
      >
        <IconTrash size={17} />
      </ActionIcon>
    </Tooltip>
  )
}
