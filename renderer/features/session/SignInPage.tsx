/** Sign-in by password, or by the one-time link that main.tsx took out of the address. */
import { Alert, Button, Center, Image, Loader, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api } from '../../api/client.ts'
import { errorCode, errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { safeNext } from './signInToken.ts'

export function SignInPage() {
  const client = useQueryClient()
  const router = useRouter()
  const next = useRouterState({ select: (state) => (state.location.search as { next?: string }).next })
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')

  const enter = () => {
    // Asked anew by the page behind: its answer says where in the stream of live events the page begins.
    client.removeQueries({ queryKey: queryKeys.me })
    router.history.push(safeNext(next))
  }
  const byPassword = useMutation({ mutationFn: () => api.login({ body: { username, password } }), onSuccess: enter })
  const byLink = useMutation({ mutationFn: (token: string) => api.loginWithLink({ body: { token } }), onSuccess: enter })

  const { signInLink } = router.options.context
  useEffect(() => {
    // Taken, not read: strict mode runs effects twice, and a link works once.
    const token = signInLink.take()
    if (token !== null) byLink.mutate(token)
  }, [signInLink])

  if (byLink.isPending) {
    return (
      <Center mih="100vh" component="main">
        <Stack align="center" role="status">
          <Loader />
          <Text c="dimmed">{strings.signIn.link}</Text>
        </Stack>
      </Center>
    )
  }
  const problem = byPassword.error ? errorText(byPassword.error) : byLink.error ? linkProblem(byLink.error) : null
  return (
    <Center mih="100vh" px="md" bg="var(--surface)" component="main">
      <Paper w="100%" maw={400} p="xl" radius="lg" withBorder bg="var(--surface-raised)">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            byPassword.mutate()
          }}
        >
          <Stack>
            <Image src="/icon.svg" w={40} h={40} alt="" />
            <Title order={1} size="h3">
              {strings.signIn.title}
            </Title>
            <Text size="sm" c="dimmed">
              {strings.signIn.lead}
            </Text>
            {problem === null ? null : (
              <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
                {problem}
              </Alert>
            )}
            <TextInput
              label={strings.signIn.username}
              autoComplete="username"
              autoFocus
              required
              withAsterisk={false}
              value={username}
              onChange={(event) => {
                setUsername(event.currentTarget.value)
              }}
            />
            <PasswordInput
              label={strings.signIn.password}
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => {
                setPassword(event.currentTarget.value)
              }}
            />
            <Button type="submit" fullWidth mt="xs" loading={byPassword.isPending}>
              {strings.signIn.submit}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}

function linkProblem(error: unknown): string {
  return errorCode(error) === 'unauthorized' ? strings.signIn.linkFailed : errorText(error)
}
