/**
 * The only code of ours between page and main process: two functions that pass plain data, for the names of the table and no other.
 * It runs in a sandbox, so the build puts the names in rather than the table with its schemas.
 */
import { contextBridge, ipcRenderer } from 'electron'
import type { DesktopBridge } from '../bridge/desktopBridge.ts'

declare const CALL_NAMES: readonly string[]
declare const EVENT_NAMES: readonly string[]

const bridge: DesktopBridge = {
  call(name, input) {
    if (!CALL_NAMES.includes(name)) return Promise.reject(new Error(`There is no call ${name}.`))
    return ipcRenderer.invoke(`vortex:${name}`, input) as ReturnType<typeof bridge.call<typeof name>>
  },
  on(name, listener) {
    if (!EVENT_NAMES.includes(name)) throw new Error(`There is no event ${name}.`)
    const hear = (_: unknown, data: Parameters<typeof listener>[0]): void => {
      listener(data)
    }
    ipcRenderer.on(`vortex:${name}`, hear)
    return () => {
      ipcRenderer.removeListener(`vortex:${name}`, hear)
    }
  },
}
contextBridge.exposeInMainWorld('vortexDesktop', bridge)
