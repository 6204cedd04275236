/** The code that a run runs with: the file as it was in the run's version. */
import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { DagRun } from '#contract/dagRun.ts'
import { dagQuery, dagSourceQuery } from '../../api/queries.ts'
import { strings } from '../../strings.ts'
import { CopyIcon } from '../../ui/CopyIcon.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import classes from './RunPage.module.css'

const CodeView = lazy(() => import('../../ui/CodeView.tsx').then(({ CodeView: component }) => ({ default: component })))
const text = strings.runs

export function RunCode({ run }: { run: DagRun }) {
  const source = useQuery(dagSourceQuery(run.dag_id, run.version))
  const newest = useQuery(dagQuery(run.dag_id)).data?.version
  if (source.isError) return <Failed error={source.error} onRetry={() => void source.refetch()} />
  const loading = (
    <div className={classes['scroll']}>
      <RowsSkeleton rows={14} height={26} />
    </div>
  )
  if (!source.data) return loading
  const { file_path, source: code } = source.data
  return (
    <>
      <div className={classes['bar']}>
        <Text size="sm">{strings.dag.version(run.version)}</Text>
        <Text size="sm" c="dimmed" className="mono ellipsis" title={file_path}>
          {file_path}
        </Text>
        <CopyIcon text={() => code} label={strings.common.copy} />
        <span style={{ flex: 1 }} />
        {newest !== undefined && newest !== run.version ? (
          <Button
            size="compact-xs"
            variant="default"
            renderRoot={(props) => (
              <Link to="/dags/$dagId/versions" params={{ dagId: run.dag_id }} search={{ version: newest, with: run.version }} {...props} />
            )}
          >
            {text.compareNewest(newest)}
          </Button>
        ) : null}
      </div>
      <Suspense fallback={loading}>
        <CodeView code={code} file={file_path} label={file_path} />
      </Suspense>
    </>
  )
}
