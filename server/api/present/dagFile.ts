/** Files of the DAG folder and previews as the contract's shapes. */
import type { DagFileContent, DagFileEntry, DagFilePreview, SavedSchedule } from '#contract/dagFile.ts'
import type { DagSpec, ParseResult } from '#contract/dagSpec.ts'
import type { DagFileRecord, DagRecord, DagVersionRecord } from '#db/records.ts'
import type { FileText, ListedFile } from '#dagfiles/editing/folderFiles.ts'
import type { SpecDiff } from '#domain/specDiff.ts'
import { iso } from './instant.ts'

export function presentListed(p: {
  file: ListedFile
  look: { sha256: string; is_dag_file: boolean } | null
  record: DagFileRecord | undefined
  read_only: string | null
  shown: number
}): DagFileEntry {
  const { file, look, record } = p
  const error = record?.error ?? null
  return {
    path: file.path,
    size: file.size,
    modified_at: iso(Math.floor(file.modified_at)),
    sha256: look?.sha256 ?? null,
    is_dag_file: look?.is_dag_file ?? false,
    dag_ids: (record?.dag_ids ?? []).slice(0, p.shown),
    dag_count: record?.dag_ids.length ?? 0,
    import_error: error === null ? null : { kind: error.kind, message: error.message, line: error.line },
    read_only: look === null ? 'It cannot be read, or is a link that leads out of the DAG folder.' : p.read_only,
  }
}

export function presentFile(p: {
  path: string
  file: FileText
  is_dag_file: boolean
  record: DagFileRecord | undefined
  versions: { dag_id: string; version: number; sha256: string | null }[]
  read_only: string | null
}): DagFileContent {
  const { file, record } = p
  const dags = p.versions.map(({ dag_id, version, sha256 }) => ({ dag_id, version, is_current: sha256 === file.sha256 }))
  // A parse during which the file changed is not stored, so one that ended after the change read what lies there now.
  const isRead = record !== undefined && (record.parsed_at >= file.modified_at || dags.some((dag) => dag.is_current))
  const error = record?.error ?? null
  return {
    path: p.path,
    text: file.text,
    sha256: file.sha256,
    size: file.size,
    modified_at: iso(Math.floor(file.modified_at)),
    is_dag_file: p.is_dag_file,
    read_only: p.read_only,
    reading: !p.is_dag_file ? 'none' : isRead ? 'done' : 'waiting',
    import_error: error === null ? null : { kind: error.kind, message: error.message, traceback: error.traceback, line: error.line },
    dags,
  }
}

export interface Compared {
  spec: DagSpec
  dag: DagRecord | null
  version: DagVersionRecord | null
  diff: SpecDiff
  saved_schedule: SavedSchedule | null
}

export function presentPreview(result: ParseResult, compared: readonly Compared[], path: string): DagFilePreview {
  return {
    dags: compared.map(({ spec, dag, version, diff, saved_schedule }) => {
      return {
        dag_id: spec.dag_id,
        dag_display_name: spec.dag_display_name,
        schedule: spec.schedule,
        version: version?.version ?? null,
        other_file: dag !== null && !dag.is_stale && dag.file !== path ? dag.file : null,
        tasks: diff.tasks.map(({ task, change }) => ({
          id: task.task_id,
          name: task.task_display_name ?? task.task_id,
          operator: task.operator,
          task_group: task.group_id,
          change,
        })),
        edges: diff.edges,
        task_groups: diff.task_groups,
        changed_settings: diff.changed_settings,
        saved_schedule,
        notices: spec.notices,
      }
    }),
    error: result.error === null ? null : { ...result.error, column: result.error.column ?? null, problems: result.error.problems ?? [] },
    duration_ms: result.duration_ms,
  }
}
