/** One backfill: range, progress, what can be done with it, and unfolded the state of each of its runs. */
import { ActionIcon, Button, Group, Progress, Tooltip } from '@mantine/core'
import { IconBan, IconChevronDown, IconChevronRight, IconPlayerPause, IconPlayerPlay, IconReload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Backfill } from '#contract/dagRun.ts'
import { api } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatDuration } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { Instant } from '../../ui/Instant.tsx'
import { StateBadge } from '../../ui/StateBadge.tsx'
import { stateFill } from '../../ui/stateColors.ts'
import classes from './Backfills.module.css'
import { BackfillRuns } from './BackfillRuns.tsx'
import { timeLeft } from './range.ts'

const text = strings.backfills

interface BackfillCardProps {
  backfill: Backfill
  zone: string | null
  mayOperate: boolean
  isOpen: boolean
  onToggle: () => void
  /** Asks for a backfill of the same range that runs the failed ones again. */
  onRetry: () => void
}

export function BackfillCard({ backfill, zone, mayOperate, isOpen, onToggle, onRetry }: BackfillCardProps) {
  const { id, runs_total, runs_created, runs_finished, runs_failed, state } = backfill
  const succeeded = runs_finished - runs_failed
  const left = state === 'running' ? timeLeft(backfill, serverNow()) : null
  const share = (count: number) => (runs_total === 0 ? 100 : (count / runs_total) * 100)
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <li className={classes['card']}>
      <div className={classes['head']}>
        <ActionIcon
          size={26}
          variant="subtle"
          aria-expanded={isOpen}
          aria-label={isOpen ? text.hideRuns(id) : text.showRuns(id)}
          onClick={onToggle}
        >
          <Chevron size={16} />
        </ActionIcon>
        <span className={classes['id']}>{text.id(id)}</span>
        <StateBadge state={state} />
        <span className={classes['range']}>
          <Instant at={backfill.start_date} zone={zone} /> – <Instant at={backfill.end_date} zone={zone} />
        </span>
        <Actions backfill={backfill} mayOperate={mayOperate} />
      </div>
      <div className={classes['progress']}>
        <Progress.Root size={8} style={{ flex: 1, minWidth: 120 }}>
          <Progress.Section value={share(succeeded)} color={stateFill('success')} aria-label={text.succeeded(succeeded)} />
          <Progress.Section value={share(runs_failed)} color={stateFill('failed')} aria-label={text.failed(runs_failed)} />
          <Progress.Section value={share(runs_created - runs_finished)} color="cyan" animated aria-label={strings.states.running} />
        </Progress.Root>
        <span className="tabular">{text.progressOf(succeeded, runs_failed, runs_total)}</span>
        {runs_failed > 0 && state !== 'running' && state !== 'paused' ? (
          <Button size="compact-xs" variant="default" disabled={!mayOperate} leftSection={<IconReload size={13} />} onClick={onRetry}>
            {text.retry}
          </Button>
        ) : null}
      </div>
      <div className={classes['facts']}>
        {left === null ? null : <span>{text.left(formatDuration(left))}</span>}
        <span>{text.limit(backfill.max_active_runs)}</span>
        <span>
          {text.reprocess}: {text.reprocessOf[backfill.reprocess]}
        </span>
        {backfill.run_backwards ? <span>{text.backwards}</span> : null}
        <span>
          {text.by} {backfill.created_by}, <Instant at={backfill.created_at} zone={zone} relative />
        </span>
        {backfill.end_time === null ? null : <span>{formatDuration(Date.parse(backfill.end_time) - Date.parse(backfill.created_at))}</span>}
      </div>
      {isOpen ? <BackfillRuns dagId={backfill.dag_id} id={id} zone={zone} /> : null}
    </li>
  )
}

function Actions({ backfill, mayOperate }: { backfill: Backfill; mayOperate: boolean }) {
  const client = useQueryClient()
  const { dag_id, id, state, runs_total, runs_created, runs_finished } = backfill
  const act = useMutation({
    mutationFn: (action: 'pause' | 'resume' | 'cancel') => api.setBackfillState({ params: { dag_id, backfill_id: id, action } }),
    onError: tellError,
    onSettled: () => void client.invalidateQueries({ queryKey: queryKeys.history(dag_id) }),
  })
  if (state !== 'running' && state !== 'paused') return null
  const isPaused = state === 'paused'
  return (
    <Group gap={6} wrap="nowrap" ml="auto">
      <Button
        size="compact-xs"
        variant="default"
        disabled={!mayOperate}
        loading={act.isPending}
        leftSection={isPaused ? <IconPlayerPlay size={13} /> : <IconPlayerPause size={13} />}
        onClick={() => {
          act.mutate(isPaused ? 'resume' : 'pause')
        }}
      >
        {isPaused ? text.resume : text.pause}
      </Button>
      <Tooltip label={text.cancelTitle(id)}>
        <Button
          size="compact-xs"
          variant="light"
          color="red"
          disabled={!mayOperate}
          leftSection={<IconBan size={13} />}
          onClick={() => {
            confirmAction({
              title: text.cancelTitle(id),
              text: text.cancelText(runs_created - runs_finished, runs_total - runs_created),
              confirm: text.cancelTitle(id),
              danger: true,
              onConfirm: () => {
                act.mutate('cancel')
              },
            })
          }}
        >
          {text.cancel}
        </Button>
      </Tooltip>
    </Group>
  )
}
