/** Files on their way into the DAG folder, one after the other, each with its own end. */
import { FILE_BYTES_MAX, filePathProblem } from '#contract/dagFileNames.ts'
import { VortexError } from '#contract/errors.ts'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { formatBytes } from '../../lib/format.ts'
import { strings } from '../../strings.ts'

export type UploadState =
  | { is: 'waiting' | 'running' | 'created' | 'saved' | 'unchanged' | 'skipped' }
  /** Another file lies there; its hash is what an overwrite must name. */
  | { is: 'exists'; sha256: string }
  | { is: 'failed'; reason: string }
export interface Upload {
  name: string
  file: File
  state: UploadState
}

export const pathOf = (folder: string, name: string): string => (folder === '' ? name : `${folder.replace(/\/+$/, '')}/${name}`)

/** What is wrong before anything is sent. */
export function refusal(path: string, file: File): string | null {
  const problem = filePathProblem(path)
  if (problem !== null) return problem
  return file.size > FILE_BYTES_MAX ? `${formatBytes(file.size)}; at most ${formatBytes(FILE_BYTES_MAX)}` : null
}

/** `over`: hash of the file that may be written over. */
export async function upload(path: string, file: File, over: string | null): Promise<UploadState> {
  const reason = refusal(path, file)
  if (reason !== null) return { is: 'failed', reason }
  const text = await file.arrayBuffer().then((bytes) => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      return null
    }
  })
  if (text === null) return { is: 'failed', reason: strings.uploadDialog.notText }
  try {
    const { change } = await api.saveDagFile({ body: { path, text, expected_hash: over } })
    return { is: change }
  } catch (error) {
    const there =
      error instanceof VortexError && error.code === 'conflict' ? (error.details as { sha256?: string | null; text?: string } | null) : null
    if (there?.sha256 == null) return { is: 'failed', reason: errorText(error) }
    return there.text === text ? { is: 'unchanged' } : { is: 'exists', sha256: there.sha256 }
  }
}
