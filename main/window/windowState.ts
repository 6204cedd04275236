/** Size and place of the window, as it was left; only where a screen still is. */
import { Type, type Static } from 'typebox'
import { screen, type BrowserWindow } from 'electron'
import { Strict } from '#contract/schema.ts'
import { readJsonFile, writeJsonFile } from '../jsonFile.ts'

const Bounds = Strict({ x: Type.Integer(), y: Type.Integer(), width: Type.Integer(), height: Type.Integer() })
const WindowState = Strict({ bounds: Bounds, is_maximized: Type.Boolean() })
type WindowState = Static<typeof WindowState>

const DEFAULT = { width: 1280, height: 820 }
/** So much of the title bar must be on a screen to be caught with the mouse. */
const VISIBLE_MIN = 60
/** Dragging tells of each pixel. */
const WRITE_AFTER_MS = 500

export function restoredBounds(path: string): { bounds: Partial<WindowState['bounds']> & typeof DEFAULT; is_maximized: boolean } {
  const first = { bounds: DEFAULT, is_maximized: false }
  const kept: WindowState | null = readJsonFile(path, Type.Union([WindowState, Type.Null()]), null)
  if (kept === null) return first
  const { x, y, width } = kept.bounds
  const isReachable = screen.getAllDisplays().some(({ workArea }) => {
    const left = Math.max(x, workArea.x)
    const right = Math.min(x + width, workArea.x + workArea.width)
    return right - left >= VISIBLE_MIN && y >= workArea.y && y <= workArea.y + workArea.height - VISIBLE_MIN
  })
  return isReachable ? kept : { bounds: { width: kept.bounds.width, height: kept.bounds.height }, is_maximized: kept.is_maximized }
}

export function keepBounds(window: BrowserWindow, path: string): void {
  let timer: NodeJS.Timeout | null = null
  const write = (): void => {
    timer = null
    if (window.isDestroyed()) return
    writeJsonFile(path, { bounds: window.getNormalBounds(), is_maximized: window.isMaximized() } satisfies WindowState)
  }
  const later = (): void => {
    timer ??= setTimeout(write, WRITE_AFTER_MS)
  }
  window.on('resize', later)
  window.on('move', later)
  window.on('close', write)
}
