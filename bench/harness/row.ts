/** A row of the table: what it measures and what came out. */

export interface Figure {
  what: string
  /** With its unit. */
  figure: string
  goal: string
  /** Measured / raw limit of the same run; null where the goal is an absolute one. */
  ratio: number | null
  is_met: boolean
  /** What the raw limit or the spread was. */
  note: string
}

export interface Row {
  /** As it is given on the command line. */
  name: string
  /** Only with --large: minutes, and gigabytes of disk. */
  is_large?: boolean
  /** Only with --scale: authoring at scale, half an hour. */
  is_scale?: boolean
  run: () => Promise<Figure[]>
}
