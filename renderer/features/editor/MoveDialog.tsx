/** A new path for a file. */
import { Button, Group, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { filePathProblem } from '#contract/dagFileNames.ts'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { Dialog } from '../../ui/Dialog.tsx'

interface MoveDialogProps {
  path: string
  sha256: string
  /** null = it stays where it is. */
  onClose: (to: string | null) => void
}

export function MoveDialog({ path, sha256, onClose }: MoveDialogProps) {
  const client = useQueryClient()
  const [to, setTo] = useState(path)
  const problem = filePathProblem(to)
  const move = useMutation({
    mutationFn: () => api.moveDagFile({ body: { path, to, expected_hash: sha256 } }),
    onSuccess: () => {
      tell(strings.editor.moved(to))
      void client.invalidateQueries({ queryKey: queryKeys.dagFileLists })
      onClose(to)
    },
  })
  return (
    <Dialog
      onClose={() => {
        onClose(null)
      }}
      title={strings.editor.rename}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (problem === null && to !== path) move.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label={strings.editor.renameLabel}
          value={to}
          error={problem ?? (move.isError ? errorText(move.error) : null)}
          onChange={(event) => {
            setTo(event.currentTarget.value)
          }}
        />
        <Group justify="flex-end" mt="lg">
          <Button type="submit" disabled={problem !== null || to === path} loading={move.isPending}>
            {strings.editor.rename}
          </Button>
        </Group>
      </form>
    </Dialog>
  )
}
