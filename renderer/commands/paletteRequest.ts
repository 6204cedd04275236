/**
 * The palette is loaded once the page is idle, or when it is asked for; this remembers that it was. What is typed between the request and
 * the palette's own field is kept, so that whoever knows what they look for need not wait.
 */
const KEPT_MS = 5_000
const listeners = new Set<() => void>()
let wasMade = false
let open: ((typed: string) => void) | null = null
let typed: string | null = null

/** A letter of a key without a modifier; Backspace takes one back. */
function keep(event: KeyboardEvent): void {
  if (typed === null || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  // Its field may have kept the keyboard from the last time, and then tells of no focus.
  if (event.target instanceof Element && event.target.closest('[role=dialog]') !== null) {
    stop()
    return
  }
  if (event.key === 'Escape') typed = null
  else if (event.key === 'Backspace') typed = typed.slice(0, -1)
  else if (event.key.length === 1) typed += event.key
  else return
  // Neither a shortcut of the page nor its fields get what was meant for the palette.
  event.preventDefault()
  event.stopImmediatePropagation()
  if (typed === null) stop()
}

function stop(): string {
  globalThis.removeEventListener('keydown', keep, true)
  const kept = typed ?? ''
  typed = null
  return kept
}

export const paletteRequest = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  wasMade: (): boolean => wasMade,
  /** Called by the palette once it is there: from now on `openPalette` opens it, and a request that was made is served. */
  serve(action: (typed: string) => void): () => void {
    open = action
    if (typed !== null) action(typed)
    return () => {
      open = null
    }
  },
  /** Called by the palette when its own field has the keyboard: what was typed until then. */
  takeTyped: stop,
}

export function openPalette(): void {
  wasMade = true
  if (typed === null) {
    typed = ''
    globalThis.addEventListener('keydown', keep, true)
    // A palette that could not be loaded must not hold the keyboard.
    setTimeout(stop, KEPT_MS)
  }
  open?.(typed)
  for (const listener of listeners) listener()
}
