/** When a line of a log came, of what LogPage tells. Pure. */

/** The time of the last entry at or before a line, counted as in the entries; null = not known. */
export function timeOfLine(times: readonly (readonly [line: number, at: number])[], line: number): number | null {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle]?.[0] ?? 0) <= line) low = middle + 1
    else high = middle
  }
  return times[low - 1]?.[1] ?? null
}
