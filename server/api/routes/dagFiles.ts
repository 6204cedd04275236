/** Files of the DAG folder: list, read, write, move, delete, and what unsaved text would define. */
import { VortexError } from '#contract/errors.ts'
import type { Role } from '#contract/states.ts'
import type { DagFileRecord } from '#db/records.ts'
import type { ListedFile } from '#dagfiles/editing/folderFiles.ts'
import { readDagSchema } from '#runtime/dagSchema.ts'
import { diffSpecs } from '#domain/specDiff.ts'
import { Previews } from '#dagfiles/editing/previews.ts'
import type { DagReader } from '../dagReader.ts'
import { pageOf, pageWith, type Handlers } from '../handlers.ts'
import { includesRole } from '../policy.ts'
import { presentFile, presentListed, presentPreview } from '../present/dagFile.ts'
import { savedScheduleOf } from '../savedSchedule.ts'
import type { ApiServices } from '../services.ts'

type DagFileHandlers = Pick<
  Handlers,
  'listDagFiles' | 'getDagFile' | 'saveDagFile' | 'moveDagFile' | 'deleteDagFile' | 'previewDagFile' | 'getDagSchema'
>

/** DAGs shown of one file; more are in the DAG list, and their versions change alike. */
const DAGS_SHOWN = 20
/** A preview is compared with versions of so many DAGs: each is read from the store, megabytes if it is large. */
const DAGS_COMPARED_MAX = 50

export function dagFileHandlers({ store, engine, leader, clock, dagFiles, logger }: ApiServices, dags: DagReader): DagFileHandlers {
  const { files } = dagFiles
  const previews = new Previews((p) => dagFiles.parseText(p))

  async function recordsOf(paths: string[]): Promise<Map<string, DagFileRecord>> {
    return new Map((await store.dagFilesByPath({ files: paths })).map((record) => [record.file, record]))
  }
  /** Beside DAGs there lie settings, queries and whatever else an author keeps: not for whoever may only look. */
  async function readable<T extends { path: string }>(found: T[], role: Role): Promise<T[]> {
    if (includesRole(role, 'Operator')) return found
    const records = await recordsOf(found.map(({ path }) => path))
    return found.filter(({ path }) => (records.get(path)?.dag_ids.length ?? 0) > 0)
  }
  /** The file is written already: what cannot be noted is logged instead, and the answer stays true. */
  async function note(p: Parameters<ApiServices['engine']['dagFileNoted']>[0], paths: string[]): Promise<void> {
    for (const path of paths) dagFiles.fileChanged(path)
    logger.info({ paths, change: p.change, actor: p.actor }, 'a file of the DAG folder was changed by a person')
    await engine
      .dagFileNoted(p)
      .catch((error: unknown) => logger.error({ err: error, ...p }, 'the ledger could not note a changed DAG file'))
  }

  return {
    async listDagFiles({ query }, { principal }) {
      const request = pageOf(query)
      const wanted = query.search?.toLowerCase()
      const found = await readable(
        (await files.list()).filter(({ path }) => wanted === undefined || path.toLowerCase().includes(wanted)),
        principal.role,
      )
      const data = found.slice(request.offset, request.offset + request.limit)
      const records = await recordsOf(data.map(({ path }) => path))
      const reason = await files.readOnlyReason(null)
      const presented = await Promise.all(
        data.map(async (file: ListedFile) =>
          presentListed({ file, look: await files.look(file.path), record: records.get(file.path), read_only: reason, shown: DAGS_SHOWN }),
        ),
      )
      return pageWith({ data: presented, total: found.length, next_cursor: null }, request, (file) => file)
    },
    async getDagFile({ query: { path } }, { principal }) {
      if ((await readable([{ path }], principal.role)).length === 0)
        throw new VortexError('forbidden', `Your role (${principal.role}) may read files that define DAGs; ${path} defines none.`)
      const [file, look, records, versions, read_only] = await Promise.all([
        files.read(path),
        files.look(path),
        recordsOf([path]),
        store.dagFileVersions({ file: path, limit: DAGS_SHOWN }),
        files.readOnlyReason(path),
      ])
      return presentFile({ path, file, is_dag_file: look?.is_dag_file ?? false, record: records.get(path), versions, read_only })
    },
    async saveDagFile({ body }, { principal }) {
      const { file, change } = await files.write(body)
      if (change !== 'unchanged') {
        const message = `${body.path} was ${change === 'created' ? 'created' : 'saved'} (${file.size} bytes, sha256 ${file.sha256.slice(0, 12)}).`
        const dag_ids = (await recordsOf([body.path])).get(body.path)?.dag_ids ?? []
        await note({ change, dag_ids, message, actor: principal.username }, [body.path])
      }
      return { path: body.path, sha256: file.sha256, size: file.size, change }
    },
    async moveDagFile({ body }, { principal }) {
      const dag_ids = (await recordsOf([body.path])).get(body.path)?.dag_ids ?? []
      await files.move(body)
      const message = `${body.path} was moved to ${body.to}.`
      await note({ change: 'moved', dag_ids, message, actor: principal.username }, [body.path, body.to])
      return { message }
    },
    async deleteDagFile({ query }, { principal }) {
      const dag_ids = (await recordsOf([query.path])).get(query.path)?.dag_ids ?? []
      await files.remove(query)
      const message = `${query.path} was deleted.`
      await note({ change: 'deleted', dag_ids, message, actor: principal.username }, [query.path])
      return { message: dag_ids.length === 0 ? message : `${message} Its DAGs are not scheduled any more and keep their history.` }
    },
    getDagSchema: () => readDagSchema(),
    async previewDagFile({ body }, { principal }) {
      const result = await previews.preview({ editor: `${principal.username}\n${body.editor}`, path: body.path, text: body.text })
      const compared = await Promise.all(
        result.dags.slice(0, DAGS_COMPARED_MAX).map(async (spec) => {
          const dag = await store.dagGet({ dag_id: spec.dag_id })
          const version = dag === null ? null : await dags.version(dag.dag_version_id).catch(ignoreMissing)
          const diff = diffSpecs(version?.spec ?? null, spec)
          const known = version === null ? null : await leader.dagSchedule({ dag_id: spec.dag_id })
          const { changed_settings } = diff
          return { spec, dag, version, diff, saved_schedule: await savedScheduleOf({ spec, changed_settings, known, now: clock.now() }) }
        }),
      )
      return presentPreview(result, compared, body.path)
    },
  }
}

/** A version that retention has removed: nothing to compare with. */
function ignoreMissing(error: unknown): null {
  if (error instanceof VortexError && error.code === 'not_found') return null
  throw error
}
