/** Above the graph: find, fold, direction, fit, export. */
import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowLeft,
  IconArrowRight,
  IconArrowsMaximize,
  IconArrowUp,
  IconCheck,
  IconDownload,
  IconFold,
  IconFoldDown,
  type Icon,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useCommands } from '../../commands/index.ts'
import type { GraphChange, GraphSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import classes from './DagGraph.module.css'
import { DIRECTIONS, type Direction } from './direction.ts'

interface GraphToolbarProps {
  before: ReactNode
  search: GraphSearch
  direction: Direction
  onChange: (change: GraphChange) => void
  hasGroups: boolean
  allOpen: boolean
  found: { at: number; count: number } | null
  onNext: () => void
  onFit: () => void
  onExport: (kind: 'svg' | 'png') => void
}

const ARROWS: Record<Direction, Icon> = { LR: IconArrowRight, TB: IconArrowDown, RL: IconArrowLeft, BT: IconArrowUp }

export function GraphToolbar(props: GraphToolbarProps) {
  const { before, search, direction, onChange, hasGroups, allOpen, found, onNext, onFit, onExport } = props
  const turn = (to: Direction) => {
    onChange({ dir: to })
  }
  const foldAll = () => {
    onChange({ open: allOpen ? undefined : '*' })
  }
  const foldTitle = allOpen ? strings.graph.foldAll : strings.graph.expandAll
  useCommands([
    { id: 'graph-fit', title: strings.graph.fit, group: 'view', keys: ['f'], run: onFit },
    {
      id: 'graph-direction',
      title: strings.graph.direction,
      group: 'view',
      keys: ['d'],
      run: () => {
        turn(DIRECTIONS[(DIRECTIONS.indexOf(direction) + 1) % DIRECTIONS.length] ?? 'LR')
      },
    },
    ...(hasGroups ? [{ id: 'graph-fold', title: foldTitle, group: 'view' as const, keys: ['e'], run: foldAll }] : []),
    {
      id: 'graph-svg',
      title: strings.graph.exportSvg,
      group: 'view',
      run: () => {
        onExport('svg')
      },
    },
    {
      id: 'graph-png',
      title: strings.graph.exportPng,
      group: 'view',
      run: () => {
        onExport('png')
      },
    },
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
      <DirectionMenu direction={direction} onTurn={turn} />
      <ExportMenu onExport={onExport} />
      <Tooltip label={strings.graph.fit}>
        <ActionIcon onClick={onFit} aria-label={strings.graph.fit}>
          <IconArrowsMaximize size={18} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

function DirectionMenu({ direction, onTurn }: { direction: Direction; onTurn: (to: Direction) => void }) {
  const Arrow = ARROWS[direction]
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={strings.graph.direction}>
          <ActionIcon aria-label={strings.graph.direction}>
            <Arrow size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {DIRECTIONS.map((each) => {
          const Shape = ARROWS[each]
          return (
            <Menu.Item
              key={each}
              leftSection={<Shape size={16} />}
              rightSection={each === direction ? <IconCheck size={14} aria-label={strings.graph.chosen} /> : null}
              onClick={() => {
                onTurn(each)
              }}
            >
              {strings.graph.directions[each]}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}

function ExportMenu({ onExport }: { onExport: (kind: 'svg' | 'png') => void }) {
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={strings.graph.export}>
          <ActionIcon aria-label={strings.graph.export}>
            <IconDownload size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() => {
            onExport('svg')
          }}
        >
          {strings.graph.exportSvg}
        </Menu.Item>
        <Menu.Item
          onClick={() => {
            onExport('png')
          }}
        >
          {strings.graph.exportPng}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
