/** Timetables of authors: their runs go from a real parse into the store, and on from the newest run when the file is parsed again. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { makeCommit } from '#testkit/makeRecords.ts'
import type { Store } from '#db/store.ts'
import { openSqlite } from '../db/sqlite/open.ts'
import { DagFilesService } from './dagFilesService.ts'

const PLUGIN = `
import pendulum
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from airflow.timetables.interval import CronDataIntervalTimetable

class EveryTenDays(Timetable):
    def infer_manual_data_interval(self, *, run_after):
        return DataInterval(run_after.subtract(days=10), run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        start = restriction.earliest if last_automated_data_interval is None else last_automated_data_interval.end
        return DagRunInfo.interval(start, start.add(days=10))

class NoThirteenth(CronDataIntervalTimetable):
    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        info = super().next_dagrun_info(last_automated_data_interval=last_automated_data_interval, restriction=restriction)
        while info is not None and info.run_after.day == 13:
            info = super().next_dagrun_info(last_automated_data_interval=info.data_interval, restriction=restriction)
        return info

class Timetables(AirflowPlugin):
    name = 'timetables'
    timetables = [EveryTenDays, NoThirteenth]
`
const DAG_FILE = `
import pendulum
from airflow import DAG
from tens import EveryTenDays, NoThirteenth

start = pendulum.datetime(2026, 1, 1)
tens = DAG('tens', schedule=EveryTenDays(), start_date=start, catchup=True)
cron = NoThirteenth('30 2 * * *', timezone='Europe/Zurich')
nightly = DAG('nightly', schedule=cron, start_date=start, catchup=True)
`
/** As the service has it: the time between two rescans. The first timer of this length is that of the first rescan. */
const RESCAN_MS = 60_000

let folder: TemporaryFolder
let store: Store
let service: DagFilesService | null = null

beforeEach(async () => {
  folder = await temporaryFolder()
  store = await openSqlite({ folder: join(folder.path, 'data'), synchronous: 'NORMAL' })
  for (const name of ['dags', 'plugins']) await mkdir(join(folder.path, name))
  await writeFile(join(folder.path, 'plugins', 'tens.py'), PLUGIN)
  await writeFile(join(folder.path, 'dags', 'a.py'), DAG_FILE)
})
afterEach(async () => {
  await service?.stop()
  await store.close()
  await folder[Symbol.asyncDispose]()
})

test('a list is worked out from the start date, then from the newest run; the version stays', async () => {
  const told: string[] = []
  let old: string[] = []
  let rescan: (() => void) | null = null
  service = new DagFilesService({
    store,
    clock: {
      ...systemClock,
      after(ms, then) {
        if (ms !== RESCAN_MS || rescan !== null) return systemClock.after(ms, then)
        rescan = then
        return { cancel: () => undefined }
      },
    },
    logger: createLogger({ level: 'silent' }),
    connection: async () => null,
    dags_folder: join(folder.path, 'dags'),
    data_folder: join(folder.path, 'data'),
    python: process.env['VORTEX_TEST_PYTHON'] ?? 'python3',
    package_folder: fileURLToPath(new URL('../../python', import.meta.url)),
    paused_default: true,
    compat: 'auto',
    environment: { PATH: process.env['PATH'] },
    publish: () => undefined,
    engine: { dagsChanged: async ({ changed }) => void told.push(...changed.map(({ dag }) => dag.dag_id)) },
    old_lists: () => old.splice(0),
  })
  await service.start()
  expect(await store.dagFileList()).toMatchObject([{ file: 'a.py', error: null }])
  expect(await planned('tens')).toMatchObject({ version: 1, first: ['2026-01-01T00:00:00.000Z', '2026-01-11T00:00:00.000Z'], history: 0 })
  expect(await planned('tens')).toMatchObject({ manual: { type: 'offset', start_ms: -10 * 86_400_000, end_ms: 0 } })
  // The server answers for the class that it is derived from: the night before the 13th has no run.
  const nightly = await planned('nightly')
  expect(nightly.first).toEqual(['2026-01-01T01:30:00.000Z', '2026-01-02T01:30:00.000Z'])
  expect(nightly.days).toContain('2026-01-12')
  expect(nightly.days).not.toContain('2026-01-13')
  expect(nightly.count).toBe(300)

  const { epoch, commit_seq } = (await store.leaderAcquire({ holder: 'test', lease_ms: 600_000 }))!
  const [start, end] = [Date.parse('2026-02-10T00:00:00Z'), Date.parse('2026-02-20T00:00:00Z')]
  const set = { last_scheduled_logical_date: start, last_scheduled_interval_start: start, last_scheduled_interval_end: end }
  await store.engineCommit(makeCommit(epoch, commit_seq + 1, { dags_update: [{ dag_id: 'tens', set }] }))
  told.length = 0
  old = ['a.py']
  if (rescan !== null) (rescan as () => void)()
  await vi.waitFor(() => expect(told).toContain('tens'), { timeout: 30_000 })
  expect(await planned('tens')).toMatchObject({ version: 1, first: ['2026-02-20T00:00:00.000Z', '2026-03-02T00:00:00.000Z'] })
  expect((await planned('tens')).history).toBeGreaterThan(0)
})

async function planned(dag_id: string) {
  const dag = await store.dagGet({ dag_id })
  const version = await store.dagVersionGet({ id: dag?.dag_version_id ?? 0 })
  const timetable = version?.spec.timetable
  if (timetable?.type !== 'computed') throw new Error(`${dag_id} has another timetable: ${JSON.stringify(version?.spec)}`)
  const { runs, history, manual } = timetable
  const text = (at: number): string => new Date(at).toISOString()
  return {
    version: dag?.version,
    first: [text(runs[0]?.[0] ?? 0), text(runs[0]?.[1] ?? 0)],
    days: runs.map(([, end]) => text(end).slice(0, 10)),
    count: runs.length,
    history: history.length,
    manual,
  }
}
