/** Answers the questions of authors' timetables as the server does, one JSON line for each line of stdin: [method, params]. */
import { createInterface } from 'node:readline'
import { scheduleQuestions } from '../../../server/dagfiles/scheduleQuestions.ts'

const answers = scheduleQuestions({ store: { dagGet: async () => null } })
for await (const line of createInterface({ input: process.stdin })) {
  const [method, params] = JSON.parse(line) as [string, Record<string, unknown>]
  process.stdout.write(`${JSON.stringify((await answers[method]?.(params)) ?? null)}\n`)
}
