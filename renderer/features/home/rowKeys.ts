/**
 * Arrows within the rows of the timeline: Tab stops at a row's DAG only (a thousand bars would bury the page); Right goes to its runs,
 * Left back, Up and Down to the rows beside it. Keys that lead nowhere from there stay those of the page.
 */
import type { KeyboardEvent } from 'react'

/** Left edges decide the order of the runs, and which of the row beside is nearest. */
const leftOf = (stop: HTMLElement): number => stop.getBoundingClientRect().left
/** The row's DAG, then whatever stands on its line: runs, blocks of many runs, planned runs. */
function stopsOf(row: Element): HTMLElement[] {
  const [dag, ...others] = row.querySelectorAll<HTMLElement>('a, [data-hint]')
  return dag === undefined ? [] : [dag, ...others.sort((a, b) => leftOf(a) - leftOf(b))]
}

export function moveInRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof HTMLElement)) return
  const row = event.target.closest('li')
  if (row === null) return
  const next = nextStop(event.key, event.target, row)
  if (next === null) return
  event.preventDefault()
  next?.focus()
}

/** null: the key is not of the rows; undefined: it is, and there is nothing further. */
function nextStop(key: string, from: HTMLElement, row: Element): HTMLElement | null | undefined {
  const stops = stopsOf(row)
  const at = stops.indexOf(from)
  if (at < 0) return null
  // From its DAG, Left moves the window of time as everywhere on the page.
  if (key === 'ArrowLeft') return at === 0 ? null : stops[at - 1]
  if (key === 'ArrowRight') return stops.length === 1 ? null : stops[at + 1]
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null
  const beside = key === 'ArrowUp' ? row.previousElementSibling : row.nextElementSibling
  if (beside === null) return undefined
  const [dag, ...runs] = stopsOf(beside)
  if (at === 0 || runs.length === 0) return dag
  return runs.reduce((best, run) => (Math.abs(leftOf(run) - leftOf(from)) < Math.abs(leftOf(best) - leftOf(from)) ? run : best))
}
