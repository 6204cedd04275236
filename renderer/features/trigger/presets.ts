/** Confs kept under a name, per user and DAG, in this browser until the sign-out. */
import { useState } from 'react'
import { keptInBrowser } from '../../lib/keptInBrowser.ts'
import type { Conf } from './conf.ts'

export interface Preset {
  name: string
  conf: Conf
}
/** A menu of more is no help. */
const PRESETS_MAX = 20

function read(username: string, dagId: string): Preset[] {
  const value = keptInBrowser.read(username, 'trigger-presets', dagId)
  return Array.isArray(value) ? (value as Preset[]).filter(({ name, conf }) => typeof name === 'string' && typeof conf === 'object') : []
}

export function usePresets(username: string, dagId: string) {
  const [presets, setPresets] = useState(() => read(username, dagId))
  const write = (next: Preset[]) => {
    setPresets(next)
    // Where there is no room they are kept while the page is open.
    keptInBrowser.write(username, 'trigger-presets', dagId, next)
  }
  return {
    presets,
    save: (name: string, conf: Conf) => {
      write([{ name, conf }, ...presets.filter((preset) => preset.name !== name)].slice(0, PRESETS_MAX))
    },
    remove: (name: string) => {
      write(presets.filter((preset) => preset.name !== name))
    },
  }
}
