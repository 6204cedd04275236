/** Wire shapes of the files in the DAG folder, and of what unsaved text defines. */
import { Type, type Static } from 'typebox'
import { Problem, TaskGroupSpec } from './dagSpec.ts'
import { Outlook } from './schedule.ts'
import { FILE_BYTES_MAX, FILE_PATH_MAX } from './dagFileNames.ts'
import { Enum, Instant, Nullable, Strict } from './schema.ts'

export const FilePath = Type.String({
  minLength: 1,
  maxLength: FILE_PATH_MAX,
  description: 'path below the DAG folder, with forward slashes, such as team/etl.py',
})
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the content, in lower-case hex' })
export const FileText = Type.String({ maxLength: FILE_BYTES_MAX })

const readOnly = Nullable(Type.String(), { description: 'why it cannot be changed here; null = it can' })

export const DagFileEntry = Strict({
  path: Type.String(),
  size: Type.Integer(),
  modified_at: Instant,
  sha256: Nullable(Type.String(), { description: 'null = it cannot be read' }),
  is_dag_file: Type.Boolean({ description: 'it is read for DAGs; else it is a module or data of others' }),
  dag_ids: Type.Array(Type.String(), { description: 'the first 20 DAGs that it defines' }),
  dag_count: Type.Integer(),
  import_error: Nullable(Strict({ kind: Type.String(), message: Type.String(), line: Nullable(Type.Integer()) })),
  read_only: readOnly,
})
export type DagFileEntry = Static<typeof DagFileEntry>

export const DagFileContent = Strict({
  path: Type.String(),
  text: Type.String(),
  sha256: Type.String(),
  size: Type.Integer(),
  modified_at: Instant,
  is_dag_file: Type.Boolean(),
  read_only: readOnly,
  /** `waiting`: the newest text has not been read for DAGs yet; a live event tells when it was. */
  reading: Enum(['done', 'waiting', 'none'] as const),
  import_error: Nullable(Strict({ kind: Type.String(), message: Type.String(), traceback: Type.String(), line: Nullable(Type.Integer()) })),
  dags: Type.Array(
    Strict({
      dag_id: Type.String(),
      version: Type.Integer({ description: 'number of its newest version' }),
      is_current: Type.Boolean({ description: 'that version was read from exactly this text' }),
    }),
    { description: 'the first 20 DAGs that it defines' },
  ),
})
export type DagFileContent = Static<typeof DagFileContent>

export const DagFileSaved = Strict({
  path: Type.String(),
  sha256: Type.String(),
  size: Type.Integer(),
  change: Enum(['created', 'saved', 'unchanged'] as const),
})

export const SPEC_CHANGES = ['same', 'added', 'changed', 'removed'] as const
const change = Enum(SPEC_CHANGES, { description: 'against the newest version; `removed` are only in that one' })

/** What the scheduler would do at once if the text were saved. Counting ends at 10,000 due runs. */
export const SavedSchedule = Strict({ is_paused: Type.Boolean(), ...Outlook.properties })
export type SavedSchedule = Static<typeof SavedSchedule>

export const DagPreview = Strict({
  dag_id: Type.String(),
  dag_display_name: Nullable(Type.String()),
  schedule: Nullable(Type.String()),
  version: Nullable(Type.Integer(), { description: 'the version compared with; null = the DAG is new' }),
  other_file: Nullable(Type.String(), { description: 'the file that defines this DAG now, if it is another one: saving would be refused' }),
  tasks: Type.Array(
    Strict({ id: Type.String(), name: Type.String(), operator: Type.String(), task_group: Nullable(Type.String()), change }),
  ),
  /** [upstream, downstream, label, change] */
  edges: Type.Array(Type.Tuple([Type.String(), Type.String(), Nullable(Type.String()), change])),
  task_groups: Type.Array(TaskGroupSpec),
  /** Names of settings that differ from that version: schedule, catchup, tags ... */
  changed_settings: Type.Array(Type.String()),
  saved_schedule: Nullable(SavedSchedule, { description: 'null = a known DAG keeps its schedule, or the DAG is not known yet' }),
  notices: Type.Array(Type.String()),
})
export type DagPreview = Static<typeof DagPreview>

export const DagFilePreview = Strict({
  dags: Type.Array(DagPreview),
  error: Nullable(
    Strict({
      kind: Type.String(),
      message: Type.String(),
      traceback: Type.String(),
      line: Nullable(Type.Integer()),
      column: Nullable(Type.Integer(), { description: 'from 1' }),
      problems: Type.Array(Problem, { description: 'all of them, if several can be told at once; else empty' }),
    }),
  ),
  duration_ms: Type.Number(),
})
export type DagFilePreview = Static<typeof DagFilePreview>
