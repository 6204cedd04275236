/** One DAG of the list. */
import { ActionIcon, Badge, Checkbox, Group, Switch, Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconFileOff, IconPlayerPlay, IconStar, IconStarFilled } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { memo } from 'react'
import type { Dag } from '#contract/dag.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatRelative } from '../../lib/time.ts'
import { arrivedWords, dagScheduleWords, hasClockTime } from '../../lib/schedule.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { StateIcon } from '../../ui/StateBadge.tsx'
import classes from './DagRow.module.css'
import { RunBars } from './RunBars.tsx'
import { RunCounters } from './RunCounters.tsx'
import { useSetFavourite } from './useSetFavourite.ts'
import { useSetPaused } from './useSetPaused.ts'

/** Tags shown in a row; the rest is a number whose title names them. */
const TAGS_SHOWN = 3

interface DagRowProps {
  dag: Dag
  mayOperate: boolean
  isSelected: boolean
  /** Takes the id, so that it is one function for all rows. */
  onSelect: (id: string, selected: boolean) => void
}

export const DagRow = memo(function DagRow({ dag, mayOperate, isSelected, onSelect }: DagRowProps) {
  const setPaused = useSetPaused(dag.id)
  const setFavourite = useSetFavourite(dag.id)
  const navigate = useNavigate()
  const name = dag.dag_display_name ?? dag.id
  return (
    <>
      <div role="cell" className={classes['select']}>
        <Checkbox
          size="xs"
          checked={isSelected}
          disabled={!mayOperate}
          aria-label={strings.dags.select(dag.id)}
          onChange={(event) => {
            onSelect(dag.id, event.currentTarget.checked)
          }}
        />
      </div>
      <div role="cell" className={classes['pause']}>
        <Switch
          size="sm"
          checked={!dag.is_paused}
          disabled={!mayOperate}
          aria-label={dag.is_paused ? strings.dags.unpause(dag.id) : strings.dags.pause(dag.id)}
          title={dag.is_paused ? strings.dags.unpause(dag.id) : strings.dags.pause(dag.id)}
          onChange={(event) => {
            setPaused.mutate(!event.currentTarget.checked)
          }}
        />
      </div>
      <div role="cell" className={classes['name']}>
        <Group gap={6} wrap="nowrap" miw={0}>
          {dag.last_run_state === null ? null : <StateIcon state={dag.last_run_state} label />}
          <Link to="/dags/$dagId" params={{ dagId: dag.id }} className={`ellipsis ${classes['link']}`} title={dag.id}>
            {name}
          </Link>
          <Marks dag={dag} />
          <ActionIcon
            size="sm"
            className={classes['star'] ?? ''}
            data-on={dag.is_favourite || undefined}
            aria-pressed={dag.is_favourite}
            aria-label={dag.is_favourite ? strings.dags.removeFavourite(dag.id) : strings.dags.addFavourite(dag.id)}
            onClick={() => {
              setFavourite.mutate(!dag.is_favourite)
            }}
          >
            {dag.is_favourite ? <IconStarFilled size={14} /> : <IconStar size={14} />}
          </ActionIcon>
        </Group>
        <div className={classes['below']}>
          {dag.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <Badge
              key={tag}
              renderRoot={(props) => <Link to="/dags" search={{ tag }} {...props} />}
              size="xs"
              variant="default"
              tt="none"
              className={classes['tag'] ?? ''}
              title={tag}
            >
              {tag}
            </Badge>
          ))}
          {dag.tags.length > TAGS_SHOWN ? (
            <span className={classes['dim']} title={dag.tags.slice(TAGS_SHOWN).join(', ')}>
              +{dag.tags.length - TAGS_SHOWN}
            </span>
          ) : null}
          {dag.description === null ? null : (
            <span className={`ellipsis ${classes['dim']}`} title={dag.description}>
              {dag.description}
            </span>
          )}
        </div>
      </div>
      <div role="cell" className={classes['schedule']}>
        <Schedule dag={dag} />
      </div>
      <div role="cell" className={classes['next']}>
        <NextRun dag={dag} />
      </div>
      <div role="cell" className={classes['runs']}>
        <RunBars dagId={dag.id} runs={dag.recent_runs} />
        <RunCounters dagId={dag.id} counts={dag.run_counts} />
      </div>
      <div role="cell" className={classes['actions']}>
        <Tooltip label={strings.dags.trigger(dag.id)}>
          <ActionIcon
            size="lg"
            color="indigo"
            disabled={!mayOperate || dag.is_stale}
            aria-label={strings.dags.trigger(dag.id)}
            // The list stays as it is behind the dialog.
            onClick={() => void navigate({ to: '.', search: (before) => ({ ...before, trigger: dag.id }) })}
          >
            <IconPlayerPlay size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </>
  )
})

function Marks({ dag }: { dag: Dag }) {
  return (
    <>
      {dag.has_import_error ? (
        <Tooltip label={strings.dags.importErrorHint}>
          <IconAlertTriangle
            size={15}
            color="var(--state-failed-fill)"
            role="img"
            aria-label={strings.dags.importError}
            style={{ flexShrink: 0 }}
          />
        </Tooltip>
      ) : null}
      {dag.is_stale ? (
        <Tooltip label={strings.dags.staleHint}>
          <IconFileOff
            size={15}
            color="var(--state-upstream_failed-fill)"
            role="img"
            aria-label={strings.dags.stale}
            style={{ flexShrink: 0 }}
          />
        </Tooltip>
      ) : null}
    </>
  )
}

function Schedule({ dag }: { dag: Pick<Dag, 'schedule_interval' | 'asset_schedule' | 'timezone'> }) {
  const words = dagScheduleWords(dag)
  return (
    <span
      className={classes['twoLines']}
      title={
        dag.asset_schedule !== null
          ? words
          : dag.schedule_interval === null
            ? strings.schedule.none
            : `${dag.schedule_interval} (${dag.timezone})`
      }
    >
      <span className={classes['words']}>{words}</span>
      {hasClockTime(words) ? <span className={`ellipsis ${classes['dim']}`}>{dag.timezone}</span> : null}
    </span>
  )
}

export function NextRun({ dag }: { dag: Pick<Dag, 'next_run' | 'is_paused' | 'timezone' | 'schedule_interval' | 'asset_schedule'> }) {
  if (dag.is_paused && dag.schedule_interval !== null) return <span className={classes['dim']}>{strings.schedule.pausedNext}</span>
  if (dag.next_run === null) return <span className={classes['dim']}>{arrivedWords(dag) ?? strings.time.never}</span>
  const due = Date.parse(dag.next_run) <= serverNow()
  return (
    <span className={classes['twoLines']}>
      <Instant at={dag.next_run} zone={dag.timezone} />
      <span className={classes['dim']}>{due ? strings.schedule.due : formatRelative(dag.next_run, serverNow())}</span>
    </span>
  )
}
