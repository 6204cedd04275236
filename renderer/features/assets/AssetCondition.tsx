/** What a DAG's schedule waits for: the condition in words, and each asset of it with a tick once it has arrived. */
import { Text } from '@mantine/core'
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { assetConditionQuery } from '../../api/queries/assets.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { AssetLink } from './AssetLink.tsx'
import classes from './Assets.module.css'
import { conditionTree, type ConditionNode } from './conditionTree.ts'

const text = strings.assets

export function AssetCondition({ dagId, isPaused }: { dagId: string; isPaused: boolean }) {
  const { data, error, refetch } = useQuery(assetConditionQuery(dagId))
  if (!data) return error ? <Failed error={error} onRetry={() => void refetch()} /> : <RowsSkeleton rows={2} height={28} />
  const tree = conditionTree(data.steps)
  return (
    <div className={classes['condition']}>
      {tree?.kind === 'asset' ? null : (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {data.condition}
        </Text>
      )}
      {tree === null ? null : (
        <ul aria-label={text.condition}>
          <Node node={tree} />
        </ul>
      )}
      {data.is_cut ? (
        <Text size="sm" c="dimmed">
          {text.conditionCut}
        </Text>
      ) : null}
      {isPaused ? (
        <Text size="sm" c="dimmed" mt={4}>
          {text.conditionPaused}
        </Text>
      ) : null}
    </div>
  )
}

function Node({ node }: { node: ConditionNode }) {
  if (node.kind === 'group')
    return (
      <li>
        <span className={classes['dim']}>{node.of === 'all' ? text.all : text.any}</span>
        <ul>
          {node.parts.map((part, i) => (
            <Node key={i} node={part} />
          ))}
        </ul>
      </li>
    )
  const { name, uri, type, events, arrived_at } = node.asset
  return (
    <li className={classes['step']}>
      {arrived_at === null ? (
        <IconCircleDashed size={16} color="var(--text-dim)" aria-hidden />
      ) : (
        <IconCircleCheck size={16} color="var(--state-success-fill)" aria-hidden />
      )}
      {uri === null ? <span>{name}</span> : <AssetLink uri={uri} name={name} />}
      <span className={classes['dim']}>
        {type === 'alias' ? `${text.alias}, ` : ''}
        {arrived_at === null ? (
          text.awaited
        ) : (
          <>
            {text.arrivedAt} <Instant at={arrived_at} relative />
            {events > 1 ? `, ${text.times(events)}` : ''}
          </>
        )}
      </span>
    </li>
  )
}
