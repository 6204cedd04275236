/** Filters of the DAG list, each a part of the URL. What is chosen stands as a chip that can be taken away. */
import { Button, Pill, SegmentedControl, Select } from '@mantine/core'
import { DAG_RUN_STATES } from '#contract/states.ts'
import type { DagsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import { stateWord, StateIcon } from '../../ui/StateBadge.tsx'
import classes from './DagFilters.module.css'

interface DagFiltersProps {
  search: DagsSearch
  onChange: (change: { [K in keyof DagsSearch]?: DagsSearch[K] | undefined }) => void
}

const PAUSED = { all: undefined, active: false, paused: true } as const

export function DagFilters({ search, onChange }: DagFiltersProps) {
  const paused = search.paused === undefined ? 'all' : search.paused ? 'paused' : 'active'
  const chips = (['tag', 'owner'] as const).flatMap((name) => (search[name] === undefined ? [] : [{ name, value: search[name] }]))
  const isFiltered = chips.length > 0 || search.search !== undefined || search.paused !== undefined || search.state !== undefined
  return (
    <div className={classes['filters']} role="search" aria-label={strings.dags.filters}>
      <SearchField
        label={strings.dags.search}
        value={search.search ?? ''}
        onCommit={(value) => {
          onChange({ search: value === '' ? undefined : value })
        }}
      />
      <SegmentedControl
        size="xs"
        aria-label={strings.dags.paused}
        value={paused}
        onChange={(value) => {
          onChange({ paused: PAUSED[value as keyof typeof PAUSED] })
        }}
        data={[
          { value: 'all', label: strings.dags.all },
          { value: 'active', label: strings.dags.active },
          { value: 'paused', label: strings.dags.paused },
        ]}
      />
      <Select
        size="xs"
        w={160}
        clearable
        aria-label={strings.dags.lastRun}
        placeholder={strings.dags.lastRun}
        value={search.state ?? null}
        data={DAG_RUN_STATES.map((state) => ({ value: state, label: stateWord(state) }))}
        leftSection={search.state === undefined ? null : <StateIcon state={search.state} size={14} />}
        onChange={(value) => {
          onChange({ state: DAG_RUN_STATES.find((state) => state === value) })
        }}
      />
      {chips.map(({ name, value }) => (
        <Pill
          key={name}
          size="sm"
          withRemoveButton
          onRemove={() => {
            onChange({ [name]: undefined })
          }}
          removeButtonProps={{ 'aria-label': `${strings.dags.clearFilters}: ${value}`, 'aria-hidden': false, tabIndex: 0 }}
        >
          {name === 'tag' ? strings.dags.tag : strings.dags.owner}: {value}
        </Pill>
      ))}
      {isFiltered ? (
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => {
            onChange({ search: undefined, tag: undefined, owner: undefined, paused: undefined, state: undefined })
          }}
        >
          {strings.dags.clearFilters}
        </Button>
      ) : null}
    </div>
  )
}
