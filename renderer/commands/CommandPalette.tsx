/** Mod+K: commands of the registry and DAGs of the server in one list. */
import '@mantine/spotlight/styles.css'
import { Spotlight, spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCommand, IconSearch, IconSitemap } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { dagListQuery } from '../api/queries.ts'
import { strings } from '../strings.ts'
import { KeyCaps } from './KeyCaps.tsx'
import { paletteRequest } from './paletteRequest.ts'
import { commandRegistry, type CommandGroup } from './registry.ts'

const GROUPS: readonly CommandGroup[] = ['go', 'act', 'view', 'help']
/** DAGs shown in the palette; more are one search in the DAG list away. */
const DAGS_SHOWN = 8

export function CommandPalette() {
  const navigate = useNavigate()
  useEffect(() => paletteRequest.serve(spotlight.open), [])
  const commands = useSyncExternalStore(commandRegistry.subscribe, commandRegistry.list)
  const [query, setQuery] = useState('')
  const [isOpen, setIsOpen] = useState(false)
  const [search] = useDebouncedValue(query.trim(), 150)
  const dags = useInfiniteQuery({ ...dagListQuery(search === '' ? {} : { search }), enabled: isOpen })

  const groups: SpotlightActionGroupData[] = [
    {
      group: strings.commands.groups.dags,
      actions: (dags.data?.pages[0]?.data ?? []).slice(0, DAGS_SHOWN).map((dag) => ({
        id: `dag:${dag.id}`,
        label: dag.dag_display_name ?? dag.id,
        ...(dag.description === null ? {} : { description: dag.description }),
        leftSection: <IconSitemap size={18} />,
        // The server matched more fields than the label; the keyword keeps Spotlight's own filter from dropping them.
        keywords: [query],
        onClick: () => void navigate({ to: '/dags/$dagId', params: { dagId: dag.id } }),
      })),
    },
    ...GROUPS.map((group) => ({
      group: strings.commands.groups[group],
      actions: commands
        .filter((command) => command.group === group)
        .map((command) => ({
          id: command.id,
          label: command.title,
          leftSection: <IconCommand size={18} />,
          rightSection: command.keys?.[0] === undefined ? null : <KeyCaps keys={command.keys[0]} />,
          onClick: () => {
            command.run()
          },
        })),
    })),
  ].filter((group) => group.actions.length > 0)

  return (
    <Spotlight
      actions={groups}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => {
        setIsOpen(true)
      }}
      onSpotlightClose={() => {
        setIsOpen(false)
        setQuery('')
      }}
      nothingFound={strings.commands.nothing}
      highlightQuery
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: strings.commands.placeholder,
        'aria-label': strings.commands.placeholder,
      }}
    />
  )
}
