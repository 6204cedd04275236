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

async function measure(kind: string, nameOf: (index: number) => string): Promise<Figure[]> {
  return await withFolder(async (folder) => {
    const files = sized(FILES)
    const what = `${files.toLocaleString('en')} ${kind}`
    const texts = Object.fromEntries(Array.from({ length: files }, (_, i) => [nameOf(i), ordinaryFile(i)]))
    const place = { home: join(folder, 'home'), dags: writeFiles(join(folder, 'dags'), texts) }
    const first = await startServer(place)
    const figures: Figure[] = []
    let cold
    try {
      cold = await using(first, () => lookedThrough(first))
      await sleep(10_000)
      const rest = await using(first, () => sleep(REST_MS))
      const restShare = share(rest.use)
      const { changed, added } = await edits(first, place.dags, nameOf)
      figures.push(
        {
          what: `${what}: first sight`,
          figure: show(cold.result.seconds, 's'),
          goal: `<= ${show(files / 50, 's')}`,
          ratio: null,
          is_met: cold.result.seconds <= files / 50,
          note: `${cold.result.parsed} parsed; ${showUse(cold.use)}`,
        },
        {
          what: `${what}: nothing changes`,
          figure: show(restShare * 100, '% of a core'),
          goal: '<= 2 %',
          ratio: null,
          is_met: restShare <= 0.02,
          note: `${REST_MS / 1000} s; ${showUse(rest.use)}`,
        },
        {
          what: `${what}: a changed file, until the API shows it`,
          figure: `p50 ${show(median(changed), 'ms')}, max ${show(percentile(changed, 1), 'ms')}`,
          goal: '<= 1 s',
          ratio: null,
          is_met: percentile(changed, 1) <= 1_000,
          note: `${CHANGES} changes`,
        },
        {
          what: `${what}: a new file, until the API shows it`,
          figure: `p50 ${show(median(added), 'ms')}, max ${show(percentile(added, 1), 'ms')}`,
          goal: '<= 5 s',
          ratio: null,
          is_met: percentile(added, 1) <= 5_000,
          note: `${CHANGES} files`,
        },
        await lists(first, files),
      )
    } finally {
      await first.stop()
    }
    const again = await startServer(place)
    try {
      const warm = await using(again, () => lookedThrough(again))
      if (warm.result.parsed !== 0) throw new Error(`After a restart ${warm.result.parsed} files were parsed again.`)
      const ratio = warm.result.seconds / cold.result.seconds
      figures.push({
        what: `${what}: restart with nothing changed`,
        figure: `ready in ${show(again.ready_ms, 'ms')}, all looked at in ${show(warm.result.seconds, 's')}`,
        goal: 'ready <= 3 s, <= 0.1 x first sight',
        ratio,
        is_met: again.ready_ms <= 3_000 && ratio <= 0.1,
        note: showUse(warm.use),
      })
    } finally {
      await again.stop()
    }
    return figures
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
