/** My account: who I am, and changing the password. */
import { Alert, Button, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { useMe } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import classes from './Admin.module.css'
import { fieldErrors } from './fieldErrors.ts'

const text = strings.account
const PASSWORD_MIN = 12
const EMPTY = { old: '', fresh: '', again: '' }

export function AccountPage() {
  const me = useMe()
  return (
    <>
      <PageHeader title={text.title} />
      <div className={classes['narrow']}>
        <dl className={classes['facts']}>
          <dt>{text.user}</dt>
          <dd>{me?.username}</dd>
          <dt>{text.role}</dt>
          <dd>
            {me?.role} <span className={classes['dim']}>{me === null ? '' : strings.users.roles[me.role]}</span>
          </dd>
        </dl>
        <Title order={2} size="h5" mt="xl" mb="xs">
          {text.password}
        </Title>
        <PasswordForm />
        <Title order={2} size="h5" mt="xl" mb={4}>
          {text.keys}
        </Title>
        <Text size="sm">
          {text.keysText} <Link to="/admin/api-keys">{strings.apiKeys.title}</Link>
        </Text>
      </div>
    </>
  )
}

function PasswordForm() {
  const [typed, setTyped] = useState(EMPTY)
  const [isTried, setTried] = useState(false)
  const change = useMutation({
    mutationFn: () => api.changePassword({ body: { old_password: typed.old === '' ? null : typed.old, new_password: typed.fresh } }),
    onSuccess: ({ message }) => {
      tell(message)
      setTyped(EMPTY)
      setTried(false)
    },
  })
  const wrong = {
    ...(typed.fresh.length < PASSWORD_MIN ? { new_password: strings.admin.twelve } : {}),
    ...(typed.again === typed.fresh ? {} : { again: text.differs }),
  }
  const errors: Record<string, string> = {
    ...fieldErrors(change.error, ['old_password', 'new_password']),
    ...(isTried ? wrong : {}),
  }
  const field = (name: keyof typeof EMPTY) => ({
    value: typed[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget
      setTyped((before) => ({ ...before, [name]: value }))
    },
  })
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (Object.keys(wrong).length === 0) change.mutate()
      }}
    >
      <Stack gap="sm">
        <PasswordInput
          label={text.old}
          description={text.oldHint}
          autoComplete="current-password"
          error={errors['old_password']}
          {...field('old')}
        />
        <PasswordInput
          required
          label={text.new}
          description={strings.admin.twelve}
          autoComplete="new-password"
          error={errors['new_password']}
          {...field('fresh')}
        />
        <PasswordInput required label={text.again} autoComplete="new-password" error={errors['again']} {...field('again')} />
        {errors[''] === undefined ? null : (
          <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
            {errors['']}
          </Alert>
        )}
        <Text size="xs" c="dimmed">
          {text.ends}
        </Text>
        <div>
          <Button type="submit" loading={change.isPending}>
            {text.submit}
          </Button>
        </div>
      </Stack>
    </form>
  )
}
