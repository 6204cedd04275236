/**
 * Vitest's setup of the desktop stories: the built app, a real Electron and a screen. What the machine lacks is downloaded or installed,
 * said aloud, or named in the error.
 */
import type { TestProject } from 'vitest/node'
import { buildDesktop, buildRenderer, buildServer } from '../../scripts/build.ts'
import { prepareLibraries, startDisplay } from '../../scripts/display.ts'
import { findElectron } from '../../scripts/electron.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    electron: { executable: string; folder: string; display: string }
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  await buildServer()
  await buildDesktop()
  buildRenderer()
  const { executable, folder } = findElectron({ mayAssemble: true })
  prepareLibraries(executable)
  // A screen of our own even where there is one: nobody's clicks come between, and no window pops up over somebody's work.
  const display = process.platform === 'linux' ? await startDisplay() : null
  project.provide('electron', { executable, folder, display: display?.name ?? '' })
  return () => {
    display?.stop()
  }
}
