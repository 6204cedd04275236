/** Mod+K: what the server finds (DAGs, tasks, assets, runs) and the commands of the registry in one list. */
import '@mantine/spotlight/styles.css'
import { createSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBox, IconCommand, IconDatabase, IconPlayerPause, IconSearch, IconSitemap } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { SearchAnswer } from '#contract/overview.ts'
import { searchQuery } from '../api/queries/home.ts'
import { strings } from '../strings.ts'
import { StateIcon } from '../ui/StateBadge.tsx'
import { KeyCaps } from './KeyCaps.tsx'
import { paletteRequest } from './paletteRequest.ts'
import { commandRegistry, type Command, type CommandGroup } from './registry.ts'

const GROUPS: readonly CommandGroup[] = ['go', 'act', 'view', 'help']
const SHAPE = { size: 18 } as const
const text = strings.commands
const [store, palette] = createSpotlight()

export function CommandPalette() {
  const commands = useSyncExternalStore(commandRegistry.subscribe, commandRegistry.list)
  const [query, setQuery] = useState('')
  useEffect(
    () =>
      paletteRequest.serve((typed) => {
        // Asked for while it is there: its field has the keyboard already.
        if (store.getState().opened) paletteRequest.takeTyped()
        else {
          setQuery(typed)
          palette.open()
        }
      }),
    [],
  )
  const [search] = useDebouncedValue(query.trim(), 120)
  const found = useQuery({ ...searchQuery(search), enabled: search !== '' })
  const hits = useHits(search === '' ? undefined : found.data)
  const groups = [...hits, ...commandGroups(commands)].filter((group) => group.actions.length > 0)
  useSelection(query)
  const isSearching = query.trim() !== '' && (found.isFetching || query.trim() !== search)
  return (
    <Spotlight
      store={store}
      actions={groups}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      // The server has matched more than a label shows: its finds stay, and the commands are matched here.
      filter={(wanted, actions) => actions.map((action) => narrowed(wanted, action)).filter((action) => action !== null)}
      onSpotlightClose={() => {
        paletteRequest.takeTyped()
        setQuery('')
      }}
      nothingFound={isSearching ? text.searching : found.isError ? text.searchFailed : text.nothing}
      highlightQuery
      // As every dialog; and a heading says what it is, in its own case.
      overlayProps={{ backgroundOpacity: 0.45, blur: 0 }}
      styles={{ actionsGroup: { textTransform: 'none' } }}
      scrollable
      maxHeight="min(460px, 70vh)"
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: text.placeholder,
        'aria-label': text.placeholder,
        maxLength: 250,
        onFocus: () => {
          const typed = paletteRequest.takeTyped()
          if (typed !== '') setQuery(typed)
        },
      }}
    />
  )
}

/** Finds of the server come after the list was drawn, and may take the place of what was selected: Enter must always do something. */
function useSelection(query: string): void {
  useEffect(() => {
    const { listId } = store.getState()
    const list = listId === '' ? null : document.getElementById(listId)
    if (query.trim() === '' || list === null || list.querySelector('[data-selected]') !== null) return
    const first = list.querySelector('[data-action]')
    if (first === null) return
    first.setAttribute('data-selected', 'true')
    store.updateState((state) => ({ ...state, selected: 0 }))
  })
}

const FOUND = 'found:'
const isGroup = (action: SpotlightActionData | SpotlightActionGroupData): action is SpotlightActionGroupData => 'group' in action

function narrowed(
  wanted: string,
  action: SpotlightActionData | SpotlightActionGroupData,
): SpotlightActionData | SpotlightActionGroupData | null {
  if (isGroup(action)) {
    const actions = action.actions.filter((each) => narrowed(wanted, each) !== null)
    return actions.length === 0 ? null : { ...action, actions }
  }
  if (action.id.startsWith(FOUND)) return action
  const label = action.label?.toLowerCase() ?? ''
  // Every word, in any order: "theme switch" finds it too.
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.includes(word))
    ? action
    : null
}

function useHits(found: SearchAnswer | undefined): SpotlightActionGroupData[] {
  const navigate = useNavigate()
  if (!found) return []
  return [
    {
      group: text.groups.dags,
      actions: found.dags.map((dag) => ({
        id: `${FOUND}dag ${dag.dag_id}`,
        label: dag.dag_display_name ?? dag.dag_id,
        ...(dag.description === null ? {} : { description: dag.description }),
        leftSection: dag.is_paused ? <IconPlayerPause {...SHAPE} /> : <IconSitemap {...SHAPE} />,
        onClick: () => void navigate({ to: '/dags/$dagId', params: { dagId: dag.dag_id } }),
      })),
    },
    {
      group: text.groups.tasks,
      actions: found.tasks.map(({ dag_id, task_id }) => ({
        id: `${FOUND}task ${dag_id} ${task_id}`,
        label: task_id,
        description: text.taskOf(dag_id),
        leftSection: <IconBox {...SHAPE} />,
        onClick: () => void navigate({ to: '/dags/$dagId/graph', params: { dagId: dag_id }, search: { find: task_id } }),
      })),
    },
    {
      group: text.groups.assets,
      actions: found.assets.map(({ uri, name }) => ({
        id: `${FOUND}asset ${uri}`,
        label: name,
        ...(name === uri ? {} : { description: uri }),
        leftSection: <IconDatabase {...SHAPE} />,
        onClick: () => void navigate({ to: '/assets', search: { uri } }),
      })),
    },
    {
      group: text.groups.runs,
      actions: found.runs.map(({ dag_id, run_id, state }) => ({
        id: `${FOUND}run ${dag_id} ${run_id}`,
        label: run_id,
        description: dag_id,
        leftSection: <StateIcon state={state} size={18} label />,
        onClick: () => void navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId: dag_id, runId: run_id } }),
      })),
    },
  ]
}

function commandGroups(commands: readonly Command[]): SpotlightActionGroupData[] {
  return GROUPS.map((group) => ({
    group: text.groups[group],
    actions: commands
      .filter((command) => command.group === group)
      .map((command) => ({
        id: command.id,
        label: command.title,
        leftSection: <IconCommand {...SHAPE} />,
        rightSection: command.keys?.[0] === undefined ? null : <KeyCaps keys={command.keys[0]} />,
        onClick: () => {
          command.run()
        },
      })),
  }))
}
