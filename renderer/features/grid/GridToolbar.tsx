/** Above the grid: a task by its name, which runs and how many, fold all. */
import { ActionIcon, Button, CloseButton, Popover, Select, Stack, TextInput, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconArrowsMinimize, IconFilter } from '@tabler/icons-react'
import { DAG_RUN_STATES, RUN_TYPES } from '#contract/states.ts'
import { GRID_RUNS, type DagGridSearch, type GridChange } from '../../search/grid.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import classes from './grid.module.css'
import { NO_GROUP } from './rows.ts'

const text = strings.grid

interface GridToolbarProps {
  search: DagGridSearch
  onChange: (change: GridChange) => void
  hasGroups: boolean
  isAllOpen: boolean
}

export function GridToolbar({ search, onChange, hasGroups, isAllOpen }: GridToolbarProps) {
  const label = isAllOpen ? text.foldAll : text.unfoldAll
  return (
    <div className={classes['toolbar']}>
      <SearchField
        label={text.find}
        width="min(190px, 38vw)"
        value={search.find ?? ''}
        onCommit={(value) => {
          onChange({ find: value === '' ? undefined : value })
        }}
      />
      <Select
        size="xs"
        w={100}
        aria-label={text.runs}
        value={String(search.runs ?? GRID_RUNS[2])}
        data={GRID_RUNS.map((count) => ({ value: String(count), label: text.runsOf(count) }))}
        allowDeselect={false}
        onChange={(value) => {
          const chosen = GRID_RUNS.find((count) => String(count) === value)
          onChange({ runs: chosen === GRID_RUNS[2] ? undefined : chosen })
        }}
      />
      <RunFilters search={search} onChange={onChange} />
      {filterChips(search).map(({ words, change }) => (
        <span key={words} className={classes['chip']}>
          {words}
          <CloseButton
            size="xs"
            aria-label={text.removeFilter(words)}
            onClick={() => {
              onChange(change)
            }}
          />
        </span>
      ))}
      {hasGroups ? (
        <Tooltip label={label}>
          <ActionIcon
            aria-label={label}
            onClick={() => {
              onChange({ open: isAllOpen ? NO_GROUP : '*' })
            }}
          >
            {isAllOpen ? <IconArrowsMinimize size={17} /> : <IconArrowsMaximize size={17} />}
          </ActionIcon>
        </Tooltip>
      ) : null}
    </div>
  )
}

function filterChips(search: DagGridSearch): { words: string; change: GridChange }[] {
  return [
    ...(search.state === undefined ? [] : [{ words: stateWord(search.state), change: { state: undefined } }]),
    ...(search.type === undefined ? [] : [{ words: strings.runTypes[search.type], change: { type: undefined } }]),
    ...(search.from === undefined ? [] : [{ words: text.fromDate(search.from), change: { from: undefined } }]),
    ...(search.to === undefined ? [] : [{ words: text.untilDate(search.to), change: { to: undefined } }]),
  ]
}

function RunFilters({ search, onChange }: Pick<GridToolbarProps, 'search' | 'onChange'>) {
  return (
    <Popover position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default" aria-label={text.filters} px={9}>
          <IconFilter size={14} aria-hidden />
          <span className={classes['filterWord']}>{text.filters}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={text.filters}>
        <Stack gap="xs" w={220}>
          <Select
            size="xs"
            clearable
            label={text.state}
            placeholder={text.anyState}
            comboboxProps={{ withinPortal: false }}
            value={search.state ?? null}
            data={DAG_RUN_STATES.map((value) => ({ value, label: stateWord(value) }))}
            onChange={(value) => {
              onChange({ state: DAG_RUN_STATES.find((each) => each === value) })
            }}
          />
          <Select
            size="xs"
            clearable
            label={text.type}
            placeholder={text.anyType}
            comboboxProps={{ withinPortal: false }}
            value={search.type ?? null}
            data={RUN_TYPES.map((value) => ({ value, label: strings.runTypes[value] }))}
            onChange={(value) => {
              onChange({ type: RUN_TYPES.find((each) => each === value) })
            }}
          />
          {(['from', 'to'] as const).map((end) => (
            <TextInput
              key={end}
              size="xs"
              type="date"
              label={text[end]}
              value={search[end] ?? ''}
              onChange={(event) => {
                onChange({ [end]: event.currentTarget.value === '' ? undefined : event.currentTarget.value })
              }}
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
