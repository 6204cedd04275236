/** What a page of ours may not do: leave its scheme, open windows, ask for permissions, embed others. Web links open in the browser. */
import { app, session, shell, type WebContents } from 'electron'
import { SCHEME } from '../page/pageProtocol.ts'

export function enforceNavigationRules(): void {
  app.on('web-contents-created', (_, contents) => {
    restrict(contents)
  })
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, decide) => {
    decide(isAllowed(permission))
  })
  defaultSession.setPermissionCheckHandler((_contents, permission) => isAllowed(permission))
  defaultSession.setDevicePermissionHandler(() => false)
}

/** Copy buttons write to the clipboard; nothing else is asked for. */
const isAllowed = (permission: string): boolean => permission === 'clipboard-sanitized-write'

function restrict(contents: WebContents): void {
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url)
    return { action: 'deny' }
  })
  contents.on('will-navigate', (event) => {
    if (isOurPage(event.url)) return
    event.preventDefault()
    openOutside(event.url)
  })
  contents.on('will-redirect', (event) => {
    if (!isOurPage(event.url)) event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
  })
}

export function isOurPage(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === `${SCHEME}:`
}

/** Only the web: a link of another kind could start any program. */
function openOutside(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) void shell.openExternal(url)
}
