/** The composition root of the main process: every part of the app, wired, and what happens between them. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, Notification, powerMonitor, shell } from 'electron'
import { Type } from 'typebox'
import { Nullable, Strict } from '#contract/schema.ts'
import type { MenuCommand, ServerState } from './bridge/channels.ts'
import { ConnectionStore, LOCAL } from './connections/connectionStore.ts'
import { systemKeychain } from './connections/keychain.ts'
import { testConnection } from './connections/testConnection.ts'
import { linkOf } from './deepLinks.ts'
import { handleCalls, teller, type CallHandlers, type Tell } from './ipc/handleCalls.ts'
import { readJsonFile, writeJsonFile } from './jsonFile.ts'
import { setApplicationMenu } from './menu/applicationMenu.ts'
import type { FailureNotice } from './notifications/failureDigest.ts'
import { watchFailures } from './notifications/failureNotices.ts'
import type { ProxyOptions } from './page/apiProxy.ts'
import { ChangeGuard } from './page/changeGuard.ts'
import { servePages, systemFetch } from './page/pageProtocol.ts'
import { Quit } from './quit/quit.ts'
import { LocalServer } from './server/localServer.ts'
import { ServerLog } from './server/serverLog.ts'
import { dataFolder, defaultDagsFolder, rendererFolder, serverProgram } from './server/places.ts'
import { NoUpstream, type Upstream } from './server/upstream.ts'
import { createMainWindow, type MainWindow } from './window/mainWindow.ts'
import { askForChange } from './window/changeQuestion.ts'
import { enforceNavigationRules } from './window/navigationRules.ts'

const Settings = Strict({ dags_folder: Nullable(Type.String()) })

export class Desktop {
  readonly #folder = app.getPath('userData')
  readonly #log_file = prepareLog(this.#folder)
  readonly #settings_file = join(this.#folder, 'settings.json')
  readonly #settings = readJsonFile(this.#settings_file, Settings, { dags_folder: null })
  readonly #store = new ConnectionStore({ path: join(this.#folder, 'connections.json'), keychain: systemKeychain })
  readonly #tell: Tell = teller(() => this.#main?.window.webContents ?? null)
  readonly #server = new LocalServer({
    program: serverProgram,
    data_folder: dataFolder(),
    dags_folder: () => this.#settings.dags_folder ?? defaultDagsFolder(),
    log: new ServerLog(this.#log_file),
    onChange: () => {
      this.#tell('server.changed', this.#serverState())
    },
  })
  readonly #quit = new Quit({
    server: this.#server,
    window: () => this.#main?.window ?? null,
    mayLeave: async () => (await this.#main?.mayLeave()) ?? true,
    onDraining: (state) => {
      this.#tell('quit.changed', state)
    },
  })
  readonly #guards = new Map<string, ChangeGuard>()
  /** Connections whose key was refused, until another one is entered. */
  readonly #refused = new Set<string>()
  #main: MainWindow | null = null
  #commands: readonly MenuCommand[] = []
  #stopWatching: (() => void) | null = null

  /** Once, when Electron is ready. */
  async start(): Promise<void> {
    enforceNavigationRules()
    handleCalls(this.#handlers(), (contents) => contents === this.#main?.window.webContents)
    servePages({ folder: rendererFolder(), api: (id) => this.#apiOf(id) })
    this.#openWindow()
    this.#endInOrder()
    this.#setMenu()
    const link = linkOf(process.argv)
    const linked = link === null ? null : this.#store.named(link.connection)
    if (link !== null && linked !== null) await this.#show(linked.id, link.path)
    else await this.#show(this.#store.current, '/')
  }

  /** Arguments of a further start: a link, or nothing. */
  openFrom(args: readonly string[]): void {
    this.#main?.focus()
    const link = linkOf(args)
    const connection = link === null ? null : this.#store.named(link.connection)
    if (link !== null && connection !== null) void this.#show(connection.id, link.path)
  }

  #openWindow(): void {
    this.#main = createMainWindow({
      state_file: join(this.#folder, 'window.json'),
      openPath: (path) => {
        this.#tell('page.open', { path })
      },
      nameOf: (id) => this.#store.get(id)?.name ?? null,
    })
    const { window } = this.#main
    window.on('close', (event) => {
      if (!this.#quit.mayEnd()) event.preventDefault()
    })
    window.on('closed', () => {
      this.#main = null
    })
  }

  #endInOrder(): void {
    app.on('before-quit', (event) => {
      if (!this.#quit.mayEnd()) event.preventDefault()
    })
    powerMonitor.on('shutdown', () => void this.#quit.atOnce())
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.#quit.atOnce())
  }

  /** Shows a view of a connection; where its key must be asked for, the question. */
  async #show(id: string, path: string): Promise<void> {
    const connection = this.#store.get(id)
    if (connection === null || (this.#main?.shown()?.connection !== id && (await this.#main?.mayLeave()) === false)) return
    if (this.#store.current !== id) this.#unwatch()
    this.#store.use(id, new Date())
    if (id === LOCAL) this.#server.start()
    const isKeyMissing = connection.url !== null && (await this.#store.key(id)) === null
    if (!isKeyMissing) this.#watch(id)
    this.#main?.show(id, isKeyMissing ? this.#questionOf(id) : path)
    this.#connectionsChanged()
    this.#tell('server.changed', this.#serverState())
  }

  #watch(id: string): void {
    if (this.#stopWatching !== null || this.#store.get(id)?.notifies !== true) return
    this.#stopWatching = watchFailures({
      upstream: () => this.#upstreamOf(id),
      fetch: systemFetch,
      show: (notice) => {
        this.#notify(id, notice)
      },
    })
  }

  #unwatch(): void {
    this.#stopWatching?.()
    this.#stopWatching = null
  }

  async #upstreamOf(id: string): Promise<Upstream> {
    if (id === LOCAL) return this.#server.upstream()
    const connection = this.#store.get(id)
    if (connection?.url == null) throw new NoUpstream('This connection was removed.')
    const key = await this.#store.key(id)
    if (key !== null) return { url: connection.url, key }
    this.#askKey(id)
    throw new NoUpstream(`The API key of ${connection.name} is asked for.`)
  }

  /** What answers the requests of a connection's page; null = there is no such connection. */
  #apiOf(id: string): Omit<ProxyOptions, 'fetch'> | null {
    if (this.#store.get(id) === null) return null
    return {
      upstream: () => this.#upstreamOf(id),
      refusal: async (change) => this.#guardOf(id).refusal(this.#store.get(id)?.safe_mode ?? 'allow', change),
      onRefused: (key) => {
        if (id === LOCAL) return this.#server.requestFailed()
        if (!this.#store.dropKey(id, key)) return
        this.#refused.add(id)
        this.#askKey(id)
      },
      onUnreachable: () => {
        if (id === LOCAL) this.#server.requestFailed()
      },
    }
  }

  #guardOf(id: string): ChangeGuard {
    const guard =
      this.#guards.get(id) ??
      new ChangeGuard({
        now: () => performance.now(),
        ask: (change) => askForChange(this.#main?.window ?? null, this.#store.get(id), change),
      })
    this.#guards.set(id, guard)
    return guard
  }

  /** The page of a connection whose key is missing can do nothing but ask for it. */
  #askKey(id: string): void {
    if (this.#store.current !== id || this.#main?.shown()?.path.startsWith('/connections') === true) return
    this.#main?.show(id, this.#questionOf(id))
  }

  #questionOf(id: string): string {
    return `/connections?ask=${id}${this.#refused.has(id) ? '&refused=true' : ''}`
  }

  #serverState(): ServerState {
    return this.#store.current === LOCAL ? this.#server.state : { phase: 'remote', message: null, dags_folder: null }
  }

  #notify(connection: string, { title, body, path }: FailureNotice): void {
    const shown = this.#main?.shown()
    // Whoever looks at that very page sees it anyway.
    if (this.#main?.window.isFocused() === true && shown?.connection === connection && shown.path === path) return
    const notification = new Notification({ title, body })
    notification.on('click', () => {
      this.#main?.focus()
      void this.#show(connection, path)
    })
    notification.show()
  }

  async #chooseDagsFolder(): Promise<string | null> {
    if (this.#main === null) return null
    const { filePaths } = await dialog.showOpenDialog(this.#main.window, {
      title: 'Folder with DAG files',
      defaultPath: this.#server.state.dags_folder ?? defaultDagsFolder(),
      properties: ['openDirectory', 'createDirectory'],
    })
    const [chosen] = filePaths
    if (chosen === undefined) return null
    // First: a server that was found running reads a folder of its own, and says so.
    await this.#server.restart(() => {
      this.#settings.dags_folder = chosen
      writeJsonFile(this.#settings_file, this.#settings)
    })
    return chosen
  }

  #connectionsChanged(): void {
    this.#setMenu()
    this.#tell('connections.changed', {})
  }

  #setMenu(): void {
    setApplicationMenu(
      { commands: this.#commands, connections: this.#store.list(), current: this.#store.current },
      {
        runCommand: (id) => {
          this.#tell('command.run', { id })
        },
        openConnection: (id) => void this.#show(id, '/'),
        chooseDagsFolder: () =>
          void this.#chooseDagsFolder().catch((error: unknown) => {
            dialog.showErrorBox('VORTEX', error instanceof Error ? error.message : String(error))
          }),
        showLog: () => void shell.openPath(this.#log_file),
      },
    )
  }

  #handlers(): CallHandlers {
    const store = this.#store
    return {
      'connections.list': async () => {
        const problem = await store.keychainProblem()
        return { connections: store.list(), current: store.current, keychain: { is_available: problem === null, problem } }
      },
      'connections.save': async (draft) => {
        const saved = await store.save(draft)
        if (draft.api_key !== null) this.#refused.delete(saved.id)
        this.#connectionsChanged()
        return saved
      },
      'connections.remove': ({ id }) => {
        const isShown = this.#main?.shown()?.connection === id
        store.remove(id)
        this.#connectionsChanged()
        if (isShown) void this.#show(LOCAL, '/connections')
        return null
      },
      'connections.notify': ({ id, notifies }) => {
        store.setNotifies(id, notifies)
        if (!notifies && store.current === id) this.#unwatch()
        else if (store.current === id && store.get(id)?.key !== 'missing') this.#watch(id)
        this.#connectionsChanged()
        return null
      },
      'connections.test': async ({ id, url, api_key }) => {
        // The kept key goes only where it belongs.
        const kept = id === null || store.get(id)?.url !== url ? null : await store.key(id)
        return testConnection({ url, api_key: api_key ?? kept, fetch: systemFetch })
      },
      'connections.open': async ({ id, api_key }) => {
        if (api_key !== null) {
          await store.enterKey(id, api_key)
          this.#refused.delete(id)
        }
        await this.#show(id, '/')
        return null
      },
      'server.state': () => this.#serverState(),
      'server.restart': async () => {
        await this.#server.restart()
        return null
      },
      'server.show_log': async () => {
        await shell.openPath(this.#log_file)
        return null
      },
      'dags_folder.choose': () => this.#chooseDagsFolder(),
      'menu.set': ({ commands }) => {
        this.#commands = commands
        this.#main?.listens()
        this.#setMenu()
        return null
      },
      'quit.choose': async ({ choice }) => {
        await this.#quit.choose(choice)
        return null
      },
    }
  }
}

function prepareLog(folder: string): string {
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 })
  return join(folder, 'logs', 'server.log')
}
