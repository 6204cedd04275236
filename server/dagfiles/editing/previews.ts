/**
 * Unsaved text, read for DAGs as a file's is: by the parse host, within its limits, never here. Of one editor only the newest text
 * counts: an older parse is ended, and its caller told so.
 */
import { VortexError } from '#contract/errors.ts'
import type { ParseResult } from '#contract/dagSpec.ts'
import { filePathProblem, isDagFileName } from '#contract/dagFileNames.ts'

/** Previews at once, over all editors: DAG files that change on disk must not wait behind a crowd of them. */
const PREVIEWS_MAX = 8

export type ParseText = (p: { file: string; text: string; signal: AbortSignal }) => Promise<ParseResult>

export class Previews {
  readonly #parse: ParseText
  readonly #running = new Map<string, AbortController>()
  #count = 0

  constructor(parse: ParseText) {
    this.#parse = parse
  }

  /** `editor` names one editor of one user. */
  async preview(p: { editor: string; path: string; text: string }): Promise<ParseResult> {
    const problem = filePathProblem(p.path)
    if (problem !== null) throw new VortexError('invalid_request', problem)
    if (!isDagFileName(p.path))
      throw new VortexError('invalid_request', `${p.path} is no Python, YAML or JSON file; only these define DAGs.`)
    this.#running.get(p.editor)?.abort()
    if (this.#count >= PREVIEWS_MAX)
      throw new VortexError(
        'rate_limited',
        `${PREVIEWS_MAX} unsaved texts are being read already. Type on: the next one is read in a moment.`,
      )
    const mine = new AbortController()
    this.#running.set(p.editor, mine)
    this.#count += 1
    try {
      const result = await this.#parse({ file: p.path, text: p.text, signal: mine.signal })
      if (mine.signal.aborted) throw new VortexError('conflict', 'A newer text of the same editor took its place.')
      return result
    } finally {
      this.#count -= 1
      if (this.#running.get(p.editor) === mine) this.#running.delete(p.editor)
    }
  }
}
