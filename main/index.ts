/** Entry of the main process. A second start hands its link to the first one and ends. */
import { app } from 'electron'
import { Desktop } from './desktop.ts'
import { LINK_SCHEME } from './deepLinks.ts'
import { registerScheme } from './page/pageProtocol.ts'

if (app.requestSingleInstanceLock()) {
  registerScheme()
  // In development the program is Electron itself, which would be started without the app.
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME)
  const desktop = app.whenReady().then(async () => {
    const made = new Desktop()
    await made.start()
    return made
  })
  desktop.catch((error: unknown) => {
    process.stderr.write(`VORTEX could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    app.exit(1)
  })
  app.on('second-instance', (_, args) => void desktop.then((running) => running.openFrom(args)))
  app.on('open-url', (event, url) => {
    event.preventDefault()
    void desktop.then((running) => running.openFrom([url]))
  })
} else app.quit()
