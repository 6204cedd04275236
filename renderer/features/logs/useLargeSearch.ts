/** The matches of a search, or of a level filter, in a log too large to be held. Grows while the server looks, and while the log grows. */
import { useEffect, useRef, useState } from 'react'
import { tellError } from '../../ui/act.ts'
import type { AttemptRef } from '../../api/queryKeys.ts'
import { finderOf, type Found, type LargeSearch } from './logFind.ts'
import type { LogSnapshot } from './logSource.ts'

export interface LargeMatches {
  found: readonly Found[]
  /** Share of the log that was looked at; null = nothing is looked for. */
  share: number | null
}
const NOTHING: LargeMatches = { found: [], share: null }

/** `search: null` = nothing is looked for. */
export function useLargeSearch(ref: AttemptRef, { size, complete }: LogSnapshot, search: LargeSearch | null): LargeMatches {
  const [matches, setMatches] = useState<LargeMatches>(NOTHING)
  const look = useRef<(() => void) | null>(null)
  const query = search?.query ?? ''
  const level = search?.level ?? 'debug'
  const isOn = search !== null
  useEffect(() => {
    setMatches(isOn ? { found: [], share: 0 } : NOTHING)
    if (!isOn) return
    const finder = finderOf(ref, { query, level })
    let isWanted = true
    let isBusy = false
    let isAskedAgain = false
    const run = async () => {
      isBusy = true
      do {
        isAskedAgain = false
        await finder.extend({
          isWanted: () => isWanted,
          onFound: (found, share) => {
            setMatches((before) => ({ found: found.length === 0 ? before.found : [...before.found, ...found], share }))
          },
        })
      } while (isAskedAgain && isWanted)
      isBusy = false
      if (isWanted) setMatches((before) => ({ ...before, share: 1 }))
    }
    look.current = () => {
      if (isBusy) isAskedAgain = true
      else
        run().catch((error: unknown) => {
          isBusy = false
          if (isWanted) tellError(error)
        })
    }
    return () => {
      isWanted = false
      look.current = null
    }
  }, [ref, isOn, query, level])
  // At first, and whenever there is more of the log. Its last line may get its end without a byte: when it is complete.
  useEffect(() => look.current?.(), [ref, isOn, query, level, size, complete])
  return matches
}
