/**
 * A link to a run for places that have hundreds of them. The router's own link follows the address, preloads and builds its target
 * with each: some 50 µs and a subscription, which lists that scroll and timelines that move cannot spare.
 */
import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes } from 'react'

interface RunAnchorProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href' | 'onClick'> {
  dagId: string
  runId: string
}

export function RunAnchor({ dagId, runId, ...rest }: RunAnchorProps) {
  const router = useRouter()
  return (
    <a
      {...rest}
      href={router.history.createHref(`/dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`)}
      onClick={(event) => {
        // Into another tab or window: the browser's own business.
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        void router.navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId } })
      }}
    />
  )
}
