/** Numbers as people read them. */
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // What would round to 1024 is the next unit's 1.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? 'B'}`
}

const NOTE_SHOWN = 60
/** The first line of a note, where there is room for a few words. */
export function shortNote(note: string): string {
  const line =
    note
      .trim()
      .split('\n')[0]
      ?.replaceAll(/[*_`#]/g, '') ?? ''
  return line.length > NOTE_SHOWN ? `${line.slice(0, NOTE_SHOWN)} …` : line
}
