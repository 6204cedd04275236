/** Parts of a schedule that is looked at, as the form changes them; undefined takes one back. */
import type { SchedulesSearch } from '../../search.ts'

export type ScheduleChange = { [K in keyof SchedulesSearch]?: SchedulesSearch[K] | undefined }
