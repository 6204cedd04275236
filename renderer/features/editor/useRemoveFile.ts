/** Deleting a file, after a question. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'

export function useRemoveFile(path: string, sha256: string | null, onDone: () => void): () => void {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: (expected_hash: string) => api.deleteDagFile({ query: { path, expected_hash } }),
    onError: tellError,
    onSuccess: ({ message }) => {
      tell(message)
      onDone()
      client.removeQueries({ queryKey: queryKeys.dagFile(path) })
      void client.invalidateQueries({ queryKey: queryKeys.dagFileLists })
    },
  })
  return () => {
    if (sha256 === null) return
    const { remove: title, removeText } = strings.editor
    confirmAction({ title, text: removeText(path), confirm: title, danger: true, onConfirm: () => remove.mutate(sha256) })
  }
}
