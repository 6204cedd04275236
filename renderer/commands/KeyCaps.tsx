import { Group, Kbd } from '@mantine/core'
import { isMacPlatform, keyCaps } from './keys.ts'

export function KeyCaps({ keys }: { keys: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      {keyCaps(keys, isMacPlatform()).map((cap) => (
        <Kbd key={cap} size="xs">
          {cap}
        </Kbd>
      ))}
    </Group>
  )
}
