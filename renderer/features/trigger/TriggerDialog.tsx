/** Starting a run by hand: of the DAG that the URL names, or of one that is chosen first. */
import { useQuery } from '@tanstack/react-query'
import { dagQuery, runQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { DagPicker } from './DagPicker.tsx'
import { TriggerForm } from './TriggerForm.tsx'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.trigger
/** Stands in the URL for a DAG that is still to be chosen. */
export const ANY_DAG = '*'

interface TriggerDialogProps {
  dagId: string
  /** The run whose conf the form begins with. */
  confOf?: string | undefined
  /** Instant that the form starts with. */
  logicalDate?: string | undefined
  onClose: () => void
  onPick: (dagId: string) => void
}

export function TriggerDialog({ dagId, confOf, logicalDate, onClose, onPick }: TriggerDialogProps) {
  const isAny = dagId === ANY_DAG
  const dag = useQuery({ ...dagQuery(dagId), enabled: !isAny })
  const run = useQuery({ ...runQuery({ dag_id: dagId, run_id: confOf ?? '' }), enabled: confOf !== undefined && !isAny })
  const failed = dag.isError ? dag : run.isError ? run : null
  const isReady = dag.data !== undefined && (confOf === undefined || run.data !== undefined)
  return (
    <Dialog onClose={onClose} title={isAny ? text.pickTitle : text.title(dag.data?.dag_display_name ?? dagId)}>
      {isAny ? (
        <DagPicker onPick={onPick} />
      ) : isReady && dag.data ? (
        <TriggerForm
          key={`${dagId} ${confOf ?? ''} ${logicalDate ?? ''}`}
          logicalDate={logicalDate ?? null}
          dag={dag.data}
          start={run.data ? { conf: run.data.conf, from: text.run(run.data.run_id) } : null}
          onClose={onClose}
        />
      ) : failed ? (
        <Failed error={failed.error} onRetry={() => void failed.refetch()} />
      ) : (
        <RowsSkeleton rows={4} />
      )}
    </Dialog>
  )
}
