/**
 * The native menu. What a page can do comes from its command registry, the same one that the palette and the shortcuts read; the rest is
 * the app's own. Keys of commands are shown here and handled by the page, so that they mean the same everywhere.
 */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { Connection, MenuCommand } from '../bridge/channels.ts'

const isMac = process.platform === 'darwin'

export interface MenuActions {
  runCommand: (id: string) => void
  openConnection: (id: string) => void
  chooseDagsFolder: () => void
  showLog: () => void
}
export interface MenuContent {
  commands: readonly MenuCommand[]
  connections: readonly Connection[]
  current: string
}

export function setApplicationMenu(content: MenuContent, actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(content, actions)))
}

export function menuTemplate({ commands, connections, current }: MenuContent, actions: MenuActions): MenuItemConstructorOptions[] {
  const of = (group: MenuCommand['group']): MenuItemConstructorOptions[] =>
    commands.filter((command) => command.group === group).map((command) => commandItem(command, actions))
  const separated = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.length === 0 ? [] : [...items, { type: 'separator' }]
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&Connection',
      submenu: [
        ...connections.map(({ id, name, environment }): MenuItemConstructorOptions => ({
          id: `connection:${id}`,
          type: 'radio',
          label: environment === 'local' ? name : `${name} (${environment})`,
          checked: id === current,
          click: () => {
            actions.openConnection(id)
          },
        })),
        { type: 'separator' },
        { id: 'dags-folder', label: 'DAG &folder of this computer…', click: actions.chooseDagsFolder },
        { id: 'server-log', label: 'Show the local server’s &log', click: actions.showLog },
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    ...(of('go').length === 0 ? [] : [{ label: '&Go', submenu: of('go') }]),
    ...(of('act').length === 0 ? [] : [{ label: '&Actions', submenu: of('act') }]),
    {
      label: '&View',
      submenu: [
        ...separated(of('view')),
        { role: 'reload' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
      ],
    },
    ...(isMac ? [{ role: 'windowMenu' } as const] : []),
    {
      role: 'help',
      submenu: [...separated(of('help')), ...(isMac ? [] : [{ role: 'about' } as const])],
    },
  ]
}

function commandItem({ id, title, keys }: MenuCommand, { runCommand }: MenuActions): MenuItemConstructorOptions {
  const accelerator = keys === null ? null : acceleratorOf(keys)
  return {
    id: `command:${id}`,
    label: title.replaceAll('&', '&&'),
    // Keys with Control reach the menu when no page takes them, such as while the server cannot be reached.
    ...(accelerator === null ? {} : { accelerator, registerAccelerator: accelerator.startsWith('CommandOrControl') }),
    click: () => {
      runCommand(id)
    },
  }
}

const NAMED: Readonly<Record<string, string>> = {
  mod: 'CommandOrControl',
  shift: 'Shift',
  alt: 'Alt',
  escape: 'Escape',
  enter: 'Enter',
  arrowup: 'Up',
  arrowdown: 'Down',
  arrowleft: 'Left',
  arrowright: 'Right',
}

/** As Electron writes keys. On a Mac a menu's key is always taken, so one without Command would be typed in no field any more. */
function acceleratorOf(keys: string): string | null {
  const parts = keys.toLowerCase().split('+')
  if (isMac && !parts.includes('mod')) return null
  return parts.map((part) => NAMED[part] ?? part.toUpperCase()).join('+')
}
