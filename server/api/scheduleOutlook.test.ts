/** What is announced before a DAG is unpaused is what the engine then does; and what a typed schedule is said to mean. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DagSpec } from '#contract/dagSpec.ts'
import type { SchedulePreview, UnpausePreview } from '#contract/schedule.ts'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { makeDagSpec } from '#testkit/makeDagSpec.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
})
afterAll(() => api.close())

const DAY_MS = 86_400_000
/** Some days ago, at noon: no run becomes due while the test runs, unless it runs at midnight. */
const ago = (days: number): string => new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS + DAY_MS / 2).toISOString()
/** So many days ago and an hour: of steps of a day so many have ended, at whatever hour the test runs. */
const stepsAgo = (days: number): string => new Date(Date.now() - days * DAY_MS - 3_600_000).toISOString()
const timeInBerlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(new Date())
const interval = (cron: string, timezone = 'UTC'): DagSpec['timetable'] => ({ type: 'cron_data_interval', cron, timezone })
const trigger = (cron: string, timezone = 'UTC'): DagSpec['timetable'] => ({
  type: 'cron_trigger',
  crons: [cron],
  timezone,
  interval_ms: 0,
  run_immediately: false,
})
const DAY: DagSpec['timetable'] = { type: 'delta_data_interval', delta_ms: DAY_MS, months: 0, timezone: 'UTC' }

const CASES: [string, Partial<DagSpec>, number][] = [
  ['no schedule', { timetable: { type: 'null' } }, 0],
  ['daily 2.x without catchup', { dialect: '2', timetable: interval('0 0 * * *'), start_date: ago(10), catchup: false }, 1],
  ['daily 2.x with catchup', { dialect: '2', timetable: interval('0 0 * * *'), start_date: ago(10), catchup: true }, 9],
  ['daily 3.x without catchup', { timetable: trigger('0 0 * * *'), start_date: ago(10), catchup: false }, 1],
  ['daily 3.x with catchup', { timetable: trigger('0 0 * * *'), start_date: ago(10), catchup: true }, 10],
  ['more than there is room for', { timetable: trigger('0 0 * * *'), start_date: ago(30), catchup: true, max_active_runs: 4 }, 4],
  ['more than one step of the engine', { timetable: trigger('0 * * * *'), start_date: ago(5), catchup: true, max_active_runs: 90 }, 90],
  ['a start in the future', { timetable: trigger('0 0 * * *'), start_date: ago(-3), catchup: true }, 0],
  ['an end in the past', { timetable: trigger('0 0 * * *'), start_date: ago(20), end_date: ago(16), catchup: true }, 4],
  ['once', { timetable: { type: 'once' }, start_date: ago(1) }, 1],
  ['a step of a day', { dialect: '2', timetable: DAY, start_date: stepsAgo(5), catchup: true }, 5],
  [
    'over a change of the clock',
    { timetable: trigger('30 2 * * *', 'Europe/Berlin'), start_date: ago(200), catchup: true, max_active_runs: 300 },
    // Today's counts once it is over.
    timeInBerlin >= '02:30' ? 200 : 199,
  ],
]

const get = async <T>(url: string, status = 200): Promise<T> => {
  const response = await api.call({ url, as: 'vera' })
  expect(response.statusCode, response.body).toBe(status)
  return response.json<T>()
}
const scheduledRuns = async (dag_id: string) => {
  const page = await get<{ data: { run_id: string; run_after: string; logical_date: string }[] }>(`/api/dags/${dag_id}/runs?limit=500`)
  return page.data.toSorted((a, b) => (a.run_after < b.run_after ? -1 : 1))
}

describe('the announcement before unpausing', () => {
  it.each(CASES)('is what the engine does: %s', async (name, change, count) => {
    const dag_id = name.replaceAll(/[^a-z0-9]/g, '_')
    // There is no worker: its tasks wait for ever, and no run ends.
    await api.saveDag(makeDagSpec(dag_id, change))
    const said = await get<UnpausePreview>(`/api/dags/${dag_id}/unpause-preview`)
    expect(said.starts_count).toBe(count)
    expect(said.is_paused).toBe(true)
    expect(await scheduledRuns(dag_id)).toEqual([])
    expect((await api.call({ method: 'PATCH', url: `/api/dags/${dag_id}/unpause`, as: 'otto' })).statusCode).toBe(200)
    const deadline = Date.now() + 5000
    let made = await scheduledRuns(dag_id)
    while (made.length < count && Date.now() < deadline) made = await scheduledRuns(dag_id)
    expect(made).toHaveLength(count)
    expect(said.starts.map(({ run_id }) => run_id)).toEqual(made.slice(0, 100).map(({ run_id }) => run_id))
    expect(said.starts.map(({ logical_date }) => logical_date)).toEqual(made.slice(0, 100).map(({ logical_date }) => logical_date))
    // Whatever waits for room is all that is still due, and nothing new starts.
    const after = await get<UnpausePreview>(`/api/dags/${dag_id}/unpause-preview`)
    expect(after.starts_count).toBe(0)
    expect(after.waiting_count).toBe(said.waiting_count)
    expect(after.next).toEqual(said.next)
  })
  it('names what follows when a run ends', async () => {
    const dag_id = 'follows'
    await api.saveDag(makeDagSpec(dag_id, { timetable: trigger('0 0 * * *'), start_date: ago(5), catchup: true, max_active_runs: 1 }))
    await api.call({ method: 'PATCH', url: `/api/dags/${dag_id}/unpause`, as: 'otto' })
    const [first] = await scheduledRuns(dag_id)
    expect((await get<UnpausePreview>(`/api/dags/${dag_id}/unpause-preview`)).waiting_count).toBe(4)
    const mark = await api.call({
      method: 'POST',
      url: `/api/dags/${dag_id}/runs/${encodeURIComponent(first?.run_id ?? '')}/mark`,
      as: 'otto',
      body: { state: 'success' },
    })
    expect(mark.statusCode, mark.body).toBe(200)
    expect(await scheduledRuns(dag_id)).toHaveLength(2)
    expect((await get<UnpausePreview>(`/api/dags/${dag_id}/unpause-preview`)).waiting_count).toBe(3)
  })
})

describe('the preview of a schedule', () => {
  const preview = (query: Record<string, string>, status = 200) =>
    get<SchedulePreview & { details: Record<string, unknown> }>(
      `/api/dags/~/schedule-preview?${new URLSearchParams(query).toString()}`,
      status,
    )
  it('marks the days on which the clock changes', async () => {
    const { runs } = await preview({ schedule: '30 2 * * *', timezone: 'Europe/Berlin', start_date: '2030-03-29', dialect: '3' })
    const changed = runs.filter((run) => run.clock_change !== null)
    expect(changed.map(({ run_after }) => run_after)).toEqual(['2030-03-31T01:30:00.000Z'])
    expect(changed[0]?.clock_change).toEqual({ at: '2030-03-31T01:00:00.000Z', offset_before: 60, offset_after: 120 })
  })
  it('counts what catchup would create, newest first, and does not hang on a schedule of seconds', async () => {
    const started = performance.now()
    const found = await preview({ schedule: '* * * * * *', start_date: '2016-01-01', catchup: 'true' })
    expect(performance.now() - started).toBeLessThan(5000)
    expect(found.outlook.has_more).toBe(true)
    expect(found.outlook.newest_due).toHaveLength(100)
    const [newest, before] = found.outlook.newest_due.map(({ run_after }) => Date.parse(run_after))
    expect((newest ?? 0) - (before ?? 0)).toBe(1000)
    expect(Date.now() - (newest ?? 0)).toBeLessThan(10_000)
    const daily = await preview({ schedule: '@daily', start_date: '2020-01-01', catchup: 'false' })
    expect(daily.outlook.starts_count).toBe(1)
    expect(daily.with_catchup?.due).toBe(Math.floor(Date.now() / DAY_MS) - Date.parse('2020-01-01') / DAY_MS + 1)
  })
  it('reads steps of time as Python and people write them', async () => {
    for (const schedule of ['6h', '6 hours', '6:00:00', 'timedelta(hours=6)', '0 days, 6:00:00']) {
      expect((await preview({ schedule, start_date: '2030-01-01' })).summary).toBe('6:00:00')
    }
    const { kind, runs } = await preview({ schedule: '1 day', start_date: '2030-01-01', dialect: '2' })
    expect([kind, runs[0]?.logical_date, runs[0]?.run_after]).toEqual(['delta', '2030-01-01T00:00:00.000Z', '2030-01-02T00:00:00.000Z'])
  })
  it('says what is wrong, where, and how to mend it', async () => {
    const refused = async (query: Record<string, string>) => await preview(query, 400)
    expect((await refused({ schedule: '61 * * * *' })).details).toEqual({
      field: 'schedule',
      part: 'minute',
      index: 0,
      hint: 'The minute is 0 to 59: a list such as 1,5, a range such as 1-5, a step such as */2, or *.',
    })
    expect((await refused({ schedule: 'every monday' })).details).toMatchObject({ field: 'schedule', part: null })
    expect((await refused({ schedule: '@daily', timezone: 'Mars/Olympus' })).details).toMatchObject({ field: 'timezone' })
    expect((await refused({ schedule: '@daily', start_date: '2026-02-31' })).details).toMatchObject({ field: 'start_date' })
    expect((await refused({ schedule: '@daily', start_date: '2026-02-02', end_date: '2026-01-01' })).details).toMatchObject({
      field: 'end_date',
    })
  })
  it('goes on from the runs of a DAG whose schedule is changed', async () => {
    const dag_id = 'changed_schedule'
    await api.saveDag(
      makeDagSpec(dag_id, { timetable: trigger('0 0 * * *'), start_date: ago(3), catchup: true, is_paused_upon_creation: false }),
    )
    const made = await scheduledRuns(dag_id)
    const same = await get<SchedulePreview>(`/api/dags/${dag_id}/schedule-preview`)
    expect(same.outlook.starts_count).toBe(0)
    const hourly = await get<SchedulePreview>(`/api/dags/${dag_id}/schedule-preview?schedule=0+*+*+*+*`)
    const newest = Date.parse(made.at(-1)?.run_after ?? '')
    expect(hourly.outlook.starts_count + hourly.outlook.waiting_count).toBe(Math.floor((Date.now() - newest) / 3_600_000))
    await get(`/api/dags/no_such_dag/schedule-preview`, 404)
  })
})
