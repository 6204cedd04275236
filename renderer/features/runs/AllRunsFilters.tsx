/** Filters of the runs of all DAGs: state, type, DAG, time. */
import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { DAG_RUN_STATES, RUN_TYPES } from '#contract/states.ts'
import { dagListQuery } from '../../api/queries.ts'
import { RUNS_SINCE, type AllRunsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { ViewsMenu } from '../views/index.ts'
import { filtersIn } from './allRunsFilter.ts'
import classes from './AllRunsPage.module.css'

export type AllRunsChange = { [K in keyof AllRunsSearch]?: AllRunsSearch[K] | undefined }
interface FiltersProps {
  search: AllRunsSearch
  onChange: (change: AllRunsChange) => void
}

const text = strings.allRuns
/** DAGs offered while a name is typed. */
const DAGS_SHOWN = 20

export function AllRunsFilters({ search, onChange }: FiltersProps) {
  const names = filtersIn(search)
  return (
    <div className={classes['filters']} role="search" aria-label={strings.dags.filters}>
      <Select
        size="xs"
        w={140}
        clearable
        aria-label={text.columns.state}
        placeholder={strings.runs.allStates}
        value={search.state ?? null}
        leftSection={search.state === undefined ? null : <StateIcon state={search.state} size={14} />}
        data={DAG_RUN_STATES.map((value) => ({ value, label: stateWord(value) }))}
        onChange={(value) => {
          onChange({ state: DAG_RUN_STATES.find((state) => state === value) })
        }}
      />
      <Select
        size="xs"
        w={140}
        clearable
        aria-label={text.columns.type}
        placeholder={strings.runs.allTypes}
        value={search.type ?? null}
        data={RUN_TYPES.map((value) => ({ value, label: strings.runTypes[value] }))}
        onChange={(value) => {
          onChange({ type: RUN_TYPES.find((type) => type === value) })
        }}
      />
      <DagSelect search={search} onChange={onChange} />
      <TimeSelect search={search} onChange={onChange} />
      {names.length > 0 ? (
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => {
            onChange(Object.fromEntries(names.map((name) => [name, undefined])))
          }}
        >
          {strings.dags.clearFilters}
        </Button>
      ) : null}
      <ViewsMenu page="runs" isPlain={names.length === 0} />
    </div>
  )
}

/** The server finds the DAGs: there may be thousands. */
function DagSelect({ search, onChange }: FiltersProps) {
  const [typed, setTyped] = useState('')
  const [asked] = useDebouncedValue(typed.trim(), 150)
  const isName = asked === '' || asked === search.dag
  const dags = useInfiniteQuery(dagListQuery(isName ? {} : { search: asked }))
  const found = (dags.data?.pages[0]?.data ?? []).slice(0, DAGS_SHOWN).map(({ id }) => id)
  const data = search.dag === undefined || found.includes(search.dag) ? found : [search.dag, ...found]
  return (
    <Select
      size="xs"
      w={200}
      clearable
      searchable
      aria-label={text.dag}
      placeholder={text.allDags}
      nothingFoundMessage={text.noDag}
      value={search.dag ?? null}
      data={data}
      // The server has matched more than the id.
      filter={({ options }) => options}
      onSearchChange={setTyped}
      comboboxProps={{ width: 320, position: 'bottom-start' }}
      onChange={(value) => {
        onChange({ dag: value ?? undefined })
      }}
    />
  )
}

function TimeSelect({ search, onChange }: FiltersProps) {
  const hasDays = search.from !== undefined || search.to !== undefined
  const [wantsDays, setWantsDays] = useState(hasDays)
  const showsDays = search.since === undefined && (wantsDays || hasDays)
  return (
    <>
      <Select
        size="xs"
        w={180}
        clearable
        aria-label={text.when}
        title={text.hint}
        placeholder={text.anyTime}
        value={search.since ?? (showsDays ? 'between' : null)}
        data={[...RUNS_SINCE.map((value) => ({ value, label: text.since[value] })), { value: 'between', label: text.between }]}
        onChange={(value) => {
          setWantsDays(value === 'between')
          onChange({ since: RUNS_SINCE.find((since) => since === value), from: undefined, to: undefined })
        }}
      />
      {showsDays
        ? (['from', 'to'] as const).map((name) => (
            <TextInput
              key={name}
              type="date"
              size="xs"
              w={140}
              aria-label={text[name]}
              value={search[name] ?? ''}
              onChange={(event) => {
                onChange({ [name]: event.currentTarget.value || undefined })
              }}
            />
          ))
        : null}
    </>
  )
}
