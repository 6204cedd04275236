/** `tasks logs --timestamps`: the time of each line before it, in UTC. Lines without a known time stay as they are. */
import { timeOfLine } from '#contract/logTimes.ts'
import type { LogPage } from '#contract/taskInstance.ts'

/** Takes the pages of a log in order; one may end in the middle of a line. */
export class LineStamper {
  #isLineStart = true

  stamp({ text, times }: Pick<LogPage, 'text' | 'times'>): string {
    if (text === '') return ''
    const lines = text.split('\n')
    const stamped = lines.map((line, at) => {
      const isBegun = at === 0 && !this.#isLineStart
      const isEnd = at === lines.length - 1 && line === ''
      const time = isBegun || isEnd ? null : timeOfLine(times, at)
      return time === null ? line : `${new Date(time).toISOString()} ${line}`
    })
    this.#isLineStart = text.endsWith('\n')
    return stamped.join('\n')
  }
}

/** Entries of a page as those of the whole text, of which `before` came earlier. */
export function timesAfter(before: string, times: LogPage['times']): LogPage['times'] {
  let lines = 0
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) lines += 1
  const isBegun = before !== '' && !before.endsWith('\n')
  return times.flatMap(([line, at]) => (isBegun && line === 0 ? [] : [[lines + line, at]]))
}
