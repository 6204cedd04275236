/** Filters of the DAG list, each a part of the URL. What is chosen stands as a chip that can be taken away. */
import { Button, Chip, Pill, SegmentedControl, Select } from '@mantine/core'
import { IconAlertTriangle, IconFilter, IconStar } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { DAG_RUN_STATES } from '#contract/states.ts'
import { dagFacetsQuery } from '../../api/queries/home.ts'
import type { DagsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { SearchField } from '../../ui/SearchField.tsx'
import { stateWord, StateIcon } from '../../ui/StateBadge.tsx'
import { ViewsMenu } from '../views/index.ts'
import classes from './DagFilters.module.css'
import { isFilter, tagsOf } from './dagsFilter.ts'

export type DagsChange = { [K in keyof DagsSearch]?: DagsSearch[K] | undefined }

interface DagFiltersProps {
  search: DagsSearch
  onChange: (change: DagsChange) => void
}

const text = strings.dags
const PAUSED = { all: undefined, active: false, paused: true } as const
const ICON = { size: 12 } as const

export function DagFilters({ search, onChange }: DagFiltersProps) {
  const paused = search.paused === undefined ? 'all' : search.paused ? 'paused' : 'active'
  const count = Object.keys(search).filter((name) => isFilter(name) && name !== 'search').length
  const hasFilter = Object.keys(search).some((name) => isFilter(name))
  // On a narrow window they would fill the first screen.
  const [isOpen, setOpen] = useState(false)
  const { sort = 'id', desc = false } = search
  return (
    <div className={classes['filters']} role="search" aria-label={text.filters}>
      <SearchField
        label={text.search}
        width="min(240px, 44vw)"
        value={search.search ?? ''}
        onCommit={(value) => {
          onChange({ search: value === '' ? undefined : value })
        }}
      />
      <Button
        size="xs"
        variant="default"
        hiddenFrom="sm"
        leftSection={<IconFilter size={14} />}
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen)
        }}
      >
        {text.filterCount(count)}
      </Button>
      <div className={classes['others']} data-open={isOpen || undefined}>
        <SegmentedControl
          size="xs"
          aria-label={text.paused}
          value={paused}
          onChange={(value) => {
            onChange({ paused: PAUSED[value as keyof typeof PAUSED] })
          }}
          data={[
            { value: 'all', label: text.all },
            { value: 'active', label: text.active },
            { value: 'paused', label: text.paused },
          ]}
        />
        <Select
          size="xs"
          w={130}
          clearable
          aria-label={text.lastRun}
          placeholder={text.lastRun}
          value={search.state ?? null}
          data={DAG_RUN_STATES.map((state) => ({ value: state, label: stateWord(state) }))}
          leftSection={search.state === undefined ? null : <StateIcon state={search.state} size={14} />}
          onChange={(value) => {
            onChange({ state: DAG_RUN_STATES.find((state) => state === value) })
          }}
        />
        <FacetFilters search={search} onChange={onChange} />
        <Chip
          size="xs"
          icon={<IconStar {...ICON} />}
          checked={search.fav === true}
          onChange={(checked) => {
            onChange({ fav: checked || undefined })
          }}
        >
          {text.favourites}
        </Chip>
        <Chip
          size="xs"
          icon={<IconAlertTriangle {...ICON} />}
          checked={search.broken === true}
          onChange={(checked) => {
            onChange({ broken: checked || undefined })
          }}
        >
          {text.broken}
        </Chip>
        <Select
          size="xs"
          w={150}
          hiddenFrom="sm"
          allowDeselect={false}
          aria-label={text.sort}
          value={sort}
          data={(['id', 'next_run', 'last_run'] as const).map((value) => ({
            value,
            label: `${text.sort} ${text.sorts[value].toLowerCase()}`,
          }))}
          onChange={(value) => {
            // The newest run first, but the soonest next one.
            onChange({ sort: value === 'next_run' || value === 'last_run' ? value : undefined, desc: value === 'last_run' || undefined })
          }}
        />
      </div>
      <Chips search={search} onChange={onChange} />
      {hasFilter ? (
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => {
            onChange(
              Object.fromEntries(
                Object.keys(search)
                  .filter(isFilter)
                  .map((name) => [name, undefined]),
              ),
            )
          }}
        >
          {text.clearFilters}
        </Button>
      ) : null}
      <ViewsMenu page="dags" isPlain={!hasFilter && sort === 'id' && !desc} />
    </div>
  )
}

/** Tag and owner are chosen from what is in use; what was chosen becomes a chip. */
function FacetFilters({ search, onChange }: DagFiltersProps) {
  const facets = useQuery(dagFacetsQuery).data
  const tags = tagsOf(search)
  return (
    <>
      <Select
        size="xs"
        w={110}
        searchable
        limit={200}
        aria-label={text.tag}
        placeholder={text.tag}
        value={null}
        disabled={facets !== undefined && facets.tags.length === 0}
        data={(facets?.tags ?? [])
          .filter(({ value }) => !tags.includes(value))
          .map(({ value, count }) => ({ value, label: `${value} (${count})` }))}
        comboboxProps={{ width: 240, position: 'bottom-start' }}
        onChange={(tag) => {
          if (tag !== null) onChange({ tag: tags.length === 0 ? tag : [...tags, tag] })
        }}
      />
      {(facets?.owners.length ?? 0) > 1 ? (
        <Select
          size="xs"
          w={110}
          searchable
          limit={200}
          aria-label={text.owner}
          placeholder={text.owner}
          value={null}
          data={(facets?.owners ?? []).map(({ value, count }) => ({ value, label: `${value} (${count})` }))}
          comboboxProps={{ width: 240, position: 'bottom-start' }}
          onChange={(owner) => {
            if (owner !== null) onChange({ owner })
          }}
        />
      ) : null}
    </>
  )
}

function Chips({ search, onChange }: DagFiltersProps) {
  const tags = tagsOf(search)
  const chips = [
    ...tags.map((value) => {
      const rest = tags.filter((tag) => tag !== value)
      return { name: text.tag, value, remove: { tag: rest.length > 1 ? rest : rest[0] } }
    }),
    ...(search.owner === undefined ? [] : [{ name: text.owner, value: search.owner, remove: { owner: undefined } }]),
  ]
  return chips.map(({ name, value, remove }) => (
    <Pill
      key={`${name} ${value}`}
      size="sm"
      withRemoveButton
      maw={240}
      onRemove={() => {
        onChange(remove)
      }}
      removeButtonProps={{ 'aria-label': text.removeFilter(name.toLowerCase(), value), 'aria-hidden': false, tabIndex: 0 }}
    >
      {name}: {value}
    </Pill>
  ))
}
