/** The one window: made when the first page is ready to be seen, showing one connection at a time. */
import { join } from 'node:path'
import { app, BrowserWindow, nativeTheme } from 'electron'
import { SCHEME, pageUrl } from '../page/pageProtocol.ts'
import { watchPageFaults } from './pageFaults.ts'
import { watchUnsavedChanges } from './unsavedChanges.ts'
import { keepBounds, restoredBounds } from './windowState.ts'

export interface MainWindow {
  readonly window: BrowserWindow
  /** Loads a page of a connection; one that is shown and listens only changes its view. */
  show(connection: string, path: string): void
  /** The page hears events from now on, until it is loaded again. */
  listens(): void
  /** Connection and path that are shown. */
  shown(): { connection: string; path: string } | null
  focus(): void
  /** Asks if the page has changes that would be lost. */
  mayLeave(): Promise<boolean>
}

export interface MainWindowOptions {
  state_file: string
  openPath: (path: string) => void
  /** Name of a connection, for the title. */
  nameOf: (connection: string) => string | null
}

export function createMainWindow(p: MainWindowOptions): MainWindow {
  const { bounds, is_maximized } = restoredBounds(p.state_file)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 400,
    minHeight: 300,
    show: false,
    title: 'VORTEX',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#14161a' : '#ffffff',
    icon: join(app.getAppPath(), 'main', 'build', 'icon.png'),
    webPreferences: {
      preload: join(app.getAppPath(), 'dist', 'desktop', 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: !app.isPackaged,
      spellcheck: false,
    },
  })
  if (is_maximized) window.maximize()
  window.once('ready-to-show', () => {
    window.show()
  })
  keepBounds(window, p.state_file)
  watchPageFaults(window)
  const { mayLeave } = watchUnsavedChanges(window)
  let isListening = false
  window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) isListening = false
  })

  window.on('page-title-updated', (event, title) => {
    event.preventDefault()
    const name = p.nameOf(shown()?.connection ?? '')
    window.setTitle(name === null ? title : `${title} · ${name}`)
  })

  const shown = (): { connection: string; path: string } | null => {
    const url = window.webContents.getURL()
    if (!URL.canParse(url) || new URL(url).protocol !== `${SCHEME}:`) return null
    const { hostname, pathname, search } = new URL(url)
    return { connection: hostname, path: `${pathname}${search}` }
  }
  return {
    window,
    shown,
    mayLeave,
    show(connection, path) {
      if (isListening && shown()?.connection === connection) p.openPath(path)
      // A load that another one overtakes is rejected; the later one counts.
      else window.loadURL(pageUrl(connection, path)).catch(() => undefined)
    },
    listens() {
      isListening = true
    },
    focus() {
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
  }
}
