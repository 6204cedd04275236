/** What stands under the pointer, in words; all of it is in the page already. */
import { useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import { TASK_INSTANCE_STATES } from '#contract/states.ts'
import { serverNow } from '../../lib/serverClock.ts'
import { formatDuration, formatInstant, zoneFor } from '../../lib/time.ts'
import { strings } from '../../strings.ts'
import { StateIcon, stateWord } from '../../ui/StateBadge.tsx'
import { useTimeMode } from '../../ui/timeMode.ts'
import { cellFacts, type CellFacts, type GridColumn } from './columns.ts'
import classes from './grid.module.css'
import { dateOf, durationOf } from './GridHead.tsx'
import type { RowTree } from './rows.ts'

const text = strings.grid

export interface Hovered {
  column: GridColumn
  /** Row of the tree; null = the run itself. */
  row: number | null
  /** Of the cell, in the window. */
  x: number
  y: number
}

/** The pointer crosses many cells a second: only the tooltip renders, not the grid. */
export class HoverStore {
  #current: Hovered | null = null
  readonly #listeners = new Set<() => void>()
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  get = (): Hovered | null => this.#current
  set(hovered: Hovered | null): void {
    const { column, row } = this.#current ?? {}
    if (column === hovered?.column && row === hovered?.row) return
    this.#current = hovered
    for (const listener of this.#listeners) listener()
  }
}

/** `success, 4.2 s, attempt 2`, or counts. */
export function cellWords(facts: CellFacts): string {
  if (facts.state === null) return text.noInstance
  const counts = facts.counts === null ? [] : [...facts.counts].map(([state, count]) => text.count(count, stateWord(state)))
  const duration = facts.begun === null ? facts.durationMs : serverNow() - facts.begun
  return [
    ...(facts.counts === null ? [stateWord(facts.state)] : counts),
    ...(duration === null ? [] : [formatDuration(duration)]),
    ...(facts.tries > 0 ? [text.tries(facts.tries)] : []),
  ].join(', ')
}

export function GridTooltip({ store, tree, zone }: { store: HoverStore; tree: RowTree; zone: string | null }) {
  const hovered = useSyncExternalStore(store.subscribe, store.get)
  const mode = useTimeMode()
  const box = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ left: 0, top: 0 })
  useLayoutEffect(() => {
    if (!hovered || !box.current) return
    const { width, height } = box.current.getBoundingClientRect()
    const left = Math.max(8, Math.min(hovered.x + 18, window.innerWidth - width - 8))
    const below = hovered.y + 26
    setPlace({ left, top: below + height > window.innerHeight - 8 ? hovered.y - height - 8 : below })
  }, [hovered])
  if (!hovered) return null
  const { column, row } = hovered
  const { run } = column
  return (
    <div ref={box} className={classes['tooltip']} style={place} aria-hidden>
      {row === null ? <RunFacts column={column} /> : <Cell tree={tree} column={column} row={row} />}
      <div className={classes['dim']}>
        <div>{formatInstant(dateOf(column), zoneFor(mode, zone))}</div>
        <div className="mono">{run.run_id}</div>
        <div>
          {strings.runTypes[run.run_type]}, {text.version(run.version)}
        </div>
      </div>
    </div>
  )
}

function Counts({ counts }: { counts: readonly (readonly [keyof typeof strings.states, number])[] }) {
  return counts.map(([state, count]) => (
    <div key={state} className={classes['count']}>
      <StateIcon state={state} size={13} /> {text.count(count, stateWord(state))}
    </div>
  ))
}

function RunFacts({ column }: { column: GridColumn }) {
  const { run } = column
  const counts = TASK_INSTANCE_STATES.flatMap((state) => (run.task_counts[state] ? [[state, run.task_counts[state] ?? 0] as const] : []))
  return (
    <>
      <div className={classes['count']}>
        <StateIcon state={run.state} size={14} />
        <b>{stateWord(run.state)}</b>
        {run.start_time === null ? null : <span>{formatDuration(durationOf(column))}</span>}
      </div>
      <Counts counts={counts} />
    </>
  )
}

function Cell({ tree, column, row }: { tree: RowTree; column: GridColumn; row: number }) {
  const each = tree.rows[row]
  const facts = cellFacts(tree, column, row)
  const duration = facts.begun === null ? facts.durationMs : serverNow() - facts.begun
  return (
    <>
      <div className={classes['title']}>{each?.label}</div>
      {facts.state === null ? <div>{text.noInstance}</div> : null}
      {facts.counts === null && facts.state !== null ? (
        <div className={classes['count']}>
          <StateIcon state={facts.state} size={14} />
          <b>{stateWord(facts.state)}</b>
          {duration === null ? null : <span>{formatDuration(duration)}</span>}
          {facts.tries > 0 ? <span>{text.tries(facts.tries)}</span> : null}
        </div>
      ) : null}
      {facts.counts === null ? null : <Counts counts={[...facts.counts]} />}
      {facts.counts !== null && duration !== null ? (
        <div>
          {text.longest} {formatDuration(duration)}
        </div>
      ) : null}
    </>
  )
}
