/**
 * What makes a trigger safe to repeat. The page names the run itself, as the server would, by the moment at which the button was
 * pressed first: if the answer is lost and it is pressed again, the server knows that run and does not start a second one.
 */
import type { api } from '../../api/client.ts'

export type TriggerBody = Parameters<typeof api.triggerDag>[0]['body']

/** Python's isoformat, as the server writes it into names: six decimals, or none. */
const isoformat = (at: number): string =>
  new Date(at).toISOString().replace(/(\.\d{3})Z$/, (_, ms: string) => (ms === '.000' ? '+00:00' : `${ms}000+00:00`))

/** By the rules of Airflow 2 the name is that of the logical date; where a person has chosen one, that alone makes a second run impossible. */
export function identified(body: TriggerBody, dialect: '2' | '3', at: number): TriggerBody {
  if (body.run_id !== undefined) return body
  if (dialect === '3') return { ...body, run_id: `manual__${isoformat(at)}` }
  const logical_date = body.logical_date ?? new Date(at).toISOString()
  return { ...body, logical_date, run_id: `manual__${isoformat(Date.parse(logical_date))}` }
}
