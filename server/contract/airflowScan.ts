/** What `vortex airflow scan` finds in a folder of Airflow DAG files. Written by python/vortex/scan; documented in docs/migrating.md. */

/** load: before the file loads; run: when a task runs; optional: the code goes on without it. */
export type NeededWhen = 'load' | 'run' | 'optional'

export interface ScanPlace {
  /** Relative to the DAG folder. */
  file: string
  line: number
}

export interface ScanEntry {
  name: string
  when: NeededWhen
  count: number
  /** The first 20. */
  places: ScanPlace[]
}

export interface ScannedFile {
  file: string
  dialect: '2' | '3' | null
  problem: { kind: 'syntax' | 'encoding' | 'size' | 'unreadable'; message: string; line: number | null } | null
  dags: string[]
  /** What is missing here and needed before the file loads. */
  needs: { kind: 'variable' | 'connection' | 'environment' | 'package'; name: string }[]
}

export interface ScanFindings {
  files: ScannedFile[]
  variables: ScanEntry[]
  connections: ScanEntry[]
  environment: ScanEntry[]
  pools: ScanEntry[]
  packages: (ScanEntry & { install: string; installed: boolean; beside: boolean })[]
  stubs: (ScanEntry & { module: string; package: string })[]
  dags: (ScanEntry & { notes: ('no_schedule' | 'no_catchup')[] })[]
  removed: (ScanEntry & { meaning: string })[]
  /** Variables and so on whose names the code computes; `name` says of which kind. */
  computed_names: ScanEntry[]
  python: { executable: string; version: string }
}

export interface ScanReport extends ScanFindings {
  folder: string
  notices: string[]
}
