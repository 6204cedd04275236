/** The question of a connection in safe mode before a change of its server: which server, what, and whether to ask again. */
import { dialog, type BrowserWindow } from 'electron'
import type { Connection } from '../bridge/channels.ts'
import type { Change } from '../page/changeGuard.ts'

/** Shorter than the page's own limit for a request: a change confirmed after it would be done when the page has said that it failed. */
const ANSWER_MS = 25_000
const GO_ON = 1

export async function askForChange(
  window: BrowserWindow | null,
  connection: Connection | null,
  { method, path }: Change,
): Promise<{ may: boolean; remember: boolean }> {
  if (window === null || connection === null) return { may: false, remember: false }
  const { response, checkboxChecked } = await dialog.showMessageBox(window, {
    type: 'warning',
    title: 'VORTEX',
    message: `Change something on ${connection.name} (${connection.environment})?`,
    detail: `${method} ${decoded(path)}`,
    buttons: ['Cancel', 'Go On'],
    checkboxLabel: 'Do not ask again for 10 minutes',
    defaultId: 0,
    cancelId: 0,
    noLink: true,
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  return { may: response === GO_ON, remember: checkboxChecked }
}

/** Ids as people write them. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
