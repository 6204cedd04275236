/**
 * Unsaved changes of a page. A browser asks by itself before it leaves such a page; Electron just stays, silently. So the question is asked
 * here: before a quit or a change of the connection, when nothing has been done yet, and before a reload.
 */
import { setTimeout } from 'node:timers/promises'
import { dialog, type BrowserWindow } from 'electron'

const QUESTION = {
  type: 'warning' as const,
  title: 'VORTEX',
  message: 'This page has changes that are not saved.',
  detail: 'They are lost if you leave it.',
  buttons: ['Stay', 'Leave Without Saving'],
  defaultId: 0,
  cancelId: 0,
  noLink: true,
}
const UNANSWERED = {
  ...QUESTION,
  message: 'This page does not answer.',
  detail: 'It may have changes that are not saved. They are lost if you leave it.',
}
const LEAVE = 1
/** A page answers within a frame, or as soon as it has drawn what it draws; one that does not hangs, and may have changes. */
const ANSWER_MS = 3_000
/** The page's own answer, as a browser would ask for it. */
const ASK_PAGE = `!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))`

export interface UnsavedChanges {
  /** True = the page may be left, and will not be asked about again. */
  mayLeave(): Promise<boolean>
}

export function watchUnsavedChanges(window: BrowserWindow): UnsavedChanges {
  const { webContents } = window
  let isSettled = false
  webContents.on('will-prevent-unload', (event) => {
    if (isSettled || dialog.showMessageBoxSync(window, QUESTION) === LEAVE) event.preventDefault()
  })
  webContents.on('did-navigate', () => {
    isSettled = false
  })
  return {
    async mayLeave() {
      // Before the first page there is nothing to ask, and a page whose process has ended has nothing that could be saved any more.
      if (webContents.getURL() === '' || webContents.isCrashed()) return true
      const answer = webContents.mainFrame.executeJavaScript(ASK_PAGE).then(Boolean, () => false)
      const hasChanges = await Promise.race([answer, setTimeout(ANSWER_MS, null)])
      if (hasChanges === false) return true
      const { response } = await dialog.showMessageBox(window, hasChanges === null ? UNANSWERED : QUESTION)
      isSettled = response === LEAVE
      return isSettled
    },
  }
}
