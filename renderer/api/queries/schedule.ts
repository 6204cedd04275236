/** Schedules looked at ahead of time. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { SchedulesSearch } from '../../search.ts'
import { api } from '../client.ts'
import { errorCode } from '../errors.ts'
import { queryKeys } from '../queryKeys.ts'

/** DAGs offered while an id is typed. */
const SUGGESTED = 20

export const schedulePreviewQuery = ({ dag, schedule, zone, start, end, catchup, rules, max }: SchedulesSearch) =>
  queryOptions({
    queryKey: queryKeys.schedulePreview(dag ?? null, { schedule, zone, start, end, catchup, rules, max }),
    queryFn: ({ signal }) =>
      api.previewSchedule({
        signal,
        params: { dag_id: dag ?? '~' },
        query: {
          ...(schedule === undefined ? {} : { schedule }),
          ...(zone === undefined ? {} : { timezone: zone }),
          ...(start === undefined ? {} : { start_date: start }),
          ...(end === undefined ? {} : { end_date: end }),
          ...(catchup === undefined ? {} : { catchup }),
          ...(rules === undefined ? {} : { dialect: rules }),
          ...(max === undefined ? {} : { max_active_runs: max }),
        },
      }),
    // The old runs stay while a changed schedule is worked out.
    placeholderData: keepPreviousData,
    retry: (failures, error) => failures < 2 && errorCode(error) !== 'invalid_request' && errorCode(error) !== 'not_found',
  })

export const unpausePreviewQuery = (dagId: string) =>
  queryOptions({
    queryKey: queryKeys.unpausePreview(dagId),
    queryFn: ({ signal }) => api.previewUnpause({ signal, params: { dag_id: dagId } }),
    staleTime: 0,
  })

export const triggerPreviewQuery = (dagId: string, logicalDate: string | null) =>
  queryOptions({
    queryKey: queryKeys.triggerPreview(dagId, logicalDate),
    queryFn: ({ signal }) =>
      api.previewTrigger({ signal, params: { dag_id: dagId }, query: logicalDate === null ? {} : { logical_date: logicalDate } }),
    placeholderData: keepPreviousData,
    retry: false,
  })

/** DAG ids for a field that is typed in. */
export const dagIdsQuery = (search: string) =>
  queryOptions({
    queryKey: queryKeys.dagIds(search),
    queryFn: async ({ signal }) =>
      (await api.listDags({ signal, query: { limit: SUGGESTED, ...(search === '' ? {} : { search }) } })).data.map(({ id }) => id),
    placeholderData: keepPreviousData,
  })
