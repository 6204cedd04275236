/** Menus of the header: time zone, theme and session. */
import { ActionIcon, Menu, Tooltip, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { IconCheck, IconClock, IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle, IconUserCog } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { localZone, TIME_MODES } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { setTimeMode, useTimeMode } from '../../ui/timeMode.ts'
import { useMe, useSignOut } from '../session/index.ts'

const SCHEMES: readonly { value: MantineColorScheme; label: string; icon: typeof IconSun }[] = [
  { value: 'light', label: strings.theme.light, icon: IconSun },
  { value: 'dark', label: strings.theme.dark, icon: IconMoon },
  { value: 'auto', label: strings.theme.auto, icon: IconDeviceDesktop },
]
const check = <IconCheck size={14} />

export function TimeMenu() {
  const mode = useTimeMode()
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={strings.time.hint(strings.time[mode])}>
          <ActionIcon size="lg" aria-label={strings.time.mode}>
            <IconClock size={19} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{strings.time.mode}</Menu.Label>
        {TIME_MODES.map((value) => (
          <Menu.Item
            key={value}
            rightSection={mode === value ? check : <span style={{ width: 14 }} />}
            onClick={() => {
              setTimeMode(value)
            }}
          >
            {value === 'local' ? `${strings.time.local} (${localZone()})` : strings.time[value]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export function UserMenu() {
  const me = useMe()
  const signOut = useSignOut()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size="lg" aria-label={me === null ? strings.theme.label : strings.signIn.signedInAs(me.username, me.role)}>
          <IconUserCircle size={20} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me === null ? null : <Menu.Label>{strings.signIn.signedInAs(me.username, me.role)}</Menu.Label>}
        <Menu.Item leftSection={<IconUserCog size={16} />} renderRoot={(props) => <Link to="/admin/account" {...props} />}>
          {strings.account.title}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          {strings.signIn.out}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{strings.theme.label}</Menu.Label>
        {SCHEMES.map(({ value, label, icon: Shape }) => (
          <Menu.Item
            key={value}
            leftSection={<Shape size={16} />}
            rightSection={colorScheme === value ? check : <span style={{ width: 14 }} />}
            onClick={() => {
              setColorScheme(value)
            }}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
