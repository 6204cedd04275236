/** What an unpause starts, told where nobody sees the dashboard's question: the runs that the scheduler creates at once, and what follows. */
import type { UnpausePreview } from '#contract/schedule.ts'
import { instant, type Screen } from './output.ts'

/** Named one by one; more are counted. */
const NAMED_MAX = 10

const runs = (count: number, more = false): string => `${more ? 'more than ' : ''}${count} ${count === 1 ? 'run' : 'runs'}`

export function tellStarts(screen: Screen, preview: UnpausePreview): void {
  const { starts, starts_count, waiting_count, has_more, held_runs, max_active_runs, next } = preview
  if (held_runs > 0) screen.note(`${runs(held_runs)} that the pause held back ${held_runs === 1 ? 'goes' : 'go'} on.`)
  if (starts_count > 0) {
    screen.note(`${runs(starts_count)} ${starts_count === 1 ? 'starts' : 'start'} at once:`)
    for (const run of starts.slice(0, NAMED_MAX)) screen.note(`  ${run.run_id}${covers(run)}`)
    const unnamed = starts_count - Math.min(starts.length, NAMED_MAX)
    if (unnamed > 0) screen.note(`  and ${unnamed} more`)
  }
  if (waiting_count > 0)
    screen.note(
      `${runs(waiting_count, has_more)} more ${waiting_count === 1 ? 'is' : 'are'} due and start as runs end, at most ${max_active_runs} at a time.`,
    )
  if (starts_count === 0 && waiting_count === 0 && next !== null)
    screen.note(`No run starts at once; the next is due at ${instant(next.run_after) ?? ''}.`)
}

function covers(run: UnpausePreview['starts'][number]): string {
  const { data_interval_start: from, data_interval_end: to } = run
  return from === null || from === to ? '' : `, covers ${instant(from) ?? ''} to ${instant(to) ?? ''}`
}

/** The same for programs. */
export function startsOf({ starts, starts_count, waiting_count, held_runs, next }: UnpausePreview) {
  return { starts, starts_count, waiting_count, held_runs, next }
}
