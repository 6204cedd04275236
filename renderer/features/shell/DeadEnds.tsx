/** Pages that lead nowhere, each with a way back. */
import { Button, Group } from '@mantine/core'
import { IconMapOff } from '@tabler/icons-react'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { Empty, Failed } from '../../ui/PageState.tsx'

export function NotFoundPage() {
  return (
    <Empty isPage title={strings.errors.notFound} text={strings.errors.notFoundText} icon={IconMapOff}>
      <Button component={Link} to="/dags" variant="default" size="xs" mt="sm">
        {strings.errors.backToDags}
      </Button>
    </Empty>
  )
}

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <div>
      <Failed isPage error={error} title={strings.errors.crash} />
      <Group justify="center">
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            // What failed before the page began is kept by the router, not by this boundary.
            void router.invalidate().finally(reset)
          }}
        >
          {strings.errors.retry}
        </Button>
        <Button component="a" href="/dags" variant="default" size="xs">
          {strings.errors.backToDags}
        </Button>
      </Group>
    </div>
  )
}
