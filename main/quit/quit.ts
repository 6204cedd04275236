/**
 * Ending the app. A server of our own with running tasks is not ended unasked: they may be finished first, left running under the local
 * worker (the next start of VORTEX finds it), or stopped. A server found running, or a remote one, stays as it is.
 *
 * States: idle -> asking -> idle | draining | ending; draining -> idle | ending.
 */
import { app, dialog, type BrowserWindow } from 'electron'
import type { QuitState } from '../bridge/channels.ts'
import type { LocalServer } from '../server/localServer.ts'
import { drainWorkers, resumeWorkers, runningTasks } from './runningTasks.ts'

export interface QuitOptions {
  server: LocalServer
  window: () => BrowserWindow | null
  /** Asks about changes of the page that would be lost. */
  mayLeave: () => Promise<boolean>
  onDraining: (state: QuitState | null) => void
}
type Choice = 'drain' | 'leave' | 'stop' | 'cancel'

const CHOICES: readonly { choice: Choice; label: string }[] = [
  { choice: 'drain', label: 'Finish Them, Then Quit' },
  { choice: 'leave', label: 'Quit, Leave Them Running' },
  { choice: 'stop', label: 'Stop Them and Quit' },
  { choice: 'cancel', label: 'Cancel' },
]
const LOOK_MS = 500

export class Quit {
  readonly #o: QuitOptions
  #state: 'idle' | 'asking' | 'draining' | 'ending' = 'idle'

  constructor(options: QuitOptions) {
    this.#o = options
  }

  /** For `before-quit` and the window's `close`: true = the app may end now. */
  mayEnd(): boolean {
    if (this.#state === 'ending') return true
    if (this.#state === 'idle') void this.#ask()
    return false
  }

  /** The session of the user ends, or a signal came: there is no time to ask. What runs goes on under the worker. */
  async atOnce(): Promise<void> {
    await this.#end({ leave_worker: (await runningTasks(this.#o.server)) !== 0 })
  }

  /** What the person chose while the app waits for tasks. */
  async choose(choice: 'stop' | 'cancel'): Promise<void> {
    if (this.#state !== 'draining') return
    if (choice === 'stop') return this.#end({ leave_worker: false })
    this.#state = 'idle'
    this.#o.onDraining(null)
    await resumeWorkers(this.#o.server)
  }

  async #ask(): Promise<void> {
    const { server } = this.#o
    this.#state = 'asking'
    if (!(await this.#o.mayLeave())) {
      this.#state = 'idle'
      return
    }
    if (!server.isOurs) return this.#end({ leave_worker: true })
    const running = await runningTasks(server)
    // A server that does not answer cannot be asked to wait for its tasks: they are not ended, either.
    if (running === null || running === 0) return this.#end({ leave_worker: running === null })
    const choice = await this.#choice(running)
    if (choice === 'cancel') this.#state = 'idle'
    else if (choice === 'drain') await this.#drain()
    else await this.#end({ leave_worker: choice === 'leave' })
  }

  async #choice(running: number): Promise<Choice> {
    const window = this.#o.window()
    const question = {
      type: 'question' as const,
      title: 'Quit VORTEX',
      message: running === 1 ? 'A task is running.' : `${running} tasks are running.`,
      detail:
        'Finished: nothing new starts, and VORTEX quits when they have ended. ' +
        'Left running: they go on without VORTEX, and their results are there when it starts again. ' +
        'Stopped: they get 10 seconds, then they are ended and retried if their DAG says so. ' +
        'Scheduled runs wait until VORTEX is started again.',
      buttons: CHOICES.map(({ label }) => label),
      defaultId: 0,
      cancelId: CHOICES.length - 1,
      noLink: true,
    }
    const { response } = await (window === null ? dialog.showMessageBox(question) : dialog.showMessageBox(window, question))
    return CHOICES[response]?.choice ?? 'cancel'
  }

  async #drain(): Promise<void> {
    this.#state = 'draining'
    const { server } = this.#o
    await drainWorkers(server)
    const look = async (): Promise<void> => {
      if (this.#state !== 'draining') return
      const running = await runningTasks(server)
      if (this.#isOver()) return
      if (running === 0) return this.#end({ leave_worker: false })
      if (running !== null) this.#o.onDraining({ running })
      setTimeout(() => void look(), LOOK_MS)
    }
    await look()
  }

  #isOver(): boolean {
    return this.#state !== 'draining'
  }

  async #end(p: { leave_worker: boolean }): Promise<void> {
    if (this.#state === 'ending') return
    this.#state = 'ending'
    // The window is gone at once; what takes its time is out of sight.
    this.#o.window()?.hide()
    await this.#o.server.stop(p)
    // What the page might object to was asked before.
    this.#o.window()?.destroy()
    app.quit()
  }
}
