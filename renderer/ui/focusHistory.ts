/**
 * What had the focus lately, newest first, so that a dialog can give it back. One element is not enough: what opened the dialog may be gone
 * when it closes, as the entry of a menu is, or the row that was deleted. Then it is the one before, the menu's button.
 */

/** More than a dialog over a menu over a panel needs. */
const KEPT = 20

let latest: readonly WeakRef<HTMLElement>[] = []

/** Called once, before anything can open a dialog. */
export function rememberFocus(page: Document): void {
  page.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return
    latest = [new WeakRef(target), ...latest.filter((each) => each.deref() !== target)].slice(0, KEPT)
  })
}

/** What had the focus up to now; the later is the way back to it. */
export function focusBefore(): () => void {
  const before = latest
  return () => {
    const { activeElement } = document
    // Something else has taken it meanwhile.
    if (activeElement !== null && activeElement !== document.body) return
    for (const each of before) {
      const element = each.deref()
      if (element?.isConnected !== true) continue
      element.focus({ preventScroll: true })
      // What is hidden or disabled does not take it.
      if (document.activeElement === element) return
    }
  }
}
