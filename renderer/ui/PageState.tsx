/** What a page shows when it has nothing to show: still loading, empty, or failed. */
import { Button, Center, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconAlertCircle, IconMoodEmpty, IconRefresh, type Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { errorText, isWorthRetrying } from '../api/errors.ts'
import { strings } from '../strings.ts'

interface EmptyProps {
  title: string
  text?: string
  icon?: Icon
  /** It is the page, not a part of one. */
  isPage?: boolean
  children?: ReactNode
}

export function Empty({ title, text, icon: Shape = IconMoodEmpty, isPage = false, children }: EmptyProps) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap={6} maw={440}>
        <Shape size={34} stroke={1.4} color="var(--text-dim)" aria-hidden />
        <Title order={isPage ? 1 : 2} size="h5" ta="center">
          {title}
        </Title>
        {text === undefined ? null : (
          <Text size="sm" c="dimmed" ta="center">
            {text}
          </Text>
        )}
        {children}
      </Stack>
    </Center>
  )
}

interface FailedProps {
  error: unknown
  onRetry?: () => void
  title?: string
  isPage?: boolean
}

export function Failed({ error, onRetry, title = strings.errors.title, isPage = false }: FailedProps) {
  return (
    <Center py={48} px="md" role="alert">
      <Stack align="center" gap={8} maw={520}>
        <IconAlertCircle size={34} stroke={1.4} color="var(--state-failed-fill)" aria-hidden />
        <Title order={isPage ? 1 : 2} size="h5" ta="center">
          {title}
        </Title>
        <Text size="sm" c="dimmed" ta="center" style={{ overflowWrap: 'anywhere' }}>
          {errorText(error)}
        </Text>
        {onRetry && isWorthRetrying(error) ? (
          <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
            {strings.errors.retry}
          </Button>
        ) : null}
      </Stack>
    </Center>
  )
}

/** Grey rows in the shape of what comes; shown at once, so that a click is answered within a frame. */
export function RowsSkeleton({ rows = 8, height = 44 }: { rows?: number; height?: number }) {
  return (
    <Stack gap={8} py={8} aria-busy="true" aria-label={strings.common.loading} role="status">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height - 8} radius="sm" />
      ))}
    </Stack>
  )
}
