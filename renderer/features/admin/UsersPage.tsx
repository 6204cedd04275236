/** Users and their roles. The server keeps the last Admin; this page says so beforehand. */
import { ActionIcon, Alert, Badge, Checkbox, Menu, PasswordInput, Radio, Stack, TextInput } from '@mantine/core'
import { IconDots, IconInfoCircle, IconLock, IconTrash, IconUserShield, IconUsers } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { User } from '#contract/admin.ts'
import { ROLES, type Role } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { apiKeysQuery, usersQuery } from '../../api/queries/admin.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { confirmAction } from '../../ui/confirm.ts'
import { Instant } from '../../ui/Instant.tsx'
import { useMe } from '../session/index.ts'
import { PageHeader } from '../shell/index.ts'
import { CreateButton } from './AdminButtons.tsx'
import { AdminList } from './AdminList.tsx'
import classes from './Admin.module.css'
import { FormDialog } from './FormDialog.tsx'
import { RoleGate } from './RoleGate.tsx'

const text = strings.users
const PASSWORD_MIN = 12
const NAME = /^[A-Za-z0-9_.@-]+$/
type Open = { kind: 'new' } | { kind: 'role' | 'password'; user: User } | null

export function UsersPage() {
  return (
    <RoleGate role="Admin">
      <Users />
    </RoleGate>
  )
}

function Users() {
  const users = useQuery(usersQuery)
  const me = useMe()
  const [open, setOpen] = useState<Open>(null)
  const close = () => {
    setOpen(null)
  }
  const admins = users.data?.filter(({ role }) => role === 'Admin').length ?? 0
  return (
    <>
      <PageHeader
        title={text.title}
        actions={
          <CreateButton
            label={text.create}
            onClick={() => {
              setOpen({ kind: 'new' })
            }}
          />
        }
      />
      <div className={classes['head']} />
      <AdminList
        label={text.title}
        columns="minmax(160px, 2fr) 120px minmax(160px, 1fr) minmax(160px, 1fr)"
        head={[text.columns.user, text.columns.role, text.columns.login, text.columns.created]}
        rows={users.data}
        error={users.error}
        onRetry={() => void users.refetch()}
        rowKey={({ username }) => username}
        renderRow={(user) => (
          <UserRow user={user} isMe={user.username === me?.username} isLastAdmin={user.role === 'Admin' && admins === 1} onOpen={setOpen} />
        )}
        empty={{ title: text.title, icon: IconUsers }}
      />
      {open?.kind === 'new' ? <NewUser onClose={close} /> : null}
      {open?.kind === 'role' ? <RoleDialog user={open.user} isMe={open.user.username === me?.username} onClose={close} /> : null}
      {open?.kind === 'password' ? <PasswordDialog user={open.user} onClose={close} /> : null}
    </>
  )
}

function UserRow({ user, isMe, isLastAdmin, onOpen }: { user: User; isMe: boolean; isLastAdmin: boolean; onOpen: (open: Open) => void }) {
  const client = useQueryClient()
  const { username } = user
  const remove = useMutation({
    mutationFn: () => api.deleteUser({ params: { username } }),
    onSuccess: ({ message }) => {
      tell(message)
      void client.invalidateQueries({ queryKey: queryKeys.users })
    },
    onError: tellError,
  })
  return (
    <>
      <div role="cell" className={classes['name']}>
        {username}{' '}
        {isMe ? (
          <Badge size="xs" variant="default" tt="none">
            {text.you}
          </Badge>
        ) : null}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.role}>
        {user.role}
      </div>
      <div role="cell" className={classes['wide']} data-label={text.columns.login}>
        {user.last_login_at === null ? text.never : <Instant at={user.last_login_at} relative />}
      </div>
      <div role="cell" className={classes['hideNarrow']}>
        <Instant at={user.created_at} />
      </div>
      <div role="cell" className={classes['actions']}>
        <Menu>
          <Menu.Target>
            <ActionIcon size="lg" aria-label={strings.admin.more(username)}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {isLastAdmin ? <Menu.Label maw={240}>{text.lastAdmin}</Menu.Label> : null}
            <Menu.Item
              leftSection={<IconUserShield size={16} />}
              disabled={isLastAdmin}
              onClick={() => {
                onOpen({ kind: 'role', user })
              }}
            >
              {text.role} …
            </Menu.Item>
            <Menu.Item
              leftSection={<IconLock size={16} />}
              onClick={() => {
                onOpen({ kind: 'password', user })
              }}
            >
              {text.setPassword} …
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              disabled={isLastAdmin}
              onClick={() => {
                confirmAction({
                  title: text.deleteTitle(username),
                  text: text.deleteText,
                  confirm: strings.admin.deleteWord,
                  danger: true,
                  onConfirm: () => {
                    remove.mutate()
                  },
                })
              }}
            >
              {strings.admin.deleteWord} …
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  )
}

function RoleChoice({ value, onChange, error }: { value: Role; onChange: (role: Role) => void; error?: string | undefined }) {
  return (
    <Radio.Group
      label={text.role}
      value={value}
      error={error}
      onChange={(role) => {
        onChange(ROLES.find((each) => each === role) ?? value)
      }}
    >
      <Stack gap={6} mt={4}>
        {ROLES.map((role) => (
          <Radio key={role} value={role} label={role} description={text.roles[role]} />
        ))}
      </Stack>
    </Radio.Group>
  )
}

function NewUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<Role>('Viewer')
  return (
    <FormDialog
      title={text.create}
      submit={strings.admin.create}
      fields={['username', 'password', 'role']}
      check={() => ({
        ...(NAME.test(username) ? {} : { username: username === '' ? strings.admin.needed : text.nameWrong }),
        ...(password.length < PASSWORD_MIN ? { password: strings.admin.twelve } : {}),
      })}
      save={() => api.createUser({ body: { username, password, role } })}
      onSaved={() => {
        tell(text.created(username))
        void client.invalidateQueries({ queryKey: queryKeys.users })
        onClose()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextInput
            data-autofocus
            required
            label={text.name}
            description={text.nameHint}
            autoComplete="off"
            maxLength={100}
            value={username}
            error={errors['username']}
            onChange={(event) => {
              setUsername(event.currentTarget.value)
            }}
          />
          <PasswordInput
            required
            label={text.password}
            description={text.passwordHint}
            autoComplete="new-password"
            value={password}
            error={errors['password']}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
            }}
          />
          <RoleChoice value={role} error={errors['role']} onChange={setRole} />
        </>
      )}
    </FormDialog>
  )
}

function useSaved(user: User, onClose: () => void) {
  const client = useQueryClient()
  return () => {
    tell(text.changed(user.username))
    void client.invalidateQueries({ queryKey: queryKeys.users })
    void client.invalidateQueries({ queryKey: queryKeys.me })
    onClose()
  }
}

function RoleDialog({ user, isMe, onClose }: { user: User; isMe: boolean; onClose: () => void }) {
  const [role, setRole] = useState<Role>(user.role)
  return (
    <FormDialog
      title={text.roleTitle(user.username)}
      submit={strings.admin.save}
      fields={['role']}
      save={() => api.updateUser({ params: { username: user.username }, body: { role } })}
      onSaved={useSaved(user, onClose)}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <RoleChoice value={role} error={errors['role']} onChange={setRole} />
          <Alert p="xs" color={isMe ? 'yellow' : 'blue'} icon={<IconInfoCircle size={18} />}>
            {isMe ? `${text.ownRole} ` : ''}
            {text.endsSessions}
          </Alert>
        </>
      )}
    </FormDialog>
  )
}

function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient()
  const [password, setPassword] = useState('')
  const [revoke, setRevoke] = useState(false)
  const keys = useQuery(apiKeysQuery).data?.data.filter(({ username }) => username === user.username).length ?? 0
  const saved = useSaved(user, onClose)
  return (
    <FormDialog
      title={text.passwordTitle(user.username)}
      submit={strings.admin.save}
      fields={['password']}
      check={() => (password.length < PASSWORD_MIN ? { password: strings.admin.twelve } : {})}
      save={() => api.updateUser({ params: { username: user.username }, body: { password, ...(revoke ? { revoke_api_keys: true } : {}) } })}
      onSaved={() => {
        if (revoke) void client.invalidateQueries({ queryKey: queryKeys.apiKeys })
        saved()
      }}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <PasswordInput
            data-autofocus
            required
            label={text.password}
            description={strings.admin.twelve}
            autoComplete="new-password"
            value={password}
            error={errors['password']}
            onChange={(event) => {
              setPassword(event.currentTarget.value)
            }}
          />
          {keys === 0 ? null : (
            <Checkbox
              label={text.revokeKeys(keys)}
              description={text.revokeKeysHint}
              checked={revoke}
              onChange={(event) => {
                setRevoke(event.currentTarget.checked)
              }}
            />
          )}
          <Alert p="xs" icon={<IconInfoCircle size={18} />}>
            {text.endsSessions}
          </Alert>
        </>
      )}
    </FormDialog>
  )
}
