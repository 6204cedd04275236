/** Above the graph: find, fold, direction, fit. */
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconArrowRight, IconArrowDown, IconFold, IconFoldDown } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useCommands } from '../../commands/index.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import classes from './DagGraph.module.css'

interface GraphToolbarProps {
  before: ReactNode
  search: GraphSearch
  direction: 'LR' | 'TB'
  onChange: (change: GraphChange) => void
  hasGroups: boolean
  allOpen: boolean
  found: { at: number; count: number } | null
  onNext: () => void
  onFit: () => void
}

export function GraphToolbar({ before, search, direction, onChange, hasGroups, allOpen, found, onNext, onFit }: GraphToolbarProps) {
  const isAcross = direction === 'LR'
  const turn = () => {
    onChange({ dir: isAcross ? 'TB' : 'LR' })
  }
  const foldAll = () => {
    onChange({ open: allOpen ? undefined : '*' })
  }
  const foldTitle = allOpen ? strings.graph.foldAll : strings.graph.expandAll
  useCommands([
    { id: 'graph-fit', title: strings.graph.fit, group: 'view', keys: ['f'], run: onFit },
    { id: 'graph-direction', title: strings.graph.direction, group: 'view', keys: ['d'], run: turn },
    ...(hasGroups ? [{ id: 'graph-fold', title: foldTitle, group: 'view' as const, keys: ['e'], run: foldAll }] : []),
  ])
  return (
    <div className={classes['toolbar']}>
      {before}
      <SearchField
        label={strings.graph.find}
        width={190}
        value={search.find ?? ''}
        onCommit={(value) => {
          onChange({ find: value === '' ? undefined : value })
        }}
        onEnter={onNext}
      />
      {found === null ? null : (
        <span className={classes['found']} role="status">
          {strings.graph.found(found.at, found.count)}
        </span>
      )}
      <span className={classes['spacer']} />
      {hasGroups ? (
        <Tooltip label={foldTitle}>
          <ActionIcon onClick={foldAll} aria-label={foldTitle}>
            {allOpen ? <IconFold size={18} /> : <IconFoldDown size={18} />}
          </ActionIcon>
        </Tooltip>
      ) : null}
      <Tooltip label={isAcross ? strings.graph.vertical : strings.graph.horizontal}>
        <ActionIcon onClick={turn} aria-label={isAcross ? strings.graph.vertical : strings.graph.horizontal}>
          {isAcross ? <IconArrowDown size={18} /> : <IconArrowRight size={18} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={strings.graph.fit}>
        <ActionIcon onClick={onFit} aria-label={strings.graph.fit}>
          <IconArrowsMaximize size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}
