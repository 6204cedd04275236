/** The palette is loaded when it is first asked for; this remembers that it was. */
const listeners = new Set<() => void>()
let wasMade = false
let open: (() => void) | null = null

export const paletteRequest = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  wasMade: (): boolean => wasMade,
  /** Called by the palette once it is there: from now on `openPalette` opens it, and the first request is served. */
  serve(action: () => void): () => void {
    open = action
    action()
    return () => {
      open = null
    }
  },
}

export function openPalette(): void {
  if (open) {
    open()
    return
  }
  wasMade = true
  for (const listener of listeners) listener()
}
