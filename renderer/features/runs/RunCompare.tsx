/** This run beside another one of the same DAG: version, duration and conf, then each task's state and duration, what differs first. */
import { Select } from '@mantine/core'
import { IconArrowsDiff } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { dagQuery, runListQuery, runQuery, taskInstancesQuery } from '../../api/queries.ts'
import { runContextQuery } from '../../api/queries/taskViews.ts'
import { formatDuration } from '../../lib/time.ts'
import type { RunSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { CutNote } from '../../ui/CutNote.tsx'
import { Elapsed } from '../../ui/Elapsed.tsx'
import { Instant } from '../../ui/Instant.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { StateBadge, StateIcon } from '../../ui/StateBadge.tsx'
import { VirtualTable } from '../../ui/VirtualTable.tsx'
import { compareRuns, tookOf, type Compared, type ComparedTask } from './compareModel.ts'
import classes from './RunCompare.module.css'

const text = strings.compareRuns
const COLUMNS = 'minmax(150px, 1.6fr) minmax(150px, 1fr) minmax(150px, 1fr) 150px'

interface RunCompareProps {
  run: DagRun
  search: RunSearch
  onChange: (change: { with?: string | undefined; task?: string | undefined; map?: number | undefined }) => void
}

export function RunCompare({ run, search, onChange }: RunCompareProps) {
  const runs = useInfiniteQuery(runListQuery(run.dag_id, {}))
  const context = useQuery(runContextQuery(run))
  const listed = runs.data?.pages.flatMap((page) => page.data) ?? []
  const beside = context.data?.previous ?? context.data?.next ?? null
  // Of a run that one came from by the arrows.
  const chosen = search.with === run.run_id ? undefined : search.with
  const other = chosen ?? beside?.run_id ?? null
  const ids = [...new Set([...(other === null ? [] : [other]), ...listed.map(({ run_id }) => run_id)])].filter((id) => id !== run.run_id)
  if (context.isPending) return <RowsSkeleton />
  return (
    <>
      <div className={classes['bar']}>
        <Select
          size="xs"
          w={380}
          maw="100%"
          searchable
          allowDeselect={false}
          label={text.with}
          placeholder={text.choose}
          value={other}
          data={ids}
          onChange={(value) => {
            onChange({ with: value ?? undefined })
          }}
        />
      </div>
      {other === null ? (
        <Empty title={text.alone} icon={IconArrowsDiff} />
      ) : (
        <Beside
          key={other}
          run={run}
          other={{ dag_id: run.dag_id, run_id: other }}
          onTask={(row) => {
            onChange({ task: row.task_id, map: row.map_index < 0 ? undefined : row.map_index })
          }}
        />
      )}
    </>
  )
}

interface BesideProps {
  run: DagRun
  other: { dag_id: string; run_id: string }
  onTask: (row: ComparedTask) => void
}

function Beside({ run, other, onTask }: BesideProps) {
  const right = useQuery(runQuery(other))
  const mine = useQuery(taskInstancesQuery(run))
  const theirs = useQuery(taskInstancesQuery(other))
  const rows = useMemo(() => (mine.data && theirs.data ? compareRuns(mine.data.data, theirs.data.data) : null), [mine.data, theirs.data])
  const failed = [right, mine, theirs].find((query) => query.isError && !query.data)
  if (failed) return <Failed error={failed.error} onRetry={() => void failed.refetch()} />
  if (!right.data || rows === null) return <RowsSkeleton />
  const count = (differs: ComparedTask['differs']) => rows.filter((row) => row.differs === differs).length
  return (
    <>
      <Runs left={run} right={right.data} />
      {[mine, theirs].map(({ data }, side) =>
        data !== undefined && data.total > data.data.length ? <CutNote key={side} shown={data.data.length} total={data.total} /> : null,
      )}
      <p className={classes['sum']} role="status">
        {text.sum(count('state'), count('duration'), rows.length)}
      </p>
      <VirtualTable
        label={text.label(run.run_id, other.run_id)}
        columns={COLUMNS}
        head={[text.task, text.thisRun, text.otherRun, text.difference]}
        rows={rows}
        total={rows.length}
        rowKey={(row) => row.key}
        rowHeight={38}
        rowClass={classes['row']}
        renderRow={(row) => <Row row={row} onTask={onTask} />}
      />
    </>
  )
}

/** The two heads. What differs is said in words beside it, not by colour. */
function Runs({ left, right }: { left: DagRun; right: DagRun }) {
  const zone = useQuery(dagQuery(left.dag_id)).data?.timezone ?? null
  const conf = (run: DagRun) => JSON.stringify(run.conf)
  return (
    <dl className={classes['runs']}>
      {[left, right].map((run, side) => (
        <div key={side}>
          <dt>{side === 0 ? text.thisRun : text.otherRun}</dt>
          <dd>
            <StateBadge state={run.state} />
            <Link to="/dags/$dagId/runs/$runId" params={{ dagId: run.dag_id, runId: run.run_id }} className="ellipsis" title={run.run_id}>
              {run.run_id}
            </Link>
          </dd>
          <dd>
            <Instant at={run.logical_date} zone={zone} />
            <span>{strings.dag.version(run.version)}</span>
            <Elapsed start={run.start_time} end={run.end_time} />
            {conf(left) === conf(right) ? null : <code className="ellipsis">{conf(run)}</code>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Row({ row, onTask }: { row: ComparedTask; onTask: (row: ComparedTask) => void }) {
  return (
    <>
      <div role="cell" className={classes['task']} data-differs={row.differs === 'no' ? undefined : row.differs}>
        <button
          type="button"
          className={`ellipsis ${classes['open']}`}
          title={row.task_id}
          disabled={row.left === null}
          onClick={() => {
            onTask(row)
          }}
        >
          {row.task_id}
          {row.map_index < 0 ? '' : strings.tasks.mapIndex(row.map_index)}
        </button>
      </div>
      <Side task={row.left} name={text.thisRun} />
      <Side task={row.right} name={text.otherRun} />
      <div role="cell" className={`tabular ${classes['difference']}`}>
        <Difference row={row} />
      </div>
    </>
  )
}

function Side({ task, name }: { task: Compared | null; name: string }) {
  const took = tookOf(task)
  return (
    <div role="cell" className={classes['side']} data-name={name}>
      {task === null ? (
        <span className={classes['dim']}>{text.absent}</span>
      ) : (
        <>
          <StateIcon state={task.state} size={15} label />
          <span className="tabular">{took === null ? strings.states[task.state] : formatDuration(took)}</span>
        </>
      )}
    </div>
  )
}

function Difference({ row: { differs, left, right, slower_ms } }: { row: ComparedTask }) {
  if (left === null || right === null) return <>{left === null ? text.onlyOther : text.onlyThis}</>
  if (differs === 'state') return <>{text.otherState}</>
  if (slower_ms === null || differs === 'no') return <span className={classes['dim']}>{text.same}</span>
  return <>{slower_ms > 0 ? text.slower(formatDuration(slower_ms)) : text.faster(formatDuration(-slower_ms))}</>
}
