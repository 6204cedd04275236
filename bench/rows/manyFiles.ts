/** 10,000 DAG files in one folder, and in 100 folders: first sight, rest, a new file, a changed one, lists, a restart. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ordinaryFile } from '../harness/dagFiles.ts'
import { withFolder, writeFiles } from '../harness/folder.ts'
import type { Figure, Row } from '../harness/row.ts'
import { sized } from '../harness/scale.ts'
import { type Server, startServer } from '../harness/server.ts'
import { median, percentile, show } from '../harness/statistics.ts'
import { showUse, type Use, using } from '../harness/usage.ts'

const FILES = 10_000
const CHANGES = 10
const LOOK_MS = 10
const SETTLE_MS = 10_000
/** With one of the rescans that stand behind the watch. */
const REST_MS = 60_000
const PATIENCE_MS = 1_800_000
const CALLS = 100

async function seen(began: number, isThere: () => Promise<boolean>): Promise<number> {
  for (; performance.now() - began < PATIENCE_MS; await sleep(LOOK_MS)) if (await isThere()) return performance.now() - began
  throw new Error('A file did not appear.')
}

const isKnown = (server: Server, path: string, text: string) => async (): Promise<boolean> =>
  await server.call<unknown>('GET', path).then(
    (found) => JSON.stringify(found).includes(text),
    () => false,
  )

/** The server says in its log when it has looked at every file of the folder. */
async function lookedThrough(server: Server): Promise<{ parsed: number; seconds: number }> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(100)) {
    const line = server.log().find(({ msg }) => msg === 'the DAG folder is read')
    if (line !== undefined) return { parsed: Number(line['parsed']), seconds: Number(line['duration_ms']) / 1000 }
  }
  throw new Error('The server did not read the DAG folder in time.')
}

const share = ({ seconds, wall_s }: Use): number => Object.values(seconds).reduce((sum, one) => sum + one, 0) / wall_s

async function edits(server: Server, dags: string, nameOf: (index: number) => string): Promise<{ changed: number[]; added: number[] }> {
  const changed: number[] = []
  const added: number[] = []
  for (let i = 0; i < CHANGES; i++) {
    const marker = `changed_${i}`
    writeFileSync(join(dags, nameOf(i)), ordinaryFile(i).replace('"report"', `"${marker}"`))
    changed.push(await seen(performance.now(), isKnown(server, `/api/dags/ordinary_${i}/tasks`, marker)))
    const index = FILES + i
    writeFileSync(join(dags, nameOf(i).replace(/[^/]*$/, `new_${i}.py`)), ordinaryFile(index))
    added.push(await seen(performance.now(), isKnown(server, `/api/dags/ordinary_${index}`, `ordinary_${index}`)))
    await sleep(100)
  }
  return { changed, added }
}

async function lists(server: Server, files: number): Promise<Figure> {
  const offset = files - 100
  const paths = {
    'first page': '/api/dags?limit=50',
    'last page': `/api/dags?limit=50&offset=${offset}`,
    search: '/api/dags?limit=50&search=nary_77',
    tag: '/api/dags?limit=50&tag=bench',
    'import errors': '/api/import-errors',
    home: '/api/overview',
    facets: '/api/dag-facets',
  }
  const worst: { what: string; p99: number; cpu_ms: number }[] = []
  for (const [what, path] of Object.entries(paths)) {
    const times: number[] = []
    await server.bytes(path)
    const { use } = await using(server, async () => {
      for (let i = 0; i < CALLS; i++) times.push((await server.bytes(path)).ms)
    })
    worst.push({ what, p99: percentile(times, 0.99), cpu_ms: (use.seconds.controller * 1000) / CALLS })
  }
  const p99 = Math.max(...worst.map((one) => one.p99))
  return {
    what: `${files.toLocaleString('en')} DAGs: lists of the API`,
    figure: `p99 ${show(p99, 'ms')}`,
    goal: '<= 50 ms',
    ratio: null,
    is_met: p99 <= 50,
    note: `p99, and processor time of a call: ${worst.map((one) => `${one.what} ${show(one.p99, 'ms')}, ${show(one.cpu_ms, 'ms')}`).join('; ')}`,
  }
}

async function firstSight(server: Server, what: string, files: number): Promise<{ figure: Figure; seconds: number }> {
  const { result, use } = await using(server, () => lookedThrough(server))
  const figure = {
    what: `${what}: first sight`,
    figure: show(result.seconds, 's'),
    goal: `<= ${show(files / 50, 's')}`,
    ratio: null,
    is_met: result.seconds <= files / 50,
    note: `${result.parsed} parsed; ${showUse(use)}`,
  }
  return { figure, seconds: result.seconds }
}

async function atRest(server: Server, what: string): Promise<Figure> {
  await sleep(SETTLE_MS)
  const { use } = await using(server, () => sleep(REST_MS))
  return {
    what: `${what}: nothing changes`,
    figure: show(share(use) * 100, '% of a core'),
    goal: '<= 2 %',
    ratio: null,
    is_met: share(use) <= 0.02,
    note: `${REST_MS / 1000} s; ${showUse(use)}`,
  }
}

async function edited(server: Server, what: string, dags: string, nameOf: (index: number) => string): Promise<Figure[]> {
  const { changed, added } = await edits(server, dags, nameOf)
  const figure = (times: readonly number[], of: string, goal_ms: number): Figure => ({
    what: `${what}: a ${of} file, until the API shows it`,
    figure: `p50 ${show(median(times), 'ms')}, max ${show(percentile(times, 1), 'ms')}`,
    goal: `<= ${goal_ms / 1000} s`,
    ratio: null,
    is_met: percentile(times, 1) <= goal_ms,
    note: `${CHANGES} files`,
  })
  return [figure(changed, 'changed', 1_000), figure(added, 'new', 5_000)]
}

async function again(server: Server, what: string, first_s: number): Promise<Figure> {
  const { result, use } = await using(server, () => lookedThrough(server))
  if (result.parsed !== 0) throw new Error(`After a restart ${result.parsed} files were parsed again.`)
  const ratio = result.seconds / first_s
  return {
    what: `${what}: restart with nothing changed`,
    figure: `ready in ${show(server.ready_ms, 'ms')}, all looked at in ${show(result.seconds, 's')}`,
    goal: 'ready <= 3 s, <= 0.1 x first sight',
    ratio,
    is_met: server.ready_ms <= 3_000 && ratio <= 0.1,
    note: showUse(use),
  }
}

async function measure(kind: string, nameOf: (index: number) => string): Promise<Figure[]> {
  return await withFolder(async (folder) => {
    const files = sized(FILES)
    const what = `${files.toLocaleString('en')} ${kind}`
    const texts = Object.fromEntries(Array.from({ length: files }, (_, i) => [nameOf(i), ordinaryFile(i)]))
    const place = { home: join(folder, 'home'), dags: writeFiles(join(folder, 'dags'), texts) }
    let server = await startServer(place)
    try {
      const cold = await firstSight(server, what, files)
      const rest = await atRest(server, what)
      const seen = await edited(server, what, place.dags, nameOf)
      const read = await lists(server, files)
      await server.stop()
      server = await startServer(place)
      return [cold.figure, rest, ...seen, read, await again(server, what, cold.seconds)]
    } finally {
      await server.stop()
    }
  })
}

const folderOf = (index: number): string => `team_${String(index % 100).padStart(2, '0')}`

export const manyFiles: Row = {
  name: 'many-files',
  is_scale: true,
  run: () => measure('DAG files', (index) => `ordinary_${index}.py`),
}

export const manyFolders: Row = {
  name: 'many-folders',
  is_scale: true,
  run: () => measure('DAG files in 100 folders', (index) => `${folderOf(index)}/ordinary_${index}.py`),
}
