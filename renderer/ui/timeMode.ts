/** The chosen time mode, kept in this browser. */
import { useSyncExternalStore } from 'react'
import { TIME_MODES, type TimeMode } from '../lib/time.ts'

const STORAGE_KEY = 'vortex-time-mode'
const listeners = new Set<() => void>()

function stored(): TimeMode {
  try {
    const value = localStorage.getItem(STORAGE_KEY)
    return TIME_MODES.find((mode) => mode === value) ?? 'dag'
  } catch {
    return 'dag'
  }
}
let current = stored()

export function setTimeMode(mode: TimeMode): void {
  current = mode
  try {
    localStorage.setItem(STORAGE_KEY, mode)
  } catch {
    // Storage may be refused; the choice then lasts for this page.
  }
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const useTimeMode = (): TimeMode => useSyncExternalStore(subscribe, () => current)
export const nextTimeMode = (): TimeMode => TIME_MODES[(TIME_MODES.indexOf(current) + 1) % TIME_MODES.length] ?? 'dag'
