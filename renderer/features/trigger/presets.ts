/** Confs kept under a name, per user and DAG, in this browser. */
import { useState } from 'react'
import type { Conf } from './conf.ts'

export interface Preset {
  name: string
  conf: Conf
}
/** A menu of more is no help. */
const PRESETS_MAX = 20

const keyOf = (username: string, dagId: string) => `vortex.trigger-presets:${username}:${dagId}`

function read(key: string): Preset[] {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown
    return Array.isArray(value) ? (value as Preset[]).filter(({ name, conf }) => typeof name === 'string' && typeof conf === 'object') : []
  } catch {
    // Storage that is switched off or holds something else: there are no presets then.
    return []
  }
}

export function usePresets(username: string, dagId: string) {
  const key = keyOf(username, dagId)
  const [presets, setPresets] = useState(() => read(key))
  const write = (next: Preset[]) => {
    setPresets(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
    } catch {
      // Kept while the page is open.
    }
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
