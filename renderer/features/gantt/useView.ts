/** The visible part of the time axis: null shows everything and grows with it. It stands in the URL once it rests. */
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { held, zoomed, type Stretch, type TimeScale } from './timeScale.ts'

/** `120-4500`: positions in milliseconds. */
export function parseView(text: string | undefined): Stretch | null {
  const match = /^(\d+)-(\d+)$/.exec(text ?? '')
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  return match && to > from ? { from, to } : null
}

const REST_MS = 350

export interface View {
  /** What is shown; within the axis. */
  shown: Stretch
  isAll: boolean
  /** `centre`: 0 = left edge, 1 = right edge. */
  zoom: (factor: number, centre?: number) => void
  /** By a share of what is shown. */
  pan: (share: number) => void
  show: (view: Stretch | null) => void
}

export function useView(scale: TimeScale, text: string | undefined, onRest: (text: string | undefined) => void): View {
  const [view, setView] = useState(() => parseView(text))
  const rest = useDebouncedCallback(onRest, REST_MS)
  // Back and forward.
  useEffect(() => {
    setView(parseView(text))
  }, [text])
  const shown = held(scale, view ?? { from: 0, to: scale.length })
  const show = (next: Stretch | null) => {
    const isAll = next === null || next.to - next.from >= scale.length * 0.999
    setView(isAll ? null : next)
    rest(isAll ? undefined : `${Math.floor(next.from)}-${Math.ceil(next.to)}`)
  }
  return {
    shown,
    isAll: shown.to - shown.from >= scale.length * 0.999,
    show,
    zoom: (factor, centre = 0.5) => {
      show(zoomed(scale, shown, factor, shown.from + centre * (shown.to - shown.from)))
    },
    pan: (share) => {
      const by = share * (shown.to - shown.from)
      show(held(scale, { from: shown.from + by, to: shown.to + by }))
    },
  }
}
