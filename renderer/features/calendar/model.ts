/** What a calendar shows of its cells: which range to ask for, how they are laid out, and words for each. Pure. */
import type { Calendar } from '#contract/insights.ts'
import type { DagRunState } from '#contract/states.ts'
import type { CalendarRange } from '../../api/queryKeys.ts'
import { addDays } from '../../lib/zonedTime.ts'
import { strings } from '../../strings.ts'
import { stateWord } from '../../ui/StateBadge.tsx'

export type Cell = Calendar['cells'][number]
export type CalendarView = 'year' | 'month' | 'hours'

/** The state that a cell is coloured by: what needs a person comes first. */
export const STATES_BY_WEIGHT = ['failed', 'running', 'queued', 'success'] as const satisfies readonly DagRunState[]

/** Days of the year or month that `at` is in. */
export function rangeOf(view: CalendarView, at: string): CalendarRange {
  const [year = '', month = ''] = at.split('-')
  const from = view === 'year' ? `${year}-01-01` : `${year}-${month}-01`
  const next = view === 'year' ? nextMonth(`${year}-12`) : nextMonth(`${year}-${month}`)
  const days = Math.round((Date.parse(`${next}-01T00:00Z`) - Date.parse(`${from}T00:00Z`)) / 86_400_000)
  return { from, days, unit: view === 'hours' ? 'hour' : 'day' }
}

/** A day in the year or month before (-1) or after (1). */
export function moved(view: CalendarView, at: string, by: 1 | -1): string {
  const { from, days } = rangeOf(view, at)
  return rangeOf(view, by < 0 ? addDays(from, -1) : addDays(from, days)).from
}

function nextMonth(month: string): string {
  return addDays(`${month}-28`, 5).slice(0, 7)
}

/** 0 = Monday. */
export const weekday = (date: string): number => (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7

/** Cells of each month, with their places in the list. */
export function byMonth(cells: readonly Cell[]): { month: string; cells: { cell: Cell; index: number }[] }[] {
  const indexed = cells.map((cell, index) => ({ cell, index }))
  return [...Map.groupBy(indexed, ({ cell }) => cell.date.slice(0, 7))].map(([month, own]) => ({ month, cells: own }))
}

/** Days with their hours, each hour with its place in the list. */
export function byDay(cells: readonly Cell[]): { date: string; hours: { cell: Cell; index: number }[] }[] {
  const indexed = cells.map((cell, index) => ({ cell, index }))
  return [...Map.groupBy(indexed, ({ cell }) => cell.date)].map(([date, hours]) => ({ date, hours }))
}

export const runsIn = (cell: Pick<Cell, 'counts'>): number => Object.values(cell.counts).reduce((sum, count) => sum + count, 0)

/** Dates of the schedule that have no run, as far as counts tell. */
export const missingIn = (cell: Cell): number => (runsIn(cell) === 0 ? Math.max(0, cell.expected - cell.planned) : 0)

/** The state that the cell shows, or what else it is. */
export function lookOf(cell: Cell): DagRunState | 'planned' | 'missing' | 'empty' {
  const state = STATES_BY_WEIGHT.find((each) => (cell.counts[each] ?? 0) > 0)
  return state ?? (cell.planned > 0 ? 'planned' : missingIn(cell) > 0 ? 'missing' : 'empty')
}

export function countsText(cell: Cell): string {
  const text = strings.calendar
  const parts = STATES_BY_WEIGHT.flatMap((state) => {
    const count = cell.counts[state] ?? 0
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${stateWord(state)}`]
  })
  if (cell.planned > 0) parts.push(text.plannedRuns(cell.planned))
  if (parts.length === 0) parts.push(missingIn(cell) > 0 ? text.noRunOf(missingIn(cell)) : text.nothing)
  return parts.join(', ')
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** `November`; with its year where the page does not tell it. */
export const monthName = (month: string): string => MONTHS[Number(month.slice(5, 7)) - 1] ?? month

/** `23 November 2026`, `23 November 2026, 14:00`. */
export function cellName(cell: Pick<Cell, 'date' | 'hour'>, isHour: boolean): string {
  const day = `${Number(cell.date.slice(8))} ${monthName(cell.date)} ${cell.date.slice(0, 4)}`
  return isHour ? `${day}, ${String(cell.hour).padStart(2, '0')}:00` : day
}

/** Length of a cell in hours if it is not the usual one: the day on which clocks change. */
export function oddLength(cell: Cell, isHour: boolean): number | null {
  const hours = (Date.parse(cell.end) - Date.parse(cell.start)) / 3_600_000
  return !isHour && hours !== 24 ? hours : null
}
