/** The matches of a search, or of a level filter, in a log too large to be held. Grows while the server looks. */
import { useEffect, useState } from 'react'
import { tellError } from '../../ui/act.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { searchLarge, type Found, type LargeSearch } from './logFind.ts'

export interface LargeMatches {
  found: readonly Found[]
  /** Share of the log that was looked at; null = nothing is looked for. */
  share: number | null
}
const NOTHING: LargeMatches = { found: [], share: null }

/** `search: null` = nothing is looked for. */
export function useLargeSearch(ref: AttemptRef, search: LargeSearch | null): LargeMatches {
  const [matches, setMatches] = useState<LargeMatches>(NOTHING)
  const query = search?.query ?? ''
  const level = search?.level ?? 'debug'
  const isOn = search !== null
  useEffect(() => {
    setMatches(isOn ? { found: [], share: 0 } : NOTHING)
    if (!isOn) return
    let isWanted = true
    const run = searchLarge(
      ref,
      { query, level },
      {
        isWanted: () => isWanted,
        onFound: (found, share) => {
          setMatches((before) => ({ found: found.length === 0 ? before.found : [...before.found, ...found], share }))
        },
      },
    )
    run.then(
      () => {
        if (isWanted) setMatches((before) => ({ ...before, share: 1 }))
      },
      (error: unknown) => {
        if (isWanted) tellError(error)
      },
    )
    return () => {
      isWanted = false
    }
  }, [ref, isOn, query, level])
  return matches
}
