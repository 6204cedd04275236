/** The composition root of the main process: every part of the app, wired. */
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, Notification, powerMonitor, shell } from 'electron'
import { Type } from 'typebox'
import { Nullable, Strict } from '#contract/schema.ts'
import type { MenuCommand, ServerState } from './bridge/channels.ts'
import { ConnectionStore, LOCAL } from './connections/connectionStore.ts'
import { systemKeychain } from './connections/keychain.ts'
import { testConnection } from './connections/testConnection.ts'
import { linkOf } from './deepLinks.ts'
import { handleCalls, teller, type CallHandlers } from './ipc/handleCalls.ts'
import { readJsonFile, writeJsonFile } from './jsonFile.ts'
import { setApplicationMenu } from './menu/applicationMenu.ts'
import { FailureDigest, type FailureNotice } from './notifications/failureDigest.ts'
import { watchRunFailures } from './notifications/runFailures.ts'
import { servePages, systemFetch } from './page/pageProtocol.ts'
import { Quit } from './quit/quit.ts'
import { LocalServer } from './server/localServer.ts'
import { dataFolder, defaultDagsFolder, rendererFolder, serverProgram } from './server/places.ts'
import { NoUpstream, type Upstream } from './server/upstream.ts'
import { createMainWindow, type MainWindow } from './window/mainWindow.ts'
import { enforceNavigationRules } from './window/navigationRules.ts'

const Settings = Strict({ dags_folder: Nullable(Type.String()) })
/** The log of the local server is begun anew when it has grown to this. */
const LOG_BYTES_MAX = 10 * 1024 * 1024

export interface Desktop {
  /** Arguments of a further start: a link, or nothing. */
  openFrom(args: readonly string[]): void
}

export async function startDesktop(): Promise<Desktop> {
  const folder = app.getPath('userData')
  const log_file = prepareLog(folder)
  const settings_file = join(folder, 'settings.json')
  const settings = readJsonFile(settings_file, Settings, { dags_folder: null })
  const store = new ConnectionStore({ path: join(folder, 'connections.json'), keychain: systemKeychain })
  let main: MainWindow | null = null
  let commands: MenuCommand[] = []
  const tell = teller(() => main?.window.webContents ?? null)

  const server = new LocalServer({
    program: serverProgram,
    data_folder: dataFolder(),
    dags_folder: () => settings.dags_folder ?? defaultDagsFolder(),
    log_file,
    onChange: (state) => {
      if (store.current === LOCAL) tell('server.changed', state)
    },
  })
  const quit = new Quit({
    server,
    window: () => main?.window ?? null,
    onDraining: (state) => {
      tell('quit.changed', state)
    },
  })

  const upstreamOf = async (id: string): Promise<Upstream> => {
    if (id === LOCAL) return server.upstream()
    const url = store.get(id)?.url ?? null
    if (url === null) throw new NoUpstream('This connection was removed.')
    const key = await store.key(id)
    if (key === null) {
      askKey(id, false)
      throw new NoUpstream(`The API key of ${store.get(id)?.name} is asked for.`)
    }
    return { url, key }
  }
  /** The page of a connection whose key is missing can do nothing but ask for it. */
  const askKey = (id: string, isRefused: boolean): void => {
    if (store.current !== id || main?.shown()?.path.startsWith('/connections') === true) return
    main?.show(id, `/connections?ask=${id}${isRefused ? '&refused=true' : ''}`)
  }
  const serverState = (): ServerState => (store.current === LOCAL ? server.state : { phase: 'remote', message: null, dags_folder: null })

  const digest = new FailureDigest({
    after: (ms, action) => void setTimeout(action, ms),
    show: (notice) => {
      notify(notice)
    },
  })
  const notify = ({ title, body, path }: FailureNotice): void => {
    const connection = store.current
    // Whoever looks at that very page sees it anyway.
    if (main?.window.isFocused() === true && main.shown()?.path === path) return
    const notification = new Notification({ title, body })
    notification.on('click', () => {
      main?.focus()
      void show(connection, path)
    })
    notification.show()
  }
  let stopWatching: (() => void) | null = null

  /** Shows a connection, with its list of connections on top if its key must be asked for. */
  const show = async (id: string, path: string): Promise<void> => {
    const connection = store.get(id)
    if (connection === null || main === null) return
    const hasChanged = store.current !== id || stopWatching === null
    store.use(id, new Date())
    if (id === LOCAL) server.start()
    if (connection.url !== null && (await store.key(id)) === null) {
      main.show(id, `/connections?ask=${id}`)
    } else {
      if (hasChanged) {
        stopWatching?.()
        stopWatching = watchRunFailures({
          upstream: () => upstreamOf(id),
          fetch: systemFetch,
          onFailed: (run) => {
            digest.add(run)
          },
        })
      }
      main.show(id, path)
    }
    setMenu()
    tell('connections.changed', {})
    tell('server.changed', serverState())
  }
  const chooseDagsFolder = async (): Promise<string | null> => {
    if (main === null) return null
    const { filePaths } = await dialog.showOpenDialog(main.window, {
      title: 'Folder with DAG files',
      defaultPath: server.state.dags_folder ?? defaultDagsFolder(),
      properties: ['openDirectory', 'createDirectory'],
    })
    const [chosen] = filePaths
    if (chosen === undefined) return null
    settings.dags_folder = chosen
    writeJsonFile(settings_file, settings)
    await server.restart()
    return chosen
  }
  const setMenu = (): void => {
    setApplicationMenu(
      { commands, connections: store.list(), current: store.current },
      {
        runCommand: (id) => {
          tell('command.run', { id })
        },
        openConnection: (id) => void show(id, '/'),
        chooseDagsFolder: () =>
          void chooseDagsFolder().catch((error: unknown) => {
            dialog.showErrorBox('VORTEX', String(error))
          }),
        showLog: () => void shell.openPath(log_file),
      },
    )
  }

  const handlers: CallHandlers = {
    'connections.list': async () => {
      const problem = await store.keychainProblem()
      return { connections: store.list(), current: store.current, keychain: { is_available: problem === null, problem } }
    },
    'connections.save': async (draft) => {
      const saved = await store.save(draft)
      changed()
      return saved
    },
    'connections.remove': ({ id }) => {
      const isShown = main?.shown()?.connection === id
      store.remove(id)
      changed()
      if (isShown) void show(LOCAL, '/connections')
      return null
    },
    'connections.test': async ({ id, url, api_key }) =>
      testConnection({
        url,
        api_key: api_key ?? (id === null || store.get(id)?.url !== url ? null : await store.key(id)),
        fetch: systemFetch,
      }),
    'connections.open': async ({ id, api_key }) => {
      if (api_key !== null) await store.enterKey(id, api_key)
      await show(id, '/')
      return null
    },
    'server.state': serverState,
    'server.restart': async () => {
      await server.restart()
      return null
    },
    'server.show_log': async () => {
      await shell.openPath(log_file)
      return null
    },
    'dags_folder.choose': chooseDagsFolder,
    'menu.set': (given) => {
      commands = given.commands
      main?.listens()
      setMenu()
      return null
    },
    'quit.choose': async ({ choice }) => {
      await quit.choose(choice)
      return null
    },
  }
  const changed = (): void => {
    setMenu()
    tell('connections.changed', {})
  }

  enforceNavigationRules()
  handleCalls(handlers, (contents) => contents === main?.window.webContents)
  servePages({
    folder: rendererFolder(),
    api: (id) =>
      store.get(id) === null
        ? null
        : {
            upstream: () => upstreamOf(id),
            onRefused: () => {
              if (id === LOCAL) return server.requestFailed()
              // Other requests were on their way with the same key.
              if (store.get(id)?.key === 'missing') return
              store.dropKey(id)
              askKey(id, true)
            },
            onUnreachable: () => {
              if (id === LOCAL) server.requestFailed()
            },
          },
  })
  main = createMainWindow({
    state_file: join(folder, 'window.json'),
    openPath: (path) => {
      tell('page.open', { path })
    },
  })
  const { window } = main
  window.on('close', (event) => {
    if (!quit.mayEnd()) event.preventDefault()
  })
  window.on('closed', () => {
    main = null
  })
  app.on('before-quit', (event) => {
    if (!quit.mayEnd()) event.preventDefault()
  })
  powerMonitor.on('shutdown', () => void quit.atOnce())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void quit.atOnce())

  const link = linkOf(process.argv)
  const openFrom = (args: readonly string[]): void => {
    main?.focus()
    const further = linkOf(args)
    const connection = further === null ? null : store.named(further.connection)
    if (further !== null && connection !== null) void show(connection.id, further.path)
  }
  setMenu()
  const first = link === null ? null : store.named(link.connection)
  await show(first?.id ?? store.current, first === null || link === null ? '/' : link.path)
  return { openFrom }
}

function prepareLog(folder: string): string {
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 })
  const file = join(folder, 'logs', 'server.log')
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(file, `${file}.1`)
  return file
}
