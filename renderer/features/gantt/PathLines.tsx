/** Lines of the critical path: from the end of each step to the start of the next one, across the rows between them. */
import type { CriticalPath } from './criticalPath.ts'
import classes from './Gantt.module.css'
import type { GanttRow } from './model.ts'

interface PathLinesProps {
  rows: readonly GanttRow[]
  path: CriticalPath
  toX: (time: number) => number
  width: number
  first: number
  last: number
  now: number
}

/** Must match .row of the style sheet. */
const ROW_HEIGHT = 30

export function PathLines({ rows, path, toX, width, first, last, now }: PathLinesProps) {
  const rowOf = new Map<string, number>()
  rows.forEach((row, index) => {
    for (const key of row.members) rowOf.set(key, index)
  })
  const stops = path.steps.map((step) => {
    const index = rowOf.get(`${step.task_id} ${step.map_index}`) ?? -1
    const bar = rows[index]?.bars.at(-1)
    return { index, start: bar?.start ?? null, end: bar?.end ?? now }
  })
  const lines = stops.slice(1).flatMap((to, at) => {
    const from = stops[at]
    if (!from || from.index === to.index || from.index < 0 || to.index < 0 || to.start === null) return []
    if (Math.max(from.index, to.index) < first || Math.min(from.index, to.index) > last) return []
    const middle = (index: number) => index * ROW_HEIGHT + ROW_HEIGHT / 2
    const [x1, x2] = [toX(from.end), toX(to.start)]
    if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > width) return []
    return [{ key: at, d: `M ${x1} ${middle(from.index)} H ${x1 + 3} V ${middle(to.index)} H ${Math.max(x2, x1 + 3)}` }]
  })
  return (
    <svg className={classes['lines']} width={width} height={rows.length * ROW_HEIGHT} aria-hidden>
      {lines.map(({ key, d }) => (
        <path key={key} d={d} />
      ))}
    </svg>
  )
}
