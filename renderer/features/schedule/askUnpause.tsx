/** Before a DAG is unpaused that would start something: what it would start, and whether that is meant. */
import type { QueryClient } from '@tanstack/react-query'
import type { DagDetail } from '#contract/dag.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { unpausePreviewQuery } from '../../api/queries/schedule.ts'
import { strings } from '../../strings.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { hasConsequences, UnpauseConsequences } from './UnpauseConsequences.tsx'

export async function askUnpause(client: QueryClient, dagId: string, unpause: () => void): Promise<void> {
  try {
    const preview = await client.fetchQuery({ ...unpausePreviewQuery(dagId), retry: false })
    if (!preview.is_paused || !hasConsequences(preview)) {
      unpause()
      return
    }
    const zone = client.getQueryData<DagDetail>(queryKeys.dagDetail(dagId))?.timezone ?? 'UTC'
    confirmAction({
      title: strings.unpause.title(dagId),
      text: <UnpauseConsequences preview={preview} zone={zone} />,
      confirm: strings.unpause.confirm(preview.starts_count),
      onConfirm: unpause,
    })
  } catch (error) {
    // It may be unpaused all the same: whoever does so knows what is not known.
    confirmAction({
      title: strings.unpause.title(dagId),
      text: strings.unpause.unknown(errorText(error)),
      confirm: strings.unpause.confirm(0),
      onConfirm: unpause,
    })
  }
}
