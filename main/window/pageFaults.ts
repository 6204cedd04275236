/**
 * A page whose process ended (out of memory, killed) or that does not answer. Ended, it is loaded again by itself, once in a while; again soon
 * after, the person is asked, for a page that dies at each load would be loaded for ever.
 */
import { app, dialog, type BrowserWindow } from 'electron'

/** A page that lived so long is loaded again without a question. */
const WELL_MS = 60_000
const QUESTION = { type: 'error' as const, title: 'VORTEX', defaultId: 0, noLink: true }

export function watchPageFaults(window: BrowserWindow): void {
  const { webContents } = window
  let loadedAt = -Infinity
  const load = (): void => {
    if (window.isDestroyed()) return
    loadedAt = performance.now()
    webContents.reload()
  }
  let isAsking = false
  const ask = async (question: Electron.MessageBoxOptions): Promise<number | null> => {
    if (isAsking || window.isDestroyed()) return null
    isAsking = true
    try {
      return (await dialog.showMessageBox(window, { ...QUESTION, ...question })).response
    } finally {
      isAsking = false
    }
  }

  webContents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit') return
    if (performance.now() - loadedAt > WELL_MS) return load()
    void ask({
      message: 'The page has ended unexpectedly again.',
      detail: `${reasonText(reason)} Runs and tasks are not affected: they belong to the server.`,
      buttons: ['Load It Again', 'Quit'],
      cancelId: 0,
    }).then((choice) => {
      if (choice === 0) load()
      else if (choice === 1) app.quit()
    })
  })

  let answered = new AbortController()
  window.on('unresponsive', () => {
    answered = new AbortController()
    void ask({
      type: 'warning',
      message: 'The page does not answer.',
      detail:
        'Waiting helps if it is busy with much data. Loading it again loses what is not saved in it. Runs and tasks are not affected.',
      buttons: ['Wait', 'Load It Again'],
      cancelId: 0,
      signal: answered.signal,
    }).then((choice) => {
      if (choice !== 1) return
      // A busy page does not hear of a reload; ended, it is loaded anew by the rule above.
      loadedAt = -Infinity
      webContents.forcefullyCrashRenderer()
    })
  })
  window.on('responsive', () => {
    answered.abort()
  })
}

function reasonText(reason: Electron.RenderProcessGoneDetails['reason']): string {
  if (reason === 'oom') return 'It ran out of memory.'
  if (reason === 'launch-failed' || reason === 'integrity-failure') return 'Its process could not be started.'
  return `Its process ended (${reason}).`
}
