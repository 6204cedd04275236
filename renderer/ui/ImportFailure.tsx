/** Why a DAG's file fails to load now, and what runs meanwhile. */
import type { DagDetail } from '#contract/dag.ts'
import { strings } from '../strings.ts'

export function ImportFailure({ error, version }: { error: NonNullable<DagDetail['import_error']>; version: number }) {
  return (
    <span style={{ overflowWrap: 'anywhere' }}>
      <span className="mono">
        {error.file}
        {error.line === null ? '' : `:${error.line}`}
      </span>{' '}
      {strings.dag.importError(error.message.replace(/[.\s]+$/, ''), version)}
    </span>
  )
}
