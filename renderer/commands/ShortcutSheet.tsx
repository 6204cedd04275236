/** The `?` sheet: every command that has keys, as registered now. */
import { Group, Stack, Text, Title } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { strings } from '../strings.ts'
import { KeyCaps } from './KeyCaps.tsx'
import { keysOf } from './keys.ts'
import { commandRegistry, type CommandGroup } from './registry.ts'
import { Dialog } from '../ui/Dialog.tsx'

const GROUPS: readonly CommandGroup[] = ['go', 'act', 'view', 'help']

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const commands = useSyncExternalStore(commandRegistry.subscribe, commandRegistry.list)
  return (
    <Dialog onClose={onClose} title={strings.commands.sheet}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {strings.commands.sheetLead}
        </Text>
        {GROUPS.map((group) => {
          const inGroup = commands.filter((command) => command.group === group && keysOf(command, commands).length > 0)
          if (inGroup.length === 0) return null
          return (
            <Stack key={group} gap={6}>
              <Title order={3} size="h6">
                {strings.commands.groups[group]}
              </Title>
              {inGroup.map((command) => (
                <Group key={command.id} justify="space-between" wrap="nowrap">
                  <Text size="sm">{command.title}</Text>
                  <Group gap="sm" wrap="nowrap">
                    {keysOf(command, commands).map((keys) => (
                      <KeyCaps key={keys} keys={keys} />
                    ))}
                  </Group>
                </Group>
              ))}
            </Stack>
          )
        })}
      </Stack>
    </Dialog>
  )
}
