/** When a schedule runs, before it does: the schedule, zone, dates and catchup on one side, what comes of them on the other. */
import { Button, CopyButton } from '@mantine/core'
import { IconCalendarClock, IconLink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { schedulePreviewQuery } from '../../api/queries/schedule.ts'
import { errorCode } from '../../api/errors.ts'
import type { SchedulesSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { PageHeader } from '../shell/index.ts'
import { PreviewResults } from './PreviewResults.tsx'
import type { ScheduleChange } from './scheduleChange.ts'
import { ScheduleForm } from './ScheduleForm.tsx'
import classes from './SchedulesPage.module.css'

const route = getRouteApi('/_app/schedules')
const text = strings.preview

export function SchedulesPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const isAsked = search.dag !== undefined || (search.schedule !== undefined && search.schedule !== '')
  const preview = useQuery({ ...schedulePreviewQuery(search), enabled: isAsked })
  const change = useCallback(
    (part: ScheduleChange) => void navigate({ search: (before) => withoutUndefined({ ...before, ...part }), replace: true }),
    [navigate],
  )
  const isRefused = preview.isError && errorCode(preview.error) === 'invalid_request'
  return (
    <>
      <PageHeader
        title={text.title}
        facts={<span className={classes['lead']}>{text.lead}</span>}
        actions={
          isAsked ? (
            <CopyButton value={window.location.href} timeout={2000}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" leftSection={<IconLink size={15} />} onClick={copy}>
                  {copied ? text.copied : text.copyLink}
                </Button>
              )}
            </CopyButton>
          ) : undefined
        }
      />
      <div className={classes['page']}>
        <ScheduleForm search={search} preview={preview.data ?? null} error={isRefused ? preview.error : null} onChange={change} />
        <div className={classes['results']} aria-busy={preview.isFetching}>
          {!isAsked ? (
            <Empty title={text.emptyTitle} text={text.emptyText} icon={IconCalendarClock} />
          ) : preview.data && !preview.isError ? (
            <PreviewResults preview={preview.data} isOld={preview.isPlaceholderData} />
          ) : preview.isError ? (
            isRefused ? null : (
              <Failed error={preview.error} onRetry={() => void preview.refetch()} />
            )
          ) : (
            <RowsSkeleton />
          )}
        </div>
      </div>
    </>
  )
}

function withoutUndefined(value: ScheduleChange): SchedulesSearch {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as SchedulesSearch
}
