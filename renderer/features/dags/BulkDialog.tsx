/** A bulk action: what it affects comes first, then it is done with progress, then each DAG that refused is told with its reason. */
import { Alert, Button, Group, Loader, Progress, Stack, Text } from '@mantine/core'
import { IconAlertCircle, IconCheck, IconCircleX, IconMinus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { BULK_OUTCOMES, type BulkAction, type BulkItem, type DagListFilter } from '#contract/dagList.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { Failed } from '../../ui/PageState.tsx'
import classes from './BulkDialog.module.css'
import { carryOut, dryRun } from './bulkWork.ts'
import type { Selection } from './selection.ts'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.bulk
/** Rows of the list; its counts are of all. */
const ROWS_SHOWN = 200
const ICONS = { done: IconCheck, unchanged: IconMinus, refused: IconCircleX }

interface BulkDialogProps {
  action: BulkAction
  selection: Selection
  filter: DagListFilter
  onClose: () => void
}

export function BulkDialog({ action, selection, filter, onClose }: BulkDialogProps) {
  const client = useQueryClient()
  const preview = useQuery({
    queryKey: ['bulk-preview', action, selection.all ? filter : [...selection.ids]],
    queryFn: () => dryRun(action, selection, filter),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  })
  const [results, setResults] = useState<BulkItem[]>([])
  const targets = (preview.data ?? []).filter(({ outcome }) => outcome === 'done').map(({ dag_id }) => dag_id)
  const rest = targets.slice(results.length)
  const work = useMutation({
    mutationFn: () =>
      carryOut(action, rest, (items) => {
        setResults((before) => [...before, ...items])
      }),
    onSuccess: (items) => {
      if ([...results, ...items].some(({ outcome }) => outcome === 'refused')) return
      tell(text.finished(targets.length))
      onClose()
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: queryKeys.dagLists })
      void client.invalidateQueries({ queryKey: ['dag'] })
    },
  })
  const isOver = work.isSuccess
  const isStarted = work.isPending || results.length > 0 || work.isError
  return (
    <Dialog onClose={onClose} title={text.titles[action]} closedBy={work.isPending ? 'esc' : 'any'}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {text.leads[action]}
        </Text>
        {preview.isError ? (
          <Failed error={preview.error} onRetry={() => void preview.refetch()} />
        ) : preview.data ? (
          <Items items={isStarted ? results : preview.data} words={isStarted ? text.results : text.outcomes} />
        ) : (
          <Loader size="sm" />
        )}
        {isStarted && !isOver ? (
          <div>
            <Progress value={(results.length / Math.max(1, targets.length)) * 100} aria-label={text.titles[action]} />
            <Text size="xs" c="dimmed" mt={4} role="status">
              {text.progress(results.length, targets.length)}
            </Text>
          </div>
        ) : null}
        {work.isError ? (
          <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
            {errorText(work.error)} {text.stopped(results.length, targets.length)}
          </Alert>
        ) : null}
        {preview.data && targets.length === 0 ? <Text size="sm">{text.nothing}</Text> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {isOver ? strings.common.close : strings.common.cancel}
          </Button>
          {isOver ? null : (
            <Button
              data-autofocus
              disabled={rest.length === 0}
              loading={work.isPending}
              onClick={() => {
                work.mutate()
              }}
            >
              {work.isError ? text.goOn(rest.length) : text.submits[action](targets.length)}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  )
}

interface ItemsProps {
  items: readonly BulkItem[]
  words: Record<BulkItem['outcome'], (count: number) => string>
}

/** What cannot be done first, for it needs somebody; what needs nothing last. */
const ORDER: Record<BulkItem['outcome'], number> = { refused: 0, done: 1, unchanged: 2 }

function Items({ items, words }: ItemsProps) {
  const sorted = items.toSorted((a, b) => ORDER[a.outcome] - ORDER[b.outcome])
  return (
    <div>
      <Text size="sm" fw={550} mb={4} role="status">
        {BULK_OUTCOMES.map((outcome) => ({ outcome, count: items.filter((item) => item.outcome === outcome).length }))
          .filter(({ outcome, count }) => count > 0 || outcome === 'done')
          .map(({ outcome, count }) => words[outcome](count))
          .join(' · ')}
      </Text>
      {sorted.length === 0 ? null : (
        <ul className={classes['items']} tabIndex={0}>
          {sorted.slice(0, ROWS_SHOWN).map((item) => {
            const Shape = ICONS[item.outcome]
            return (
              <li key={item.dag_id} data-outcome={item.outcome}>
                <Shape size={15} aria-label={words[item.outcome](1)} role="img" />
                <div>
                  <span className="ellipsis" title={item.dag_id}>
                    {item.run_id === null ? (
                      item.dag_id
                    ) : (
                      <Link to="/dags/$dagId/runs/$runId" params={{ dagId: item.dag_id, runId: item.run_id }}>
                        {item.dag_id}
                      </Link>
                    )}
                  </span>
                  {item.message === null ? null : <small>{item.message}</small>}
                </div>
              </li>
            )
          })}
          {sorted.length > ROWS_SHOWN ? <li>{text.more(sorted.length - ROWS_SHOWN)}</li> : null}
        </ul>
      )}
    </div>
  )
}
